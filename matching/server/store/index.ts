import { resolve } from 'node:path';
import { PASSWORD_ELSEWHERE, parseAddress } from './postgres/address.js';
import { openPostgresStore } from './postgres/index.js';
import { markerOf, switchable } from './read-only.js';
import { storeItself } from './sqlite/file.js';
import { openSqliteStore } from './sqlite/index.js';
import { type Store, StoreFailure, type StoreOptions } from './store.js';

/** Every store, by the word its address begins with. A new one is one line here. */
const STORES: Record<string, (rest: string, options: StoreOptions) => Promise<Store>> = {
  sqlite: async (path, options) => {
    const file = storeItself(resolve(path));
    return switchable(await openSqliteStore(file, options), markerOf(file));
  },
  postgres: openPostgresStore,
  postgresql: openPostgresStore,
};

/**
 * Opens the store at an address such as `sqlite:kindred.sqlite` or `postgres://kindred@localhost/kindred`.
 * @throws StoreFailure when the address is none, or what is there cannot be used
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  const [, kind = '', rest = ''] = /^([a-z]+):(.+)$/s.exec(address) ?? [];
  const open = Object.hasOwn(STORES, kind) ? STORES[kind] : undefined;
  if (!open)
    throw new StoreFailure(
      `The store must be given as sqlite:FILE or postgres://USER@HOST/DATABASE; ${PASSWORD_ELSEWHERE}`,
    );
  return await open(rest, options);
}

/**
 * Moves everything from the store at one address to the one at another.
 * @param tell takes a line for whoever waits
 * @throws StoreFailure
 */
export async function moveStore(
  from: string,
  to: string,
  tell: (line: string) => void,
): Promise<Record<string, number>> {
  const [, file] = /^sqlite:(.+)$/s.exec(from) ?? [];
  const [, rest] = /^postgres(?:ql)?:(.+)$/s.exec(to) ?? [];
  if (file === undefined || rest === undefined) {
    throw new StoreFailure(
      `A store can be moved --from sqlite:FILE --to postgres://USER@HOST/DATABASE; ${PASSWORD_ELSEWHERE}`,
    );
  }
  const { moveToPostgres } = await import('./move/move.js');
  return await moveToPostgres(file, rest, tell);
}

/** An address as people may see it: without a password. */
export function shownAddress(address: string): string {
  const [, rest] = /^postgres(?:ql)?:(.*)$/s.exec(address) ?? [];
  return rest === undefined ? address : parseAddress(rest).shown;
}

export { openLasting } from './lasting.js';
export { markerOf } from './read-only.js';
export { type Store, StoreFailure } from './store.js';
