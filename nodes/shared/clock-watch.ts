import { uptime } from 'node:os';

/** A clock that is off by more than this was set; less is what clocks do, in milliseconds. */
const LEAP_MS = 120_000;

interface Clocks {
  /** The clock that people set, and time servers, epoch milliseconds. */
  wall(): number;
  /** Milliseconds that only ever go on; may stand still while the machine sleeps. */
  steady(): number;
  /** Milliseconds since the machine started, with its sleep. */
  sinceBoot(): number;
}

const REAL: Clocks = { wall: Date.now, steady: () => performance.now(), sinceBoot: () => uptime() * 1000 };

/** Notices when the hub's clock is set: by hand, or by a time server after a start without a clock. */
export class ClockWatch {
  readonly #clocks: Clocks;
  #ahead: number;
  #slept: number;

  constructor(clocks: Clocks = REAL) {
    this.#clocks = clocks;
    this.#ahead = clocks.wall() - clocks.steady();
    this.#slept = clocks.sinceBoot() - clocks.steady();
  }

  /** How far the clock was set since the last look, in milliseconds, forward is positive; 0 when it just went on. */
  look(): number {
    const { wall, steady, sinceBoot } = this.#clocks;
    const ahead = wall() - steady();
    const leap = ahead - this.#ahead;
    this.#ahead = ahead;
    if (Math.abs(leap) < LEAP_MS) return 0;
    // A machine that slept is no clock that was set.
    const slept = sinceBoot() - steady();
    const set = leap - (slept - this.#slept);
    this.#slept = slept;
    return Math.abs(set) < LEAP_MS ? 0 : set;
  }
}

/** A leap for a person: which text tells of it, and how long it was. @param ms not 0 */
export function leapInWords(ms: number): { key: 'leapt-forward' | 'leapt-back'; span: string } {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const span =
    minutes < 90
      ? `${minutes} min`
      : minutes < 2880
        ? `${Math.round(minutes / 60)} h`
        : `${Math.round(minutes / 1440)} d`;
  return { key: ms > 0 ? 'leapt-forward' : 'leapt-back', span };
}
