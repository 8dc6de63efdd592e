/** A small number for each user, by the user's key: two bytes each in one array, because nearly everybody has one. */
export class Counters {
  #counts = new Uint16Array(1024);

  /** @param key a user's key, counted from 1 */
  of(key: number): number {
    return this.#counts[key] ?? 0;
  }

  /** @returns what it was @throws RangeError when it does not fit */
  add(key: number, more: number): number {
    if (key >= this.#counts.length) this.#grow(key);
    const before = this.#counts[key] as number;
    if (before + more < 0 || before + more > 65_535) throw new RangeError(`${before} and ${more} is no count`);
    this.#counts[key] = before + more;
    return before;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  #grow(key: number): void {
    const grown = new Uint16Array(Math.max(key + 1, this.#counts.length * 2));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}
