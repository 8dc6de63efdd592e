import type { Fate, LedgerEntry } from './state.js';

const DAY = 86_400_000;
const KEEP = 30 * DAY;
/** So many shares that are over are remembered: a year of a household with three texts a day. */
const MOST = 1000;

/** Of these nobody can have read anything. */
const UNREAD: readonly Fate[] = ['discarded', 'expired', 'failed', 'withdrawn'];

export type LedgerKey = Pick<LedgerEntry, 'target' | 'activityId' | 'moment'>;

/** What was told, or is about to be, by target, activity and moment. As JSON it is the list of its entries. */
export class Ledger {
  /** In the order in which they came. */
  readonly #entries = new Map<string, LedgerEntry>();

  constructor(entries: readonly LedgerEntry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  find(key: LedgerKey): LedgerEntry | undefined {
    return this.#entries.get(textOf(key));
  }

  add(entry: LedgerEntry): void {
    this.#entries.set(textOf(entry), entry);
  }

  remove(key: LedgerKey): void {
    this.#entries.delete(textOf(key));
  }

  /** Forgets what is older than 30 days, and the oldest where there are too many. @param now epoch milliseconds */
  tidy(now: number): void {
    let left = this.toJSON().filter(isOver).length;
    for (const entry of this.#entries.values()) {
      // An entry of the future is what a clock that was set back leaves behind: its age counts from now on.
      entry.at = Math.min(entry.at, now);
      if (!isOver(entry) || (now - entry.at < KEEP && left <= MOST)) continue;
      this.remove(entry);
      left -= 1;
    }
  }

  /** How many texts went, may have gone or are about to go to the target since midnight, local time. */
  countToday(target: string, now: number): number {
    const midnight = new Date(now).setHours(0, 0, 0, 0);
    let count = 0;
    for (const entry of this.#entries.values()) {
      const isText = entry.target === target && entry.moment !== 'activity';
      if (isText && entry.at >= midnight && !UNREAD.includes(entry.fate)) count += 1;
    }
    return count;
  }

  /** The entries by what they are known by, in the order in which they came. */
  byKey(): ReadonlyMap<string, LedgerEntry> {
    return this.#entries;
  }

  toJSON(): LedgerEntry[] {
    return [...this.#entries.values()];
  }
}

function isOver({ fate }: LedgerEntry): boolean {
  return fate !== 'waiting';
}

function textOf({ target, activityId, moment }: LedgerKey): string {
  return `${target} ${activityId} ${moment}`;
}
