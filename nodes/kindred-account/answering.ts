import type { Node, NodeMessageInFlow } from 'node-red';
import { failWith } from '../shared/problem.js';
import type { Scope } from '../shared/scope.js';
import { UnderWay } from '../shared/under-way.js';
import type { Voice } from '../shared/voice.js';
import { AccountProblem } from './explain.js';
import type { KindredAccountNode } from './kindred-account.js';
import type { Told } from './told.js';

/** Statuses of what mends itself. */
const PASSING = ['down', 'busy'];

interface Answering {
  /**
   * The account as it is now, asked for with each message: within a subflow, a Deploy of the account that an instance gives
   * leaves the nodes that use it as they are.
   */
  account(): KindredAccountNode | undefined;
  scope: Scope;
  voice: Voice;
  /**
   * Does what a message asks for, and sends what came of it.
   * @param signal aborted when nobody waits for it any more: nothing further may be begun then
   */
  answer(
    account: KindredAccountNode | undefined,
    message: NodeMessageInFlow,
    send: (message: NodeMessageInFlow | (NodeMessageInFlow | null)[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** What went wrong, in words. */
  told(error: unknown, account: KindredAccountNode | undefined): Told;
}

/**
 * Answers a node's messages with the help of its account, and shows and tells what went wrong. A scope that closes waits a
 * moment for what is under way, and so does the account; what is not over then is told as a problem.
 */
export function answerMessages(node: Node, { account: accountNow, scope, voice, answer, told }: Answering): void {
  const underWay = new UnderWay();
  const patience = new AbortController();
  const { signal } = patience;
  scope.add(async () => {
    voice.hush();
    await underWay.end();
    patience.abort(new AccountProblem('interrupted'));
  });
  node.on('input', (message, send, done) => {
    const sendInTime: typeof send = (answered) => {
      if (!signal.aborted) send(answered);
    };
    const account = accountNow();
    const answered = orAborted(answer(account, message, sendInTime, signal), signal);
    underWay.add(answered);
    account?.underWay.add(answered);
    answered
      .then(() => done())
      .catch((error: unknown) => {
        const { status, text } = told(error, account);
        voice.show(PASSING.includes(status) ? 'yellow' : 'red', 'ring', status);
        failWith(text, done);
      });
  });
}

/** The outcome of a task. @throws the signal's reason, when that is aborted before */
function orAborted(task: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void task.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
