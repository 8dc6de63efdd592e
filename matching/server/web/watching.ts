import type { IncomingMessage } from 'node:http';
import { ROUTES, type RouteName } from '../../schema/index.js';
import type { Handling } from './handlers.js';

/** @param elapsedMs from the request to its answer; a stream has none @param body of the request, where there was one */
export type Watcher = (request: IncomingMessage, status: number, elapsedMs?: number, body?: unknown) => void;

/** Counts a route's answers and writes down what the audit log is to say of them; nothing, where nobody wants to know. */
export function watcherOf({ metricsSoFar, audit }: Handling, name: RouteName): Watcher | undefined {
  if (!metricsSoFar && !audit) return undefined;
  const isStream = 'stream' in ROUTES[name];
  return (request, status, elapsedMs, body) => {
    metricsSoFar?.count(name, status, isStream || elapsedMs === undefined ? undefined : elapsedMs / 1000);
    audit?.answered(name, request, status, body);
  };
}
