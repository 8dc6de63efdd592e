import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red';
import { EndpointError } from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import type { FeedState } from '../kindred-account/feed.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf } from '../kindred-account/lookup.js';
import { type Told, toldByAccount } from '../kindred-account/told.js';
import { migrate } from '../shared/migrations.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { carryOut } from './carry-out.js';
import { type AcceptRule, listen } from './listening.js';
import { MIGRATIONS } from './migrations.js';
import { OrderProblem, ordersOf } from './order.js';

interface FriendDef extends NodeDef {
  account: string;
  accept: AcceptRule;
  several: boolean;
}

const RULES: readonly string[] = ['ask', 'friends-of-friends', 'never'] satisfies AcceptRule[];

export default function register(RED: NodeAPI): void {
  const words = (key: string, values: Record<string, string> = {}): string => RED._(`friend-request.${key}`, values);

  function FriendRequest(this: Node, def: FriendDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FriendDef>(def, MIGRATIONS);
    const scope = new Scope();
    const account = accountOf(RED, config.account);

    if (account) follow(this, config, account, scope);
    else show(this, 'red', 'ring', 'no-account');

    this.on('input', (msg, send, done) => {
      take(msg, (answer) => send([answer, null]))
        .then(() => done())
        .catch((error: unknown) => {
          if (scope.signal.aborted) return done();
          const { status, text } = told(error, account);
          show(this, status === 'down' ? 'yellow' : 'red', 'ring', status);
          done(new Error(text));
        });
    });
    this.on('close', (_removed: boolean, done: () => void) => void scope.close().then(done, done));

    const take = async (msg: NodeMessageInFlow, send: (answer: NodeMessageInFlow) => void): Promise<void> => {
      if (!account) throw new Error(words('error.no-account'));
      for (const order of ordersOf(msg.payload, config.several)) {
        const outcome = await carryOut(await account.client(), order);
        if (scope.signal.aborted) return;
        show(this, 'green', 'dot', outcome.outcome);
        send({ ...msg, payload: outcome, topic: outcome.outcome });
      }
    };
  }

  /** Sends requests and answers as they come, and shows how the stream is. */
  function follow(node: Node, config: FriendDef, account: KindredAccountNode, scope: Scope): void {
    show(node, 'yellow', 'ring', 'connecting');
    listen({
      account,
      scope,
      // Whatever is none of the rules leaves it to the owner.
      rule: RULES.includes(config.accept) ? config.accept : 'ask',
      file: { userDir: RED.settings.userDir ?? process.cwd(), name: `friends-${node.id}` },
      onRequest: (request) => {
        show(node, 'blue', 'dot', request.state === 'open' ? 'asked' : 'friends');
        node.send([null, { payload: request, topic: 'friend-request' }]);
      },
      onAnswer: (answer) => {
        show(node, 'green', 'dot', 'friends');
        node.send([null, { payload: answer, topic: 'friend-answer' }]);
      },
      onState: (state) => showStream(node, account, state),
      onFailure: (problem) => node.error(words('error.rule', { problem: told(problem, account).text }), {}),
      onProblem: (problem) => node.error(words('error.saved', { problem: redact(problemOf(problem)) }), {}),
    });
  }

  function showStream(node: Node, account: KindredAccountNode, state: FeedState): void {
    if (state.state === 'open') show(node, 'green', 'ring', 'listening');
    else if (state.state === 'connecting') show(node, 'yellow', 'ring', 'connecting');
    else if (state.state === 'waiting') show(node, 'yellow', 'ring', 'down');
    else {
      const { status, text } = told(state.problem, account);
      show(node, 'red', 'ring', status);
      node.error(text, {});
    }
  }

  function show(node: Node, fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string): void {
    node.status({ fill, shape, text: words(`status.${key}`) });
  }

  function told(error: unknown, account: KindredAccountNode | undefined): Told {
    if (error instanceof OrderProblem) return { status: error.code, text: words(`error.${error.code}`, error.values) };
    return (account && error instanceof EndpointError && toldOfRefusal(error)) || toldByAccount(error, account);
  }

  /** What this node has words of its own for. */
  function toldOfRefusal({ type, retryAfterSeconds = 0 }: EndpointError): Told | undefined {
    const code = problemCode(type);
    if (code === 'not-discoverable') return { status: 'not-visible', text: words('error.not-visible') };
    if (code === 'not-found') return { status: 'not-found', text: words('error.not-found') };
    if (code !== 'too-many-requests') return undefined;
    return {
      status: 'too-many',
      text: words('error.too-many', { hours: String(Math.ceil(retryAfterSeconds / 3600)) }),
    };
  }

  RED.nodes.registerType('friend-request', FriendRequest);
}
