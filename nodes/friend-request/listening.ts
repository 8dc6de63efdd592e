import { setTimeout as wait } from 'node:timers/promises';
import {
  type Declined,
  EndpointError,
  type FriendAnswer,
  type Friendship,
  type ReceivedRequest,
} from '../../matching/client/index.js';
import { type Following, followEvents } from '../kindred-account/follow.js';
import { handedOver } from '../shared/handed-over.js';
import { UnderWay } from '../shared/under-way.js';

/** What is done with a request without asking its owner: nothing, yes when both have a friend in common, or no. */
export type AcceptRule = 'ask' | 'friends-of-friends' | 'never';

/** A request as it leaves the node: still to be answered, or accepted by the rule. */
type ArrivedRequest = ReceivedRequest & { state: 'open' | 'accepted' };

interface Listening extends Omit<Following, 'onEvent'> {
  rule: AcceptRule;
  onRequest(request: ArrivedRequest): void;
  onAnswer(answer: FriendAnswer): void;
  /** The rule could not be carried out: the request stays open. */
  onFailure(problem: unknown): void;
}

/** Requests remembered as having left the node. */
const MOST_SEEN = 1000;
/** Requests that wait for the rule at most; what is more is left to its owner. */
const MOST_WAITING = 100;

/** Before an endpoint is asked once more whose answer was lost, in milliseconds. */
const ONCE_MORE_MS = 1000;

/** Tells of requests and answers as they come, and answers what the rule decides. @returns as `followEvents` does */
export function listen({ rule, onRequest, onAnswer, onFailure, ...following }: Listening): () => Promise<void> {
  const { account, scope, onState } = following;
  const desk = new RequestDesk({ account, scope, rule, onRequest, onFailure });
  const forget = followEvents({
    ...following,
    onEvent: (event) => {
      if (event.type === 'friend-answer') onAnswer(event.answer);
      if (event.type === 'friend-request') desk.take(event.request);
    },
    onState: (state, isFirst) => {
      onState(state, isFirst);
      if (state.state === 'open') desk.catchUp(isFirst);
    },
    settled: () => desk.settled(),
  });
  // Before the last bookmark, which waits for what the rule decides.
  scope.add(() => desk.close());
  return forget;
}

type DeskParts = Pick<Listening, 'account' | 'scope' | 'rule' | 'onRequest' | 'onFailure'>;

/** Where requests are answered as the rule decides, or passed on to their owner, each once. */
class RequestDesk {
  readonly #parts: DeskParts;
  readonly #seen = new Set<string>();
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #underWay = new UnderWay();
  /** Whether all that was begun so far has been seen to, once it is over. */
  #all: Promise<boolean> = Promise.resolve(true);
  /** Who waits to hear that. */
  readonly #askers = new Set<(isSettled: boolean) => void>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Waits a moment for what the rule is deciding; what is not seen to then comes again. */
  async close(): Promise<void> {
    await this.#underWay.end();
    // What was settled just now is heard of before the others are given up.
    await handedOver();
    for (const answer of this.#askers) answer(false);
  }

  /** Whether all that was begun so far has been told or decided, once it is; false when it was closed before. */
  settled(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#askers.add(resolve);
      void this.#all.then((isSettled) => {
        this.#askers.delete(resolve);
        resolve(isSettled);
      });
    });
  }

  /** What came before anybody listened, and what the rule could not answer then. */
  catchUp(isFirst: boolean): void {
    if (this.#parts.rule !== 'ask' || isFirst) this.#begin(this.#catchUp(isFirst));
  }

  /** What the rule decides it decides one after the other. */
  take(request: ReceivedRequest): void {
    this.#begin(this.#take(request));
  }

  /** @param task never rejects; whether it has been seen to */
  #begin(task: Promise<boolean>): void {
    this.#all = Promise.all([this.#all, task]).then((all) => !all.includes(false));
  }

  async #catchUp(isFirst: boolean): Promise<boolean> {
    const { account, rule, scope } = this.#parts;
    try {
      const { received } = await (await account.client()).friendRequests();
      for (const request of received.reverse()) {
        if (scope.signal.aborted) return false;
        if (isFirst || decisionOf(rule, request) !== 'ask') await this.#take(request);
      }
    } catch (problem) {
      this.#fail(problem);
    }
    return !scope.signal.aborted;
  }

  async #take(request: ReceivedRequest): Promise<boolean> {
    const decision = decisionOf(this.#parts.rule, request);
    if (decision === 'ask' || this.#waiting >= MOST_WAITING) {
      this.#tell({ ...request, state: 'open' });
      return true;
    }
    this.#waiting++;
    const turn = this.#turn.then(() => this.#decide(request, decision)).finally(() => this.#waiting--);
    this.#turn = turn;
    this.#underWay.add(turn);
    this.#parts.account.underWay.add(turn);
    return await turn;
  }

  /**
   * @returns false when it was closed before it was told: Node-RED delivers nothing of a node that it stops with the others, and
   * the same answer again, when the request comes again, changes nothing
   */
  async #decide(request: ReceivedRequest, decision: 'accept' | 'decline'): Promise<boolean> {
    const { signal } = this.#parts.scope;
    // Whoever closes it may have changed the rule.
    if (signal.aborted) return false;
    try {
      const { state } = await this.#answer(request.id, decision);
      if (signal.aborted) return false;
      if (state === 'accepted') this.#tell({ ...request, state });
    } catch (problem) {
      if (signal.aborted) return false;
      this.#fail(problem);
      this.#tell({ ...request, state: 'open' });
    }
    return true;
  }

  /** Once more where the answer was lost: the same answer again changes nothing. @throws EndpointError */
  async #answer(id: string, decision: 'accept' | 'decline'): Promise<Friendship | Declined> {
    const client = await this.#parts.account.client();
    const send = () => (decision === 'accept' ? client.acceptFriendRequest(id) : client.declineFriendRequest(id));
    try {
      return await send();
    } catch (problem) {
      if (!(problem instanceof EndpointError && problem.mayHaveArrived)) throw problem;
      await wait(ONCE_MORE_MS, undefined, { signal: this.#parts.scope.signal });
      return await send();
    }
  }

  #tell(request: ArrivedRequest): void {
    const key = `${request.id} ${request.state}`;
    if (this.#parts.scope.signal.aborted || this.#seen.has(key)) return;
    if (this.#seen.size >= MOST_SEEN) this.#seen.clear();
    this.#seen.add(key);
    this.#parts.onRequest(request);
  }

  #fail(problem: unknown): void {
    const { scope, onFailure } = this.#parts;
    if (!scope.signal.aborted) onFailure(problem);
  }
}

function decisionOf(rule: AcceptRule, { mutualFriends }: ReceivedRequest): 'ask' | 'accept' | 'decline' {
  if (rule === 'never') return 'decline';
  return rule === 'friends-of-friends' && mutualFriends ? 'accept' : 'ask';
}
