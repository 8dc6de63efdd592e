import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Refusal } from '../refusal.js';
import { type OperationName, type Store, storeOf } from './store.js';

/** How soon a running endpoint sees that it is asked to take nothing more. */
const LOOK_MS = 500;

const READS: ReadonlySet<OperationName> = new Set([
  'me',
  'exportMe',
  'exportActivities',
  'exportMatches',
  'activities',
  'concurrentUsers',
  'features',
  'ranks',
  'friendRequests',
  'friends',
  'blocks',
  'events',
  'counts',
  'check',
]);

/** What the file beside a store says: asked to take nothing more, and doing so. */
export const ASKED = 'asked\n';
export const KEPT = 'read-only\n';

/**
 * A store that answers reads, and refuses what would change something, for as long as there is a file `marker`: whoever moves
 * the store to another engine makes it. When everything that was taken before is written, the file says so.
 */
export function switchable(store: Store, marker: string): Store {
  let isReadOnly = existsSync(marker);
  const look = (): void => {
    isReadOnly = existsSync(marker);
    if (isReadOnly) void keep(store, marker).catch(() => {});
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  const operation = <Name extends OperationName>(name: Name): Store[Name] => {
    if (READS.has(name)) return store[name];
    const original = store[name] as (call: never) => Promise<unknown>;
    return ((call: never) => (isReadOnly ? Promise.reject(refusal()) : original(call))) as unknown as Store[Name];
  };
  const close = (): Promise<void> => {
    clearInterval(timer);
    return store.close();
  };
  return storeOf(operation, { close, ended: store.ended });
}

function refusal(): Refusal {
  return new Refusal('unavailable', 'This endpoint is moving, and takes nothing new: come back soon', 30);
}

/** Operations are carried out in their order: when this one is, all that came before are. */
async function keep(store: Store, marker: string): Promise<void> {
  if (readFileSync(marker, 'utf8') !== ASKED) return;
  await store.check();
  writeFileSync(marker, KEPT);
}
