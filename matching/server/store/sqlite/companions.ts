import { keepNewest } from '../../rules/newest.js';
import type { Known } from './known.js';
import type { Memory } from './memory.js';
import type { Entry } from './run.js';

/** Somebody whom an activity has been matched with: what is asked of them with every publish, without looking it up. */
export interface Companion {
  entry: Entry;
  user: Known;
  nearby: boolean;
}

/**
 * Whom the activities that go on have been matched with: what every publish and every search asks, without the disk. In the
 * order of what is random in their ids, which tells nothing of how they came.
 */
export class Companions {
  readonly #new = new Map<number, Companion[]>();
  readonly #older = new Map<number, Entry[]>();

  constructor(private readonly most: Pick<Memory, 'newActivities' | 'olderActivities'>) {}

  /** Remembers an activity's from now on. @param companions whom it has been matched with so far */
  begin(activity: number, companions: Companion[] = []): readonly Companion[] {
    companions.sort((a, b) => a.entry.tie - b.entry.tie);
    this.#older.delete(activity);
    this.#new.set(activity, companions);
    // What has gone on for longest is asked about least.
    keepNewest(this.#new, this.most.newActivities, (older, its) => this.#older.set(older, entriesIn(its)));
    keepNewest(this.#older, this.most.olderActivities);
    return companions;
  }

  /** @returns undefined when they have to be put together, with `begin` */
  of(activity: number): readonly Companion[] | undefined {
    return this.#new.get(activity);
  }

  /** What others were doing when they were matched with an activity. @returns undefined when only the disk knows */
  entriesOf(activity: number): readonly Entry[] | undefined {
    const companions = this.#new.get(activity);
    return companions ? entriesIn(companions) : this.#older.get(activity);
  }

  add(activity: number, companion: Companion): void {
    const companions = this.#new.get(activity);
    if (!companions) {
      this.#older.get(activity)?.push(companion.entry);
      return;
    }
    const { tie } = companion.entry;
    let at = companions.push(companion) - 1;
    for (; at > 0; at--) {
      const before = companions[at - 1] as Companion;
      if (before.entry.tie <= tie) break;
      companions[at] = before;
    }
    companions[at] = companion;
  }

  remove(activity: number, other: number): void {
    takeFirst(this.#new.get(activity), ({ entry }) => entry.activity === other);
    takeFirst(this.#older.get(activity), (entry) => entry.activity === other);
  }

  /** From here on only the disk knows; of all activities, when none is named. */
  forget(activity?: number): void {
    for (const map of [this.#new, this.#older]) {
      if (activity === undefined) map.clear();
      else map.delete(activity);
    }
  }
}

function entriesIn(companions: readonly Companion[]): Entry[] {
  return companions.map(({ entry }) => entry);
}

function takeFirst<Item>(list: Item[] | undefined, isMeant: (item: Item) => boolean): void {
  const at = list?.findIndex(isMeant) ?? -1;
  if (at >= 0) list?.splice(at, 1);
}
