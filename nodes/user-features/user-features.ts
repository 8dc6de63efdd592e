import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red';
import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf } from '../kindred-account/lookup.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import { migrate } from '../shared/migrations.js';
import { Scope } from '../shared/scope.js';
import { MIGRATIONS } from './migrations.js';
import { activityOf, ask, type FeaturesConfig, periodOf, QuestionProblem, type UserFeatures } from './question.js';

interface FeaturesDef extends NodeDef, FeaturesConfig {
  account: string;
}

export default function register(RED: NodeAPI): void {
  const words = (key: string, values: Record<string, string> = {}): string => RED._(`user-features.${key}`, values);

  function UserFeaturesNode(this: Node, def: FeaturesDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FeaturesDef>(def, MIGRATIONS);
    const scope = new Scope();
    const account = accountOf(RED, config.account);
    const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values = {}): void =>
      this.status({ fill, shape, text: words(`status.${key}`, values) });

    if (account) this.status({});
    else show('red', 'ring', 'no-account');

    this.on('input', (msg, send, done) => {
      answer(msg)
        .then((message) => {
          if (!scope.signal.aborted) send(message);
          done();
        })
        .catch((error: unknown) => {
          if (scope.signal.aborted) return done();
          const { status, text } = told(error, account);
          show(status === 'down' ? 'yellow' : 'red', 'ring', status);
          done(new Error(text));
        });
    });
    this.on('close', (_removed: boolean, done: () => void) => void scope.close().then(done, done));

    async function answer(msg: NodeMessageInFlow): Promise<NodeMessageInFlow> {
      if (!account) throw new Error(words('error.no-account'));
      const [activity, period] = [activityOf(config, msg), periodOf(config)];
      show('blue', 'ring', 'asking');
      const payload = await ask(await account.client(), activity, period);
      if (!scope.signal.aborted) showAnswer(payload);
      return Object.assign(msg, { payload, topic: activity });
    }

    function showAnswer({ period, habits, ranks }: UserFeatures): void {
      const { current } = habits.streak;
      const values = { count: String(habits.periods[period].count), days: String(current) };
      // The nearest crowd there is a place in: friends, the area, everyone.
      const { rank, people } = ranks.find((one) => one.measure === 'count' && one.rank !== undefined) ?? {};
      if (habits.count === 0) show('grey', 'dot', 'nothing');
      else if (rank === undefined) show('green', 'dot', `${current > 1 ? 'habits' : 'count'}-${period}`, values);
      else show('green', 'dot', `place-${period}`, { ...values, rank: String(rank), people: String(people) });
    }
  }

  function told(error: unknown, account: KindredAccountNode | undefined): Told {
    if (error instanceof QuestionProblem) {
      const text = words(`error.${error.code}`, error.values);
      return { status: error.code === 'config' ? 'problem' : 'message', text };
    }
    const inGeneral = toldByAccount(error, account);
    const isUnknown = error instanceof EndpointError && problemCode(error.type) === 'unknown-activity';
    return isUnknown ? { ...inGeneral, status: 'unknown' } : inGeneral;
  }

  RED.nodes.registerType('user-features', UserFeaturesNode);
}
