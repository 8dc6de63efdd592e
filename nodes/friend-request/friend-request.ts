import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { answerMessages } from '../kindred-account/answering.js';
import { beginWithEach } from '../kindred-account/current.js';
import { type BookmarkFile, forgetBookmark } from '../kindred-account/follow.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf } from '../kindred-account/lookup.js';
import { showNotTriedYet, streamStatus } from '../kindred-account/stream-status.js';
import { sayFirst } from '../shared/first-status.js';
import { isInFlows } from '../shared/in-flows.js';
import { migrate } from '../shared/migrations.js';
import { News } from '../shared/news.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { Voice } from '../shared/voice.js';
import { carryOut } from './carry-out.js';
import { type AcceptRule, listen } from './listening.js';
import { MIGRATIONS } from './migrations.js';
import { ordersOf } from './order.js';
import { told } from './told.js';

interface FriendDef extends NodeDef {
  account: string;
  accept: AcceptRule;
  several: boolean;
}

/** A node at work. */
interface AtWork {
  node: Node;
  config: FriendDef;
  voice: Voice;
  scope: Scope;
}

const RULES: readonly string[] = ['ask', 'friends-of-friends', 'never'] satisfies AcceptRule[];

export default function register(RED: NodeAPI): void {
  const deploys = new News<() => void>(RED.events, { 'flows:started': (look) => look() });

  function FriendRequest(this: Node, def: FriendDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FriendDef>(def, MIGRATIONS);
    const voice = new Voice(RED, this);
    const scope = new Scope();
    const work = { node: this, config, voice, scope };
    const account = accountOf(RED, config.account);
    const file = { userDir: RED.settings.userDir ?? process.cwd(), name: `friends-${this.id}` };
    let forget = (): Promise<void> => forgetBookmark(file);

    sayFirst(deploys, scope, () => {
      if (!account) voice.show('red', 'ring', 'no-account');
    });
    beginWithEach(RED, { id: config.account, scope, deploys }, (current) => {
      forget = follow(work, current, file);
    });

    answerMessages(this, {
      // While it is deployed there is none: then what became of the one before is what there is to say.
      account: () => accountOf(RED, config.account) ?? account,
      scope,
      voice,
      answer: (current, message, send, signal) =>
        obey(work, current, message, (answer) => send([answer, null]), signal),
      told: (error, current) => told(error, current, voice),
    });
    this.on('close', (removed: boolean, done: () => void) => {
      const end = async (): Promise<void> => {
        await scope.close();
        // What is only switched off goes on where it left off: an answer that comes meanwhile is told then.
        if (removed && !isInFlows(RED, this.id)) await forget();
      };
      void end().then(done, done);
    });
  }

  RED.nodes.registerType('friend-request', FriendRequest);
}

/** Carries out what a message asks for, one after the other, until the signal is aborted. */
async function obey(
  { config, voice }: AtWork,
  account: KindredAccountNode | undefined,
  message: NodeMessageInFlow,
  send: (answer: NodeMessageInFlow) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!account) throw new Error(voice.words('error.no-account'));
  for (const order of ordersOf(message.payload, config.several)) {
    const client = await account.client();
    signal.throwIfAborted();
    const outcome = await carryOut(client, order);
    voice.show('green', 'dot', outcome.outcome);
    send({ ...message, payload: outcome, topic: outcome.outcome });
  }
}

/** Sends requests and answers as they come, and shows how the stream is. @returns as `listen` does */
function follow(
  { node, config, voice, scope }: AtWork,
  account: KindredAccountNode,
  file: BookmarkFile,
): () => Promise<void> {
  showNotTriedYet(voice, account);
  return listen({
    account,
    scope,
    // Whatever is none of the rules leaves it to the owner.
    rule: RULES.includes(config.accept) ? config.accept : 'ask',
    file,
    onRequest: (request) => {
      voice.show('blue', 'dot', request.state === 'open' ? 'asked' : 'friends');
      node.send([null, { payload: request, topic: 'friend-request' }]);
    },
    onAnswer: (answer) => {
      voice.show('green', 'dot', 'friends');
      node.send([null, { payload: answer, topic: 'friend-answer' }]);
    },
    onState: streamStatus({
      node,
      voice,
      open: 'listening',
      waiting: 'down-retry',
      told: (problem) => told(problem, account, voice),
    }),
    onFailure: (problem) => voice.complain('rule', { problem: told(problem, account, voice).text }),
    onUnread: (problem) => voice.complain('unread', { problem: redact(problemOf(problem)) }),
    onUnsaved: (problem) => voice.complain('unsaved', { problem: redact(problemOf(problem)) }),
  });
}
