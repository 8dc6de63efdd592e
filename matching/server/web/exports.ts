import { Readable } from 'node:stream';
import type { Match, StoredActivity } from '../../schema/index.js';
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

  /** What can be much stands before everything else. */
  async *#pieces(call: Caller, first: readonly StoredActivity[], rest: string): AsyncGenerator<string> {
    yield '{"activities":[';
    yield* written(this.#activities(call, first));
    yield '],"matches":[';
    yield* written(this.#matches(call));
    yield `],${rest.slice(1)}`;
  }

  async *#activities(call: Caller, first: readonly StoredActivity[]): AsyncGenerator<readonly StoredActivity[]> {
    yield first;
    for (let page = first; page.length === EXPORTED_AT_ONCE; yield page) {
      const after = (page.at(-1) as StoredActivity).id;
      page = await this.store.exportActivities({ ...call, after });
    }
  }

  async *#matches(call: Caller): AsyncGenerator<readonly Match[]> {
    for (let next: string | undefined, isFirst = true; isFirst || next !== undefined; isFirst = false) {
      const page = await this.store.exportMatches({ ...call, ...(next === undefined ? {} : { after: next }) });
      yield page.matches;
      next = page.next;
    }
  }
}

/** The items of all pages as JSON, between commas. */
async function* written(pages: AsyncIterable<readonly object[]>): AsyncGenerator<string> {
  let separator = '';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((item) => JSON.stringify(item)).join();
    separator = ',';
  }
}
