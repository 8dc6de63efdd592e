import { openStore } from '../../matching/server/index.js';
import { toPublication } from '../../matching/server/rules/publication.js';
import { credentialOf, placesOf } from '../rows/endpoint-people.js';
import type { Doing } from './day.js';
import { bodyOf } from './hubs.js';

/** Calls of the store at a time: fewer than it lets wait. */
const AT_A_TIME = 5000;

/** Adds the users that a store lacks, through its own door: the n-th has the n-th token. All want to be found. */
export async function populate(address: string, users: number): Promise<void> {
  const store = await openStore(address);
  const place = placesOf(1);
  const there = (await store.counts({ now: Date.now() })).users;
  for (let index = 0; index < there; index++) place();
  const missing = Array.from({ length: Math.max(0, users - there) }, (_, index) => there + index);
  await inTurns(missing, (index) => {
    const user = { credential: credentialOf(index), name: `User ${index}`, cell: place().cell };
    return store.createUser({ ...user, now: Date.now(), discoverable: true });
  });
  await store.close();
}

/** Publishes what goes on already when the playing begins, through the store's own door, as if it had come when it began. */
export async function beginBefore(address: string, goesOn: readonly Doing[]): Promise<void> {
  const store = await openStore(address);
  await inTurns(goesOn, (doing) => {
    const publication = toPublication(doing.id, bodyOf(doing, false, doing.started), doing.started);
    return store.publish({ credential: credentialOf(doing.user), now: doing.started, publication });
  });
  await store.close();
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < all.length; first += AT_A_TIME) {
    await Promise.all(all.slice(first, first + AT_A_TIME).map(work));
  }
}
