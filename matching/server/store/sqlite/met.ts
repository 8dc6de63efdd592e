import type { Entry } from './run.js';

/** Activities that go on whose matches are kept in memory. */
const MOST_OPEN = 50_000;

/**
 * Whom the activities that go on have been matched with: what every publish answers, without the disk. In the order of what
 * is random in their ids, which tells nothing of how they came.
 */
export class Met {
  readonly #byActivity = new Map<number, Entry[]>();

  /** Remembers an activity's from now on. @param entries whom it has been matched with so far */
  begin(activity: number, entries: Entry[] = []): void {
    if (this.#byActivity.size >= MOST_OPEN) this.#byActivity.clear();
    this.#byActivity.set(
      activity,
      entries.sort((a, b) => a.tie - b.tie),
    );
  }

  /** @returns undefined when only the disk knows */
  of(activity: number): readonly Entry[] | undefined {
    return this.#byActivity.get(activity);
  }

  add(activity: number, entry: Entry): void {
    const entries = this.#byActivity.get(activity);
    if (!entries) return;
    let at = entries.length;
    while (at > 0 && (entries[at - 1] as Entry).tie > entry.tie) at--;
    entries.splice(at, 0, entry);
  }

  remove(activity: number, other: number): void {
    const entries = this.#byActivity.get(activity);
    const at = entries?.findIndex((entry) => entry.activity === other) ?? -1;
    if (at >= 0) entries?.splice(at, 1);
  }

  /** From here on only the disk knows; of all activities, when none is named. */
  forget(activity?: number): void {
    if (activity === undefined) this.#byActivity.clear();
    else this.#byActivity.delete(activity);
  }
}
