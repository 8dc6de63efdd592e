/** A source of chance that gives the same numbers for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Between both, all alike. */
  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }

  /** A value that strays by this share to either side. */
  about(value: number, share: number): number {
    return value * this.between(1 - share, 1 + share);
  }
}

/** What the machine really draws: levels that hold for some seconds, and which of them are somebody's coffee. */
export class Signal {
  readonly levels: { from: number; to: number; watts: number }[] = [];
  /** Stretches of heating up, brewing, rinsing or steaming; seconds of heat in each. */
  readonly deeds: { from: number; to: number; heat: number }[] = [];
  now = 0;

  constructor(readonly standby: number) {}

  draw(watts: number, seconds: number): this {
    if (seconds <= 0) return this;
    this.levels.push({ from: this.now, to: this.now + seconds, watts });
    this.now += seconds;
    return this;
  }

  rest(seconds: number): this {
    return this.draw(this.standby, seconds);
  }

  /** @param heating from this many watts on, the heater is on */
  deed(heating: number, does: () => void): this {
    const first = this.levels.length;
    const from = this.now;
    does();
    const heat = this.levels.slice(first).reduce((sum, one) => sum + (one.watts >= heating ? one.to - one.from : 0), 0);
    this.deeds.push({ from, to: this.now, heat });
    return this;
  }
}

export interface Sampling {
  /** Seconds between two reports, from … to. */
  least: number;
  most: number;
  /** Share by which the watts stray. */
  noise: number;
}

/** What a plug reports that averages over the second before its report, as tracebase's does. [seconds, watts] in pairs. */
export function sample({ levels }: Signal, { least, most, noise }: Sampling, chance: Chance): Float64Array {
  const out: number[] = [];
  const end = levels.at(-1)?.to ?? 0;
  let first = 0;
  for (let t = 1; t < end; t += chance.between(least, most)) {
    while ((levels[first]?.to ?? end) <= t - 1) first++;
    let joules = 0;
    for (let i = first; i < levels.length; i++) {
      const level = levels[i] as Signal['levels'][number];
      if (level.from >= t) break;
      joules += level.watts * (Math.min(t, level.to) - Math.max(t - 1, level.from));
    }
    out.push(Math.round(t), Math.max(0, Math.round(chance.about(joules, noise))));
  }
  return Float64Array.from(out);
}
