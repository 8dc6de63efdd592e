import { keepNewest } from '../../rules/newest.js';
import type { Side } from './meeting.js';

/** Users whose matches are kept at most: those who have asked for their events last. */
const MOST_LISTENING = 20_000;
/** Matches that one user has not read: who has more reads on from the file. */
const MOST_UNREAD = 32;
/** Users of whom more is kept, which they have begun to read: without it each answer would look through all of their days. */
const MOST_READING = 32;

interface Heard {
  /** Everything that they were told behind this number is in `sides`. */
  since: number;
  sides: Side[];
}

/**
 * What those who listen have been told and not read yet: a stream reads on after each match, and what it reads was written
 * just now. From the file it would be all of a user's activities, and what came behind each of them.
 */
export class RecentMatches {
  readonly #heard = new Map<number, Heard>();
  /** What of it is more than what others leave unread. */
  readonly #reading = new Map<number, Heard>();

  /** Somebody has asked for what came behind a number. @param last the last that they have been told by now */
  listen(user: number, after: number, last: number): void {
    const heard = this.#heard.get(user) ?? { since: last, sides: [] };
    if (after > heard.since) {
      heard.since = after;
      heard.sides = heard.sides.filter(({ seq }) => seq > after);
    }
    // The one who asked last stands last.
    this.#heard.delete(user);
    this.#heard.set(user, heard);
    keepNewest(this.#heard, MOST_LISTENING);
  }

  /**
   * What the file has behind a number of somebody who comes back after a while: they read on from here.
   * @param sides all of it, in the order of its numbers
   */
  keep(user: number, after: number, sides: Side[]): void {
    const heard = { since: after, sides };
    this.#heard.set(user, heard);
    this.#reading.delete(user);
    if (sides.length <= MOST_UNREAD) return;
    this.#reading.set(user, heard);
    keepNewest(this.#reading, MOST_READING, (left, their) => {
      if (this.#heard.get(left) === their) this.#heard.delete(left);
    });
  }

  hears(user: number): boolean {
    return this.#heard.has(user);
  }

  /** Somebody has been told of a match. Numbers only grow. */
  add(side: Side): void {
    const heard = this.#heard.get(side.user);
    if (!heard) return;
    if (heard.sides.length < MOST_UNREAD) heard.sides.push(side);
    else this.#heard.delete(side.user);
  }

  /** What a user was told behind a number, in that order; undefined when only the file knows. */
  behind(user: number, after: number): Side[] | undefined {
    const heard = this.#heard.get(user);
    if (!heard || after < heard.since) return undefined;
    return heard.sides.filter(({ seq }) => seq > after);
  }

  /** From here on only the file knows; of all users, when none is named. */
  forget(user?: number): void {
    if (user === undefined) this.#heard.clear();
    else this.#heard.delete(user);
  }

  /** The same of users who have been told of what was before a minute, and did not read it. */
  forgetBefore(minute: number): void {
    for (const [user, { sides }] of this.#heard) {
      if (sides[0] && sides[0].at < minute) this.#heard.delete(user);
    }
  }
}
