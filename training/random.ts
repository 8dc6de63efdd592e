/** Random numbers that are the same on every machine for one seed (mulberry32, public domain, by Tommy Ettinger). */
export class Random {
  constructor(private seed: number) {}

  /** Evenly spread over [0, 1). */
  next(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** Whole number in [0, count). */
  index(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Spread like a bell around 0 with deviation 1 (sum of twelve, close enough for sensor noise). */
  bell(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.next();
    return sum;
  }
}
