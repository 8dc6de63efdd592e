import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { MetricsFor } from '../options.js';
import { Refusal } from '../refusal.js';
import { addressClassOf } from './address.js';
import { isSameSecret } from './token.js';

/** What a proxy adds to a request, or most of them do. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Lets an operator's call through. With a token, whoever has it; otherwise who asks from this machine itself, and not a
 * proxy that runs here and asks for somebody else.
 * @throws Refusal unauthorised; not-found, when it is for nobody who asks like this
 */
export function admitOperator(metricsFor: MetricsFor, behindProxy: boolean, request: FastifyRequest): void {
  if (typeof metricsFor === 'object') {
    const { authorization = '' } = request.headers;
    const [, token = ''] = /^Bearer (\S{1,200})$/i.exec(authorization) ?? [];
    if (isSameSecret(token, metricsFor.token)) return;
    const text = authorization === '' ? 'Send the header "Authorization: Bearer" with' : 'That is not';
    throw new Refusal('unauthorised', `${text} the operator’s token`);
  }
  if (metricsFor === 'loopback' && !behindProxy && isFromHere(request)) return;
  throw new Refusal('not-found');
}

/** A page that a browser here was led to asks under a name that is not this machine's: the Host header tells. */
function isFromHere({ raw, hostname }: FastifyRequest): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isNamedHere = host === 'localhost' || (isIP(host) > 0 && addressClassOf(host) === 'loopback');
  return (
    isNamedHere &&
    addressClassOf(raw.socket.remoteAddress ?? '') === 'loopback' &&
    raw.httpVersion === '1.1' &&
    FORWARDED.every((name) => raw.headers[name] === undefined)
  );
}
