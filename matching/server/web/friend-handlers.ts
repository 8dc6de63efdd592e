import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { NewFriendRequest, RouteName } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import type { Asking, Caller } from '../store/store.js';
import type { Handling } from './handlers.js';
import { hashOf, newToken } from './token.js';

type FriendRoute = Extract<
  RouteName,
  | 'requestFriend'
  | 'friendRequests'
  | 'answerFriendRequest'
  | 'friends'
  | 'removeFriend'
  | 'blocks'
  | 'block'
  | 'unblock'
  | 'invite'
>;

/** What the routes about friends do. @param caller who makes a request */
export function friendHandlersOf(
  { store, streams, onEvent }: Handling,
  caller: (request: FastifyRequest) => Caller,
): Record<FriendRoute, RouteHandlerMethod> {
  const tell = (event: 'friend-request' | 'friend-answer', told: string[]): void => {
    if (told.length === 0) return;
    onEvent({ event });
    streams.wake(told);
  };
  const change =
    (name: 'removeFriend' | 'block' | 'unblock'): RouteHandlerMethod =>
    async (request, reply) => {
      await store[name]({ ...caller(request), id: idOf(request) });
      return reply.code(204).send();
    };
  return {
    requestFriend: async (request, reply) => {
      const to = askingOf(request.body as NewFriendRequest);
      const { answer, isNew, told } = await store.requestFriend({ ...caller(request), to });
      tell(answer.state === 'accepted' ? 'friend-answer' : 'friend-request', told);
      return reply.code(isNew ? 201 : 200).send(answer);
    },
    friendRequests: async (request) => await store.friendRequests(caller(request)),
    answerFriendRequest: async (request) => {
      const { state } = request.body as { state: 'accepted' | 'declined' };
      const { answer, told } = await store.answerFriendRequest({ ...caller(request), id: idOf(request), state });
      tell('friend-answer', told);
      return answer;
    },
    friends: async (request) => await store.friends(caller(request)),
    removeFriend: change('removeFriend'),
    blocks: async (request) => await store.blocks(caller(request)),
    block: change('block'),
    unblock: change('unblock'),
    invite: async (request, reply) => {
      const invitation = newToken();
      const { expiresAt } = await store.invite({ ...caller(request), hash: hashOf(invitation) });
      return reply.code(201).send({ invitation, expiresAt });
    },
  };
}

function idOf({ params }: FastifyRequest): string {
  return (params as { id: string }).id;
}

/** @throws Refusal bad-request */
function askingOf({ matchId, userId, invitation }: NewFriendRequest): Asking {
  if (matchId !== undefined) return { matchId };
  if (userId !== undefined) return { userId };
  if (invitation !== undefined) return { invitation: hashOf(invitation) };
  throw new Refusal('bad-request', 'body must have a matchId, a userId or an invitation');
}
