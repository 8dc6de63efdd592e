import { minuteOf } from '../../rules/time.js';
import { Counters } from './counters.js';
import type { Database } from './database.js';

/** Numbers in one minute: more than anybody can be told of. */
const PER_MINUTE = 65_536;

/**
 * Numbers what each user is told: they count up for each user, tell the minute and nothing about anybody else, and cost no
 * write but one a minute. What was given is on disk with what it numbers, and after a restart a new minute is begun.
 */
export class Sequence {
  #minute: number | undefined;
  /** How many each user was told in this minute. */
  readonly #given = new Counters();

  constructor(private readonly db: Database) {}

  next(user: number, now: number): number {
    this.#advance(now);
    return (this.#minute as number) * PER_MINUTE + this.#given.add(user, 1);
  }

  /** Behind everything that a user has been told, and before everything they will be. */
  last(user: number, now: number): number {
    const isCurrent = this.#minute !== undefined && this.#minute >= minuteOf(now);
    if (isCurrent) return (this.#minute as number) * PER_MINUTE + this.#given.of(user) - 1;
    return Math.max(minuteOf(now), this.#stored() + 1) * PER_MINUTE - 1;
  }

  /** After a transaction was taken back: the minute may not be on disk. */
  forget(): void {
    this.#minute = undefined;
  }

  #advance(now: number): void {
    const minute = minuteOf(now);
    if (this.#minute !== undefined && minute <= this.#minute) return;
    this.#minute = Math.max(minute, this.#stored() + 1);
    this.#given.clear();
    this.db.run('UPDATE told SET minute = ?', this.#minute);
  }

  #stored(): number {
    return this.db.get<{ minute: number }>('SELECT minute FROM told')?.minute ?? 0;
  }
}

/** Before everything that will be told once a minute is over, and once the store is opened again. @param told the last minute */
export function firstNumberAfter(told: number, now: number): number {
  return (Math.max(minuteOf(now), told) + 1) * PER_MINUTE;
}

/** The minute in which something with this number was told. */
export function minuteOfNumber(number: number): number {
  return Math.floor(number / PER_MINUTE);
}
