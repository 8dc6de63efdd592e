import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red';
import { EndpointError, type Match } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf } from '../kindred-account/lookup.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import { migrate } from '../shared/migrations.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { MIGRATIONS } from './migrations.js';
import { type FindConfig, QuestionProblem, questionOf } from './question.js';
import { startWatching } from './watching.js';

interface FindDef extends NodeDef, FindConfig {
  account: string;
  mode: 'ask' | 'watch';
}

export default function register(RED: NodeAPI): void {
  const words = (key: string, values: Record<string, string> = {}): string =>
    RED._(`find-concurrent-users.${key}`, values);

  function FindConcurrentUsers(this: Node, def: FindDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FindDef>(def, MIGRATIONS);
    const scope = new Scope();
    const account = accountOf(RED, config.account);
    let forget = (): Promise<void> => Promise.resolve();
    const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values = {}): void =>
      this.status({ fill, shape, text: words(`status.${key}`, values) });

    if (!account) show('red', 'ring', 'no-account');
    else if (config.mode === 'watch') forget = watch(this, config, account, scope);
    else this.status({});

    this.on('input', (msg, send, done) => {
      ask(msg)
        .then((answer) => {
          if (answer) send(answer);
          done();
        })
        .catch((error: unknown) => {
          if (scope.signal.aborted) return done();
          const { status, text } = told(error, account);
          show(status === 'down' ? 'yellow' : 'red', 'ring', status);
          done(new Error(text));
        });
    });
    this.on('close', (removed: boolean, done: () => void) => {
      const end = async (): Promise<void> => {
        await scope.close();
        if (removed) await forget();
      };
      void end().then(done, done);
    });

    async function ask(msg: NodeMessageInFlow): Promise<NodeMessageInFlow | undefined> {
      if (!account) throw new Error(words('error.no-account'));
      const question = questionOf(config, msg.payload);
      if (!question) return undefined;
      show('blue', 'ring', 'asking');
      const client = await account.client();
      const { people, asOf, truncated, reason } = await client.concurrentUsers(question);
      if (people.length === 0) show('grey', 'dot', reason ?? 'nobody');
      else if (people.length === 1) show('green', 'dot', 'person');
      else show('green', 'dot', 'people', { count: String(people.length) });
      return Object.assign(msg, { payload: people, asOf, truncated, reason, topic: question.activity });
    }
  }

  /** Sends each match as it comes, and shows how the stream is. */
  function watch(node: Node, config: FindDef, account: KindredAccountNode, scope: Scope): () => Promise<void> {
    const show = (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string): void =>
      node.status({ fill, shape, text: words(`status.${key}`) });
    show('yellow', 'ring', 'connecting');
    return startWatching({
      account,
      config,
      scope,
      file: { userDir: RED.settings.userDir ?? process.cwd(), name: `find-${node.id}` },
      onMatch: ({ at, person }: Match) =>
        node.send({ payload: [person], asOf: at, truncated: false, topic: person.activity }),
      onState: (state) => {
        if (state.state === 'open') return show('green', 'ring', 'watching');
        if (state.state === 'connecting') return show('yellow', 'ring', 'connecting');
        const { status, text } = told(state.problem, account);
        show(state.state === 'waiting' ? 'yellow' : 'red', 'ring', state.state === 'waiting' ? 'down-retry' : status);
        if (state.state === 'ended') node.error(text, {});
      },
      onProblem: (problem) => node.error(words('error.saved', { problem: redact(problemOf(problem)) }), {}),
    });
  }

  function told(error: unknown, account: KindredAccountNode | undefined): Told {
    if (error instanceof QuestionProblem) {
      return { status: 'message', text: words(`error.${error.code}`, error.values) };
    }
    const code = account && error instanceof EndpointError ? problemCode(error.type) : undefined;
    if (code === 'not-discoverable') return { status: 'not-visible', text: words('error.not-visible') };
    if (code === 'no-cell') return { status: 'no-area', text: words('error.no-area') };
    return toldByAccount(error, account);
  }

  RED.nodes.registerType('find-concurrent-users', FindConcurrentUsers);
}
