import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { MePatch, NewUser, RouteName } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { checkName } from '../rules/names.js';
import type { Caller } from '../store/store.js';
import { Exports } from './exports.js';
import { type Handling, JSON_HEADERS } from './handlers.js';
import { hashOf, isSameSecret, newToken } from './token.js';

type AccountRoute = Extract<RouteName, 'createUser' | 'me' | 'updateMe' | 'deleteMe' | 'rotateToken' | 'exportMe'>;

/** What the routes about one's own account do. @param caller who makes a request */
export function accountHandlersOf(
  handling: Handling,
  caller: (request: FastifyRequest) => Caller,
): Record<AccountRoute, RouteHandlerMethod> {
  const { store, streams, limiter, audit, clock, onEvent } = handling;
  const exports = new Exports(store);
  return {
    createUser: async (request, reply) => {
      const { name, discoverable = false, cell = null, invitation } = request.body as NewUser;
      admit(handling, invitation);
      checkName(name);
      const token = newToken();
      const credential = hashOf(token);
      const user = await store.createUser({ credential, now: clock(), name, discoverable, cell });
      audit?.tokenMade(request.raw, 'user', credential);
      onEvent({ event: 'joined' });
      return reply.code(201).send({ user, token });
    },
    me: async (request) => await store.me(caller(request)),
    updateMe: async (request) => {
      const patch = request.body as MePatch;
      if (patch.name !== undefined) checkName(patch.name);
      const me = await store.updateMe({ ...caller(request), patch });
      // What was asked of them while they hid.
      if (patch.discoverable) streams.wake([me.id]);
      return me;
    },
    deleteMe: async (request, reply) => {
      streams.end(await store.deleteMe(caller(request)));
      onEvent({ event: 'left' });
      return reply.code(204).send();
    },
    rotateToken: async (request) => {
      const token = newToken();
      const call = caller(request);
      const next = hashOf(token);
      streams.end(await store.rotateToken({ ...call, next }));
      limiter?.rename(call.credential, next);
      audit?.tokenMade(request.raw, 'next', next);
      return { token };
    },
    exportMe: async (request, reply) => reply.headers(JSON_HEADERS).send(await exports.begin(caller(request))),
  };
}

/** @throws Refusal when this endpoint does not take that user */
function admit({ registration = 'open', invitation }: Handling, given: string | undefined): void {
  if (registration === 'closed') throw new Refusal('registration-closed', 'Ask its operator');
  if (registration === 'open') return;
  if (!invitation || given === undefined || !isSameSecret(given.trim(), invitation.trim())) {
    throw new Refusal('invitation-needed', 'Ask its operator for the invitation');
  }
}
