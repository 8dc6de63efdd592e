import {
  type Blocks,
  EndpointError,
  type Friend,
  type FriendRequests,
  type Friendship,
  type KindredClient,
  type SentRequest,
} from '../../matching/client/index.js';
import { problemCode } from '../../matching/schema/index.js';
import { type Order, OrderProblem } from './order.js';

/** Seconds. Who calls too often waits for a minute at most; who has asked too often, for the next day. */
const LONGEST_PAUSE = 60;

/** What came of an order. */
export type Outcome =
  | { outcome: 'requested'; request: SentRequest }
  | { outcome: 'friends'; friend: Friend }
  | { outcome: 'declined' | 'removed' | 'blocked' | 'unblocked'; id: string }
  | { outcome: 'invited'; invitation: string; expiresAt: string }
  | ({ outcome: 'listed'; friends: Friend[] } & FriendRequests & Blocks);

/** Does what a message asks for. @throws EndpointError, or OrderProblem when it was enough for today */
export async function carryOut(client: KindredClient, order: Order): Promise<Outcome> {
  try {
    return await outcomeAt(client, order);
  } catch (error) {
    const seconds = error instanceof EndpointError ? secondsUntilTomorrow(order, error) : undefined;
    if (seconds === undefined) throw error;
    throw new OrderProblem('too-many', { hours: String(Math.ceil(seconds / 3600)) });
  }
}

/** How long it is until somebody may ask again who has asked often enough today; undefined when that is not the matter. */
function secondsUntilTomorrow({ do: what }: Order, { type, retryAfterSeconds = 0 }: EndpointError): number | undefined {
  const isCounted = what === 'ask' || what === 'invite';
  const isEnough = problemCode(type) === 'too-many-requests' && retryAfterSeconds > LONGEST_PAUSE;
  return isCounted && isEnough ? retryAfterSeconds : undefined;
}

async function outcomeAt(client: KindredClient, order: Order): Promise<Outcome> {
  switch (order.do) {
    case 'ask':
      return outcomeOf(await client.requestFriend({ userId: order.userId }));
    case 'use-invitation':
      return outcomeOf(await client.requestFriend({ invitation: order.invitation }));
    case 'accept':
      return outcomeOf(await client.acceptFriendRequest(order.id));
    case 'decline':
      await client.declineFriendRequest(order.id);
      return { outcome: 'declined', id: order.id };
    case 'remove':
      await client.removeFriend(order.id);
      return { outcome: 'removed', id: order.id };
    case 'block':
      await client.block(order.id);
      return { outcome: 'blocked', id: order.id };
    case 'unblock':
      await client.unblock(order.id);
      return { outcome: 'unblocked', id: order.id };
    case 'invite':
      return { outcome: 'invited', ...(await client.invite()) };
    case 'list':
      return {
        outcome: 'listed',
        ...(await client.friends()),
        ...(await client.friendRequests()),
        ...(await client.blocks()),
      };
  }
}

function outcomeOf(answer: SentRequest | Friendship): Outcome {
  return answer.state === 'accepted'
    ? { outcome: 'friends', friend: answer.friend }
    : { outcome: 'requested', request: answer };
}
