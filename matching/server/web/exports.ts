import { Readable } from 'node:stream';
import type { StoredActivity } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { EXPORTED_AT_ONCE } from '../rules/publication.js';
import type { Caller, Store } from '../store/store.js';

/** Until somebody who has an export under way may ask again, in seconds. */
const AGAIN_IN = 5;

/**
 * Exports, written piece by piece: whoever publishes all they may for a year has gigabytes, which nobody is to hold at once.
 * One at a time for each user, because each is a good part of the store's time.
 */
export class Exports {
  readonly #underWay = new Set<string>();

  constructor(private readonly store: Store) {}

  /** @returns JSON as it is read @throws Refusal too-many-requests, or what the store says */
  async begin(call: Caller): Promise<Readable> {
    const user = Buffer.from(call.credential).toString('latin1');
    if (this.#underWay.has(user)) {
      const detail = 'Your export is being written already: come back when you have read it';
      throw new Refusal('too-many-requests', detail, AGAIN_IN);
    }
    this.#underWay.add(user);
    const end = (): void => void this.#underWay.delete(user);
    try {
      const rest = await this.store.exportMe(call);
      const first = await this.store.exportActivities(call);
      return Readable.from(this.#pieces(call, first, JSON.stringify(rest)), { objectMode: false }).once('close', end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** The activities stand before everything else. */
  async *#pieces(call: Caller, first: readonly StoredActivity[], rest: string): AsyncGenerator<string> {
    yield `{"activities":[${written(first)}`;
    for (let page = first; page.length === EXPORTED_AT_ONCE; ) {
      const after = (page.at(-1) as StoredActivity).id;
      page = await this.store.exportActivities({ ...call, after });
      if (page.length > 0) yield `,${written(page)}`;
    }
    yield `],${rest.slice(1)}`;
  }
}

function written(activities: readonly StoredActivity[]): string {
  return activities.map((activity) => JSON.stringify(activity)).join();
}
