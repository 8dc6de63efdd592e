import type {
  Blocks,
  Friend,
  FriendRequests,
  Friendship,
  KindredClient,
  SentRequest,
} from '../../matching/client/index.js';
import type { Order } from './order.js';

/** What came of an order. */
export type Outcome =
  | { outcome: 'requested'; request: SentRequest }
  | { outcome: 'friends'; friend: Friend }
  | { outcome: 'declined' | 'removed' | 'blocked' | 'unblocked'; id: string }
  | { outcome: 'invited'; invitation: string; expiresAt: string }
  | ({ outcome: 'listed'; friends: Friend[] } & FriendRequests & Blocks);

/** Does what a message asks for. @throws EndpointError */
export async function carryOut(client: KindredClient, order: Order): Promise<Outcome> {
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
