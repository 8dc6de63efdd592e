import { openSqliteStore } from './sqlite/index.js';
import { type Store, StoreFailure, type StoreOptions } from './store.js';

/** Every store, by the word its address begins with. A new one is one line here. */
const STORES: Record<string, (rest: string, options: StoreOptions) => Promise<Store>> = {
  sqlite: openSqliteStore,
};

/**
 * Opens the store at an address such as `sqlite:kindred.sqlite`.
 * @throws StoreFailure when the address is none, or what is there cannot be used
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  const [, kind = '', rest = ''] = /^([a-z]+):(.+)$/s.exec(address) ?? [];
  const open = Object.hasOwn(STORES, kind) ? STORES[kind] : undefined;
  if (!open) throw new StoreFailure('The store must be given as sqlite:FILE, such as sqlite:kindred.sqlite');
  return await open(rest, options);
}

export { openLasting } from './lasting.js';
export { type Store, StoreFailure, type StoreOptions } from './store.js';
