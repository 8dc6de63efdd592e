import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal } from '../refusal.js';
import { storeItself } from './sqlite/file.js';
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

/** The file beside a SQLite store, or beside what a link leads to, by which it is asked. @throws StoreFailure */
export function markerOf(file: string): string {
  return `${storeItself(resolve(file))}.read-only`;
}

/**
 * A store that answers reads, and refuses what would change something, for as long as there is a file `path`: whoever moves
 * the store to another engine makes it. When everything that was taken before is written, the file says so. Should it stay
 * there, the operator hears of it.
 */
export function switchable(store: Store, path: string): Store {
  const marker = new Marker(path, store);
  marker.look();
  const timer = setInterval(() => marker.look(), LOOK_MS);
  timer.unref();
  const operation = <Name extends OperationName>(name: Name): Store[Name] => {
    if (READS.has(name)) return store[name];
    const original = store[name] as (call: never) => Promise<unknown>;
    const refused = (): Error => (OPERATORS.has(name) ? marker.failure : refusal());
    return ((call: never) => (marker.isThere ? Promise.reject(refused()) : original(call))) as unknown as Store[Name];
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

/** The file by which a store is asked to take nothing more, and what is answered there. */
class Marker {
  isThere = false;
  /** Why nothing is taken, for the operator. */
  failure: Error;
  /** Whose answer is under way. Nobody's once the file was gone: it knows nothing of what was taken in between. */
  #keeping: object | undefined;

  constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {
    this.failure = whyNothingIsTaken(path, ASKED);
  }

  look(): void {
    const wasThere = this.isThere;
    this.isThere = existsSync(this.path);
    if (this.isThere && !wasThere) this.failure = whyNothingIsTaken(this.path, ASKED);
    if (!this.isThere) this.#keeping = undefined;
    else if (!this.#keeping) {
      this.#keeping = {};
      void this.#keep(this.#keeping);
    }
  }

  async #keep(mine: object): Promise<void> {
    const failure = await this.#answer(() => this.#keeping === mine).catch(
      ({ message }: Error) =>
        new StoreFailure(
          `${this.path} cannot be read and written (${message}): give the endpoint's user the right to, or remove it`,
        ),
    );
    if (this.#keeping !== mine) return;
    this.failure = failure;
    this.#keeping = undefined;
  }

  /**
   * Operations are carried out in their order: when this check is, all that came before are. By then whoever asked may have
   * taken the file back, which is never made here, or have written something else.
   * @returns why nothing is taken
   * @throws an error of the file system's
   */
  async #answer(isAskedStill: () => boolean): Promise<Error> {
    const state = this.#state();
    if (state !== ASKED) return whyNothingIsTaken(this.path, state);
    const problem = await this.store.check().catch((error: Error) => error);
    if (problem) return problem;
    if (isAskedStill() && this.#state() === ASKED) writeFileSync(this.path, KEPT, { flag: 'r+' });
    return whyNothingIsTaken(this.path, KEPT);
  }

  #state(): string {
    return readFileSync(this.path, 'utf8');
  }
}

function whyNothingIsTaken(marker: string, state: string): StoreFailure {
  const why = `Nothing new is taken, because ${marker} is there`;
  return new StoreFailure(
    state === MOVED
      ? `${why}: the store was moved to PostgreSQL. Stop this endpoint; to go back to it, remove that file`
      : `${why}: "kindred-endpoint import" moves the store. If it was broken off, begin it again, or remove that file; ` +
          'but where endpoints over PostgreSQL run already, stop this one',
  );
}
