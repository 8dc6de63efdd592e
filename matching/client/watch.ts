import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { EVENTS, type Event, type FriendAnswer, type Match, type ReceivedRequest, ROUTES } from '../schema/index.js';
import { BASE_MS, backoffMs, seldomMs } from './backoff.js';
import { EndpointError, refusalOf } from './error.js';
import { EventStreamParser } from './event-stream.js';
import { type Connection, hostOf, send } from './http.js';
import { known } from './known.js';

export type WatchState =
  | { state: 'connecting' }
  /** With where the stream stands: what comes next is behind it. */
  | { state: 'open'; lastEventId: string }
  | { state: 'waiting'; retryInMs: number; problem: EndpointError };

export interface WatchOptions {
  /** Where to go on; without it only what happens from now on arrives. */
  lastEventId?: string;
  onEvent: (event: Event) => void;
  onState?: (state: WatchState) => void;
  signal: AbortSignal;
  /** First bound of the back-off, in milliseconds. */
  backoffBaseMs?: number;
}

/** The endpoint says something every 15 s; after three such silences the connection is dead. */
const SILENCE_MS = 45_000;
/** A connection that lasted so long was none that failed, also where nothing came. */
const LASTING_MS = 60_000;
/** What an endpoint takes as a place to go on: any other would be sent, and kept, in vain. */
const ID = new RegExp(ROUTES.events.headers.properties['last-event-id'].pattern);

/**
 * Follows the stream of events until the signal is aborted; after a broken connection it goes on behind the last event. Where
 * the token is not known it comes back seldom.
 * @throws EndpointError when coming back is no use: the endpoint refuses
 */
export async function watch(connection: Connection, path: string, options: WatchOptions): Promise<void> {
  const { signal, onState } = options;
  const progress: Progress = { lastEventId: options.lastEventId ?? '', tries: 0, retryMs: options.backoffBaseMs };
  while (!signal.aborted) {
    onState?.({ state: 'connecting' });
    const problem = await follow(connection, path, options, progress).catch((error: unknown) => error);
    if (signal.aborted) return;
    if (!(problem instanceof EndpointError) || problem.kind === 'refused') throw problem;
    progress.tries++;
    const isUnknown = problem.kind === 'unauthorised';
    const retryInMs = isUnknown ? seldomMs(Math.random(), options.backoffBaseMs) : waitMs(problem, progress);
    onState?.({ state: 'waiting', retryInMs, problem });
    await wait(retryInMs, undefined, { signal }).catch(() => {});
  }
}

interface Progress {
  lastEventId: string;
  tries: number;
  retryMs: number | undefined;
}

function waitMs(problem: EndpointError, { tries, retryMs }: Progress): number {
  const jittered = backoffMs(tries, Math.random(), retryMs);
  return jittered + 1000 * Math.min(problem.retryAfterSeconds ?? 0, 3600);
}

/** One connection, until it ends. Resolves to the problem that ended it. */
async function follow(
  connection: Connection,
  path: string,
  options: WatchOptions,
  progress: Progress,
): Promise<EndpointError> {
  const host = hostOf(connection.url);
  const headers: Record<string, string> = { accept: 'text/event-stream, application/problem+json' };
  if (progress.lastEventId) headers['last-event-id'] = progress.lastEventId;
  const request = { method: 'GET', path, headers, signal: options.signal };
  const response = await send<Readable>(connection, request, 'stream');
  const stream = response.data;
  const type = String(response.headers['content-type']);
  if (response.status !== 200 || !type.startsWith('text/event-stream')) {
    const body = await shortJson(stream, connection.timeoutMs);
    const { status, headers: answered } = response;
    if (status >= 400) {
      return refusalOf({ status, body, retryAfter: answered['retry-after'], host, token: connection.token });
    }
    return new EndpointError('not-kindred', `What answers at ${host} has no stream of events`);
  }
  return await read(stream, host, options, progress);
}

async function read(stream: Readable, host: string, options: WatchOptions, progress: Progress): Promise<EndpointError> {
  const parser = new EventStreamParser(progress.lastEventId);
  const silence = setTimeout(() => stream.destroy(), SILENCE_MS);
  const stop = (): void => void stream.destroy();
  options.signal.addEventListener('abort', stop, { once: true });
  stream.setEncoding('utf8');
  const begunAt = performance.now();
  let isOpen = false;
  try {
    for await (const text of stream) {
      silence.refresh();
      for (const { id, event, data } of parser.push(text as string)) {
        const ours = eventOf(checkedId(id), event, data);
        progress.tries = 0;
        progress.lastEventId = id;
        if (ours) options.onEvent(ours);
      }
      // Also when it carries no event: a stream begins by saying where it stands.
      progress.lastEventId = checkedId(parser.lastEventId);
      if (!isOpen) options.onState?.({ state: 'open', lastEventId: progress.lastEventId });
      isOpen = true;
      progress.retryMs = options.backoffBaseMs ?? Math.max(BASE_MS, parser.retryMs ?? 0);
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) {
      return new EndpointError('not-kindred', `The stream of ${host} is none of a Kindred endpoint: ${error.message}`);
    }
    if (!isBroken(error)) throw error;
  } finally {
    clearTimeout(silence);
    if (performance.now() - begunAt > LASTING_MS) progress.tries = 0;
    options.signal.removeEventListener('abort', stop);
    stream.destroy();
  }
  return new EndpointError('unreachable', `The stream of ${host} broke off`);
}

/** @throws SyntaxError when it is none */
function checkedId(id: string): string {
  if (id === '' || ID.test(id)) return id;
  throw new SyntaxError('the id of an event is not a number');
}

/** @returns undefined for a kind, or a shape of one, that this client does not know. @throws SyntaxError when the data is no JSON */
function eventOf(id: string, type: string, data: string): Event | undefined {
  if (!Object.hasOwn(EVENTS, type)) return undefined;
  const said = known(EVENTS[type as Event['type']], JSON.parse(data));
  // Skipped: come back to it, and what stands behind it would never be read.
  if (said === undefined) return undefined;
  if (type === 'match') return { id, type, match: said as Match };
  if (type === 'friend-request') return { id, type, request: said as ReceivedRequest };
  return { id, type: 'friend-answer', answer: said as FriendAnswer };
}

/** Whether a connection ended, and not the listener's own code failed. */
function isBroken(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string';
}

/** What is wrong, as far as it comes in time. */
async function shortJson(stream: Readable, timeoutMs: number): Promise<unknown> {
  let text = '';
  const timer = setTimeout(() => stream.destroy(), timeoutMs);
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      text += chunk;
      if (text.length > 10_000) break;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
