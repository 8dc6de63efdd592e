import type { Side } from './meeting.js';

/** Users whose matches are kept at most: those who have asked for their events last. */
const MOST_LISTENING = 20_000;
/** Matches kept of one user at most. */
const MOST_SIDES = 100;

interface Heard {
  /** Everything that they were told behind this number is in `sides`. */
  since: number;
  sides: Side[];
}

/**
 * What those who listen have been told lately: a stream reads on after each match, and what it reads was written just now.
 * From the file it would be all of a user's activities, and what came behind each of them.
 */
export class RecentMatches {
  readonly #heard = new Map<number, Heard>();

  /** Somebody has asked for their events, and knows all up to a number. */
  listen(user: number, since: number): void {
    const heard = this.#heard.get(user) ?? { since, sides: [] };
    // The one who asked last stands last.
    this.#heard.delete(user);
    this.#heard.set(user, heard);
    if (this.#heard.size <= MOST_LISTENING) return;
    for (const first of this.#heard.keys()) {
      this.#heard.delete(first);
      break;
    }
  }

  hears(user: number): boolean {
    return this.#heard.has(user);
  }

  /** Somebody has been told of a match. Numbers only grow. */
  add(side: Side): void {
    const heard = this.#heard.get(side.user);
    if (!heard) return;
    heard.sides.push(side);
    if (heard.sides.length > MOST_SIDES) heard.since = (heard.sides.shift() as Side).seq;
  }

  /** What a user was told behind a number, in that order; undefined when only the file knows. */
  behind(user: number, after: number): Side[] | undefined {
    const heard = this.#heard.get(user);
    if (!heard || after < heard.since) return undefined;
    return heard.sides.filter(({ seq }) => seq > after);
  }

  /** After something was taken back, or is no match any more: from here on only the file knows. */
  forget(): void {
    this.#heard.clear();
  }
}
