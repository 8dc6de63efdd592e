/** What a message asks for. */
export type Order =
  | { do: 'ask'; userId: string }
  | { do: 'use-invitation'; invitation: string }
  | { do: 'accept' | 'decline' | 'remove' | 'block' | 'unblock'; id: string }
  | { do: 'invite' | 'list' };

/** A message that is no order, or one order too many for a day; this folder's locales have the words. */
export class OrderProblem extends Error {
  constructor(
    readonly code: 'message' | 'one-at-a-time' | 'too-many',
    readonly values: Record<string, string>,
  ) {
    super(code);
  }
}

/** What is done to a request, and what is done to a person. */
const BY_REQUEST = ['accept', 'decline'] as const;
const BY_PERSON = ['remove', 'block', 'unblock'] as const;

/**
 * Reads a message: a person or a list of them, as find-concurrent-users sends it, or one of `{ accept }`, `{ decline }`
 * (the id of a request, or the request), `{ remove }`, `{ block }`, `{ unblock }` (the id of a person, or the person),
 * `{ invite: true }`, `{ invitation: secret }`, `{ list: true }`.
 * @param several whether a list may have more than one person
 * @returns nothing for an empty list: there is nobody to ask
 * @throws OrderProblem with what is expected
 */
export function ordersOf(payload: unknown, several: boolean): Order[] {
  if (!Array.isArray(payload)) return [orderOf(payload)];
  if (payload.length > 1 && !several) throw new OrderProblem('one-at-a-time', { count: String(payload.length) });
  return payload.map(orderOf);
}

function orderOf(payload: unknown): Order {
  if (!isRecord(payload)) throw notUnderstood(payload);
  for (const verb of BY_REQUEST) if (verb in payload) return { do: verb, id: textOf(payload, idIn(payload[verb])) };
  for (const verb of BY_PERSON) if (verb in payload) return { do: verb, id: textOf(payload, personIn(payload[verb])) };
  if (payload.invite === true) return { do: 'invite' };
  if (payload.list === true) return { do: 'list' };
  if ('invitation' in payload) return { do: 'use-invitation', invitation: textOf(payload, payload.invitation).trim() };
  return { do: 'ask', userId: textOf(payload, isRecord(payload.user) ? payload.user.id : undefined) };
}

function idIn(value: unknown): unknown {
  return isRecord(value) ? value.id : value;
}

/** The id of a user, from a person, a friend or a request. */
function personIn(value: unknown): unknown {
  return isRecord(value) && isRecord(value.user) ? value.user.id : idIn(value);
}

function textOf(payload: unknown, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value;
  throw notUnderstood(payload);
}

function notUnderstood(payload: unknown): OrderProblem {
  return new OrderProblem('message', { got: shapeOf(payload) });
}

/** What a message is made of, without its values: one of them may be a secret. */
function shapeOf(payload: unknown): string {
  if (!isRecord(payload)) return payload === null ? 'null' : typeof payload;
  const keys = Object.keys(payload).join(', ');
  return `{ ${keys.length > 80 ? `${keys.slice(0, 80)}…` : keys} }`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
