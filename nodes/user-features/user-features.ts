import type { Node, NodeAPI, NodeDef } from 'node-red';
import { answerMessages } from '../kindred-account/answering.js';
import { accountOf } from '../kindred-account/lookup.js';
import { sayFirst } from '../shared/first-status.js';
import { migrate } from '../shared/migrations.js';
import { News } from '../shared/news.js';
import { Scope } from '../shared/scope.js';
import { Voice } from '../shared/voice.js';
import { MIGRATIONS } from './migrations.js';
import { activityOf, ask, type FeaturesConfig, periodOf, type UserFeatures } from './question.js';
import { told } from './told.js';

interface FeaturesDef extends NodeDef, FeaturesConfig {
  account: string;
}

export default function register(RED: NodeAPI): void {
  const deploys = new News<() => void>(RED.events, { 'flows:started': (look) => look() });

  function UserFeaturesNode(this: Node, def: FeaturesDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FeaturesDef>(def, MIGRATIONS);
    const voice = new Voice(RED, this);
    const scope = new Scope();
    const account = accountOf(RED, config.account);

    sayFirst(deploys, scope, () => {
      if (!account) voice.show('red', 'ring', 'no-account');
      else if (account.lacks === 'token') voice.show('red', 'ring', 'no-token');
      else this.status({});
    });

    answerMessages(this, {
      // While it is deployed there is none: then what became of the one before is what there is to say.
      account: () => accountOf(RED, config.account) ?? account,
      scope,
      voice,
      answer: async (current, message, send) => {
        if (!current) throw new Error(voice.words('error.no-account'));
        const [activity, period] = [activityOf(config, message), periodOf(config)];
        voice.show('blue', 'ring', 'asking');
        const payload = await ask(await current.client(), activity, period);
        showAnswer(voice, payload);
        send(Object.assign(message, { payload, topic: activity }));
      },
      told: (error, current) => told(error, current, voice),
    });
    this.on('close', (_removed: boolean, done: () => void) => void scope.close().then(done, done));
  }

  RED.nodes.registerType('user-features', UserFeaturesNode);
}

function showAnswer(voice: Voice, { period, habits, ranks }: UserFeatures): void {
  const { current } = habits.streak;
  const values = { count: String(habits.periods[period].count), days: String(current) };
  // The nearest crowd there is a place in: friends, the area, everyone.
  const { rank, people } = ranks.find((one) => one.measure === 'count' && one.rank !== undefined) ?? {};
  if (habits.count === 0) voice.show('grey', 'dot', 'nothing');
  else if (rank === undefined) voice.show('green', 'dot', `${current > 1 ? 'habits' : 'count'}-${period}`, values);
  else voice.show('green', 'dot', `place-${period}`, { ...values, rank: String(rank), people: String(people) });
}
