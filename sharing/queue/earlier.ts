/**
 * What an earlier start has left behind. The clock it was made by may have been right, and late is worse than never: a
 * clock that is set ahead gives it back what one that was behind has taken, and no more. Everything else moves along.
 */
export class Earlier {
  /** How far each was put back, in milliseconds. */
  readonly #putBack = new WeakMap<object, number>();

  add(one: object): void {
    this.#putBack.set(one, 0);
  }

  /** From now on it is of this start. */
  remove(one: object): void {
    this.#putBack.delete(one);
  }

  /** How far something is to be moved, in milliseconds, when the clock is set by so many; to be asked once for each time. */
  move(one: object, by: number): number {
    const putBack = this.#putBack.get(one);
    if (putBack === undefined) return by;
    const moved = Math.min(by, putBack);
    this.#putBack.set(one, putBack - moved);
    return moved;
  }
}
