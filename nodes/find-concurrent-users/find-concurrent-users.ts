import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red';
import { EndpointError, type Match } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import { AccountProblem } from '../kindred-account/explain.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf, isTokenMissing } from '../kindred-account/lookup.js';
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

/** A problem with its words, and the status it gives. */
interface Told {
  status: string;
  text: string;
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
    if (account && error instanceof EndpointError) return toldByEndpoint(error, account);
    const status = isTokenMissing(error) ? 'no-token' : 'problem';
    // From the stream it comes without its words.
    const text = account && error instanceof AccountProblem ? account.explain(error) : redact(problemOf(error));
    return { status: account ? status : 'no-account', text };
  }

  function toldByEndpoint(error: EndpointError, account: KindredAccountNode): Told {
    const code = problemCode(error.type);
    if (code === 'not-discoverable') return { status: 'not-visible', text: words('error.not-visible') };
    if (code === 'no-cell') return { status: 'no-area', text: words('error.no-area') };
    const text = account.explain(error);
    if (error.kind === 'unauthorised') return { status: 'token', text };
    return { status: error.kind === 'refused' ? 'problem' : 'down', text };
  }

  RED.nodes.registerType('find-concurrent-users', FindConcurrentUsers);
}
