/** A clock that runs faster than life: at the real moment `start` it showed `base`. Both in epoch milliseconds. */
export class FastClock {
  constructor(
    readonly base: number,
    readonly start: number,
    readonly speed: number,
  ) {}

  /** What it shows at a real moment. */
  at(real: number): number {
    return Math.floor(this.base + (real - this.start) * this.speed);
  }

  /** The real moment at which it shows this. */
  realOf(virtual: number): number {
    return this.start + (virtual - this.base) / this.speed;
  }

  /** To hand it to another process. */
  toString(): string {
    return [this.base, this.start, this.speed].join();
  }

  static parse(text = ''): FastClock {
    const [base = 0, start = 0, speed = 1] = text.split(',').map(Number);
    return new FastClock(base, start, speed);
  }
}
