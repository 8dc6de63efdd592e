import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Refusal } from '../refusal.js';
import { type OperationName, type Store, StoreFailure, storeOf } from './store.js';

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
]);

/** What its operator is told of, and not a caller: they are asked once a minute, and whenever somebody looks whether all is well. */
const OPERATORS: ReadonlySet<OperationName> = new Set(['sweep', 'check']);

/** What the file beside a store says: asked to take nothing more, doing so, and that everything is elsewhere now. */
export const ASKED = 'asked\n';
export const KEPT = 'read-only\n';
export const MOVED = 'moved\n';

/**
 * A store that answers reads, and refuses what would change something, for as long as there is a file `marker`: whoever moves
 * the store to another engine makes it. When everything that was taken before is written, the file says so. Should it stay
 * there, the operator hears of it.
 */
export function switchable(store: Store, marker: string): Store {
  let isReadOnly = existsSync(marker);
  let failure = whyNothingIsTaken(marker, ASKED);
  const look = (): void => {
    isReadOnly = existsSync(marker);
    if (!isReadOnly) return;
    keep(store, marker).then(
      (state) => {
        failure = whyNothingIsTaken(marker, state);
      },
      ({ message }: Error) => {
        failure = new StoreFailure(
          `${marker} cannot be read and written (${message}): give the endpoint's user the right to, or remove it`,
        );
      },
    );
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  const operation = <Name extends OperationName>(name: Name): Store[Name] => {
    if (READS.has(name)) return store[name];
    const original = store[name] as (call: never) => Promise<unknown>;
    const refused = (): Error => (OPERATORS.has(name) ? failure : refusal());
    return ((call: never) => (isReadOnly ? Promise.reject(refused()) : original(call))) as unknown as Store[Name];
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

function whyNothingIsTaken(marker: string, state: string): StoreFailure {
  const why = `Nothing new is taken, because ${marker} is there`;
  return new StoreFailure(
    state === MOVED
      ? `${why}: the store was moved to PostgreSQL. Stop this endpoint; to go back to it, remove that file`
      : `${why}: "kindred-endpoint import" moves the store. If it was broken off, begin it again, or remove that file`,
  );
}

/**
 * Operations are carried out in their order: when this one is, all that came before are.
 * @returns what the file says
 */
async function keep(store: Store, marker: string): Promise<string> {
  const state = readFileSync(marker, 'utf8');
  if (state !== ASKED) return state;
  await store.check();
  writeFileSync(marker, KEPT);
  return KEPT;
}
