import type { FriendAnswer, ReceivedRequest } from '../../matching/client/index.js';
import { type Following, followEvents } from '../kindred-account/follow.js';

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

/** Tells of requests and answers as they come, and answers what the rule decides. @returns as `followEvents` does */
export function listen({ rule, onRequest, onAnswer, onFailure, ...following }: Listening): () => Promise<void> {
  const { account, scope, onState } = following;
  const desk = new RequestDesk({ account, scope, rule, onRequest, onFailure });
  return followEvents({
    ...following,
    onEvent: (event) => {
      if (event.type === 'friend-answer') onAnswer(event.answer);
      if (event.type === 'friend-request') void desk.take(event.request);
    },
    onState: (state, isFirst) => {
      onState(state, isFirst);
      if (state.state === 'open') void desk.catchUp(isFirst);
    },
  });
}

type DeskParts = Pick<Listening, 'account' | 'scope' | 'rule' | 'onRequest' | 'onFailure'>;

/** Where requests are answered as the rule decides, or passed on to their owner, each once. */
class RequestDesk {
  readonly #parts: DeskParts;
  readonly #seen = new Set<string>();
  #waiting = 0;
  #turn = Promise.resolve();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** What came before anybody listened, and what the rule could not answer then. Never rejects. */
  async catchUp(isFirst: boolean): Promise<void> {
    const { account, rule } = this.#parts;
    if (rule === 'ask' && !isFirst) return;
    try {
      const { received } = await (await account.client()).friendRequests();
      for (const request of received.reverse()) {
        if (this.#parts.scope.signal.aborted) return;
        if (isFirst || decisionOf(rule, request) !== 'ask') await this.take(request);
      }
    } catch (problem) {
      this.#fail(problem);
    }
  }

  /** Never rejects. What the rule decides it decides one after the other. */
  async take(request: ReceivedRequest): Promise<void> {
    const decision = decisionOf(this.#parts.rule, request);
    if (decision === 'ask' || this.#waiting >= MOST_WAITING) return this.#tell({ ...request, state: 'open' });
    this.#waiting++;
    this.#turn = this.#turn
      .then(() => this.#answer(request, decision))
      .catch((problem: unknown) => this.#fail(problem))
      .finally(() => this.#waiting--);
    await this.#turn;
  }

  async #answer(request: ReceivedRequest, decision: 'accept' | 'decline'): Promise<void> {
    // Whoever closes it may have changed the rule.
    if (this.#parts.scope.signal.aborted) return;
    try {
      const client = await this.#parts.account.client();
      if (decision === 'decline') return void (await client.declineFriendRequest(request.id));
      await client.acceptFriendRequest(request.id);
      this.#tell({ ...request, state: 'accepted' });
    } catch (problem) {
      this.#fail(problem);
      this.#tell({ ...request, state: 'open' });
    }
  }

  #tell(request: ArrivedRequest): void {
    const { scope, onRequest } = this.#parts;
    const key = `${request.id} ${request.state}`;
    if (scope.signal.aborted || this.#seen.has(key)) return;
    if (this.#seen.size >= MOST_SEEN) this.#seen.clear();
    this.#seen.add(key);
    onRequest(request);
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
