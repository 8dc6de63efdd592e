import { keepNewest } from '../../rules/newest.js';
import type { Known } from './known.js';
import type { Entry } from './run.js';

/** Activities that go on whose matches are kept in memory: those that have begun last. */
const MOST_OPEN = 50_000;

/** Somebody whom an activity has been matched with: what is asked of them with every publish, without looking it up. */
export interface Companion {
  entry: Entry;
  user: Known;
  nearby: boolean;
}

/**
 * Whom the activities that go on have been matched with: what every publish answers, without the disk. In the order of what
 * is random in their ids, which tells nothing of how they came.
 */
export class Companions {
  readonly #byActivity = new Map<number, Companion[]>();

  /** Remembers an activity's from now on. @param companions whom it has been matched with so far */
  begin(activity: number, companions: Companion[] = []): readonly Companion[] {
    companions.sort((a, b) => a.entry.tie - b.entry.tie);
    this.#byActivity.set(activity, companions);
    // What has gone on for longest is asked about least.
    keepNewest(this.#byActivity, MOST_OPEN);
    return companions;
  }

  /** @returns undefined when only the disk knows */
  of(activity: number): readonly Companion[] | undefined {
    return this.#byActivity.get(activity);
  }

  add(activity: number, companion: Companion): void {
    const companions = this.#byActivity.get(activity);
    if (!companions) return;
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
    const companions = this.#byActivity.get(activity);
    const at = companions?.findIndex(({ entry }) => entry.activity === other) ?? -1;
    if (at >= 0) companions?.splice(at, 1);
  }

  /** From here on only the disk knows; of all activities, when none is named. */
  forget(activity?: number): void {
    if (activity === undefined) this.#byActivity.clear();
    else this.#byActivity.delete(activity);
  }
}
