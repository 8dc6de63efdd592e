/** Values that are counted together, too. */
const BLOCK = 256;

/** How many people have which value. How many have more is read from a few hundred sums, also when there are ten thousand values. */
export class Histogram {
  readonly #people = new Map<number, number>();
  readonly #blocks = new Map<number, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** @param by 1 or -1 person */
  add(value: number, by: number): void {
    addTo(this.#people, value, by);
    addTo(this.#blocks, Math.floor(value / BLOCK), by);
    this.#total += by;
  }

  /** How many people have more than that. */
  above(value: number): number {
    const own = Math.floor(value / BLOCK);
    let above = 0;
    for (const [block, people] of this.#blocks) if (block > own) above += people;
    for (let next = value + 1; next < (own + 1) * BLOCK; next++) above += this.#people.get(next) ?? 0;
    return above;
  }
}

function addTo(sums: Map<number, number>, key: number, by: number): void {
  const sum = (sums.get(key) ?? 0) + by;
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
}
