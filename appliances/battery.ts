const LOW = 15;
const FINE = 20;

/** Tells once that a battery runs low, and again only after it was charged. */
export class BatteryWatch {
  #isLow = false;

  /** Whether it has just run low. @param battery percent */
  runsLow(battery: number): boolean {
    const wasLow = this.#isLow;
    if (battery <= LOW) this.#isLow = true;
    else if (battery > FINE) this.#isLow = false;
    return this.#isLow && !wasLow;
  }
}
