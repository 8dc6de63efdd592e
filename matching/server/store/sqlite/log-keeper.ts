import type { Database } from './database.js';
import type { Answer, Operation, PackedAnswer } from './protocol.js';

/** While the sweeper has more to do, the log is emptied once a minute. */
const EMPTIED_EVERY_MS = 60_000;

/** Sees to it that what was taken back does not stay in the log: what is deleted from the file still stands there. */
export class LogKeeper {
  #emptiedAt: number;

  /** @param clock milliseconds that only grow */
  constructor(
    private readonly database: Pick<Database, 'emptyLog'>,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.#emptiedAt = clock();
  }

  /**
   * A batch has been carried out. Who leaves is gone at once; what others have withdrawn is out of the log when a sweep has
   * nothing more to do, and within a minute in any case. Emptied after each of a sweeper's steps, the log would be written
   * over the file ten times a second.
   */
  after(batch: readonly Operation[], answers: readonly (Answer | PackedAnswer)[]): void {
    const isDue = this.clock() - this.#emptiedAt >= EMPTIED_EVERY_MS;
    const mustEmpty = batch.some(
      ({ name }, index) => name === 'deleteMe' || (name === 'sweep' && (isDue || !goesOn(answers[index]))),
    );
    if (mustEmpty && this.empty()) this.#emptiedAt = this.clock();
  }

  /** @returns whether all of it is in the file now: not while somebody reads that, for a back-up. The next one empties it. */
  empty(): boolean {
    try {
      return this.database.emptyLog();
    } catch {
      return false;
    }
  }
}

function goesOn(answer: Answer | PackedAnswer | undefined): boolean {
  return answer !== undefined && 'value' in answer && answer.value === true;
}
