/** How long it shows the same speed, in milliseconds of its own, and how many times as fast as life it runs. */
export type Leg = readonly [lasts: number, speed: number];

/** A clock that runs faster than life from the real moment `start` on, when it shows `base`. Both in epoch milliseconds. */
export class FastClock {
  /** @param legs one after the other; the last one goes on for ever */
  constructor(
    readonly base: number,
    readonly start: number,
    readonly legs: readonly Leg[],
  ) {}

  /** What it shows at a real moment. */
  at(real: number): number {
    let [shown, left] = [this.base, real - this.start];
    if (left < 0) return Math.floor(shown + left);
    for (let leg = 0; ; leg++) {
      const [lasts, speed] = this.legs[leg] as Leg;
      if (left * speed < lasts || leg === this.legs.length - 1) return Math.floor(shown + left * speed);
      shown += lasts;
      left -= lasts / speed;
    }
  }

  /** The real moment at which it shows this. */
  realOf(virtual: number): number {
    let [real, left] = [this.start, virtual - this.base];
    if (left < 0) return real + left;
    for (let leg = 0; ; leg++) {
      const [lasts, speed] = this.legs[leg] as Leg;
      if (left < lasts || leg === this.legs.length - 1) return real + left / speed;
      real += lasts / speed;
      left -= lasts;
    }
  }

  /** To hand it to another process. */
  toString(): string {
    return [this.base, this.start, ...this.legs.flat()].join();
  }

  static parse(text = '0,0,1,1'): FastClock {
    const [base = 0, start = 0, ...rest] = text.split(',').map(Number);
    const legs = Array.from({ length: rest.length / 2 }, (_, at) => rest.slice(2 * at, 2 * at + 2) as unknown as Leg);
    return new FastClock(base, start, legs);
  }
}
