import { createHash } from 'node:crypto';
import { cellToLatLng } from 'h3-js';
import { cellOf } from '../../matching/client/index.js';
import { openStore } from '../../matching/server/index.js';
import { ACTIVITIES } from '../../vocabulary/index.js';

/** A random number that is the same in every run (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Picks as people do: the n-th of them n times as seldom as the first. */
export function zipf<T>(of: readonly T[], chance: () => number): () => T {
  let sum = 0;
  const sums = of.map((_, index) => (sum += 1 / (index + 1)));
  return () => {
    const at = chance() * sum;
    let [low, high] = [0, of.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return of[low] as T;
  };
}

/** The names of activities, the commonest first: coffee is about 29 % of what is picked by `zipf`. */
export const NAMES = Object.keys(ACTIVITIES) as (keyof typeof ACTIVITIES)[];

export interface Place {
  cell: string;
  latitude: number;
  longitude: number;
}

/** Homes in 2,000 towns of very different size, each some 20 km wide; the place is the centre of the cell. */
export function placesOf(seed: number): () => Place {
  const chance = random(seed);
  const towns = Array.from({ length: 2000 }, () => [chance() * 110 - 50, chance() * 360 - 180] as const);
  const town = zipf(towns, chance);
  const known = new Map<string, Place>();
  return () => {
    const [latitude, longitude] = town();
    const cell = cellOf(latitude + (chance() - 0.5) * 0.2, around(longitude + (chance() - 0.5) * 0.2));
    let place = known.get(cell);
    if (!place) {
      const [north, east] = cellToLatLng(cell);
      place = { cell, latitude: north, longitude: east };
      known.set(cell, place);
    }
    return place;
  };
}

/** A town may lie on the 180th meridian. */
function around(longitude: number): number {
  if (longitude > 180) return longitude - 360;
  return longitude < -180 ? longitude + 360 : longitude;
}

/** Seconds that an activity lasts: log-normal around eight minutes, at most four hours. */
export function durationsOf(chance: () => number): () => number {
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
    return Math.min(4 * 3600, 480 * Math.exp(0.8 * normal));
  };
}

/** The token of the n-th user, known to whoever measures without being told. */
export function tokenOf(index: number): string {
  return createHash('sha256').update(`user ${index}`).digest('base64url');
}

export function credentialOf(index: number): Uint8Array {
  return new Uint8Array(createHash('sha256').update(tokenOf(index)).digest());
}

/** A store with so many users, all of whom want to be found. */
export async function populate(file: string, users: number): Promise<void> {
  const store = await openStore(`sqlite:${file}`);
  const place = placesOf(1);
  for (let first = 0; first < users; first += 5000) {
    const some = Array.from({ length: Math.min(5000, users - first) }, (_, index) => first + index);
    await Promise.all(
      some.map((index) =>
        store.createUser({
          credential: credentialOf(index),
          now: Date.now(),
          name: `User ${index}`,
          discoverable: true,
          cell: place().cell,
        }),
      ),
    );
  }
  await store.close();
}
