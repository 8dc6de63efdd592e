import type { FriendAnswer, ReceivedRequest } from '../../matching/client/index.js';
import { type Following, followEvents } from '../kindred-account/follow.js';

/** What is done with a request without asking its owner: nothing, yes when both have a friend in common, or no. */
export type AcceptRule = 'ask' | 'friends-of-friends' | 'never';

/** A request as it leaves the node: still to be answered, or accepted by the rule. */
export type ArrivedRequest = ReceivedRequest & { state: 'open' | 'accepted' };

interface Listening extends Omit<Following, 'onEvent'> {
  rule: AcceptRule;
  onRequest(request: ArrivedRequest): void;
  onAnswer(answer: FriendAnswer): void;
  /** The rule could not be carried out: the request stays open. */
  onFailure(problem: unknown): void;
}

/** Requests remembered as having left the node. */
const MOST_SEEN = 1000;
/** Requests that wait for the rule: an endpoint shows no more open ones. */
const MOST_WAITING = 100;

/** Tells of requests and answers as they come, and answers what the rule decides. */
export function listen({ rule, onRequest, onAnswer, onFailure, ...following }: Listening): void {
  const { account, scope, onState } = following;
  const seen = new Set<string>();
  let waiting = 0;
  let turn = Promise.resolve();

  followEvents({
    ...following,
    onEvent: (event) => {
      if (event.type === 'friend-answer') onAnswer(event.answer);
      if (event.type === 'friend-request') void take(event.request);
    },
    onState: (state, isFirst) => {
      onState(state, isFirst);
      if (state.state === 'open') void catchUp(isFirst).catch(fail);
    },
  });

  /** What came before anybody listened, and what the rule could not answer then. */
  async function catchUp(isFirst: boolean): Promise<void> {
    if (rule === 'ask' && !isFirst) return;
    const { received } = await (await account.client()).friendRequests();
    for (const request of received.reverse()) {
      if (isFirst || decisionOf(rule, request) !== 'ask') await take(request);
    }
  }

  /** Never rejects. What the rule decides it decides one after the other; what is too much comes again with the next connection. */
  async function take(request: ReceivedRequest): Promise<void> {
    const decision = decisionOf(rule, request);
    if (decision === 'ask') return tell({ ...request, state: 'open' });
    if (waiting >= MOST_WAITING) return;
    waiting++;
    turn = turn
      .then(() => answer(request, decision))
      .catch(fail)
      .finally(() => waiting--);
    await turn;
  }

  async function answer(request: ReceivedRequest, decision: 'accept' | 'decline'): Promise<void> {
    try {
      const client = await account.client();
      if (decision === 'decline') return void (await client.declineFriendRequest(request.id));
      await client.acceptFriendRequest(request.id);
      tell({ ...request, state: 'accepted' });
    } catch (problem) {
      fail(problem);
      tell({ ...request, state: 'open' });
    }
  }

  function tell(request: ArrivedRequest): void {
    const key = `${request.id} ${request.state}`;
    if (scope.signal.aborted || seen.has(key)) return;
    if (seen.size >= MOST_SEEN) seen.clear();
    seen.add(key);
    onRequest(request);
  }

  function fail(problem: unknown): void {
    if (!scope.signal.aborted) onFailure(problem);
  }
}

function decisionOf(rule: AcceptRule, { mutualFriends }: ReceivedRequest): 'ask' | 'accept' | 'decline' {
  if (rule === 'never') return 'decline';
  return rule === 'friends-of-friends' && mutualFriends ? 'accept' : 'ask';
}
