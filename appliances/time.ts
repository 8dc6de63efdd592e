/**
 * What a message says about its time: a true instant, a wall clock somewhere without saying where, or when the bridge that
 * sends it last heard of the appliance.
 */
export type SaidTime = { epochMs: number } | { wallClock: string } | { heardMs: number };

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const AHEAD = 2 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** Before this no product of ours existed: a clock that says so was never set. */
const NEVER_SET = Date.UTC(2012, 0, 1);

const WALL_CLOCK = /^(\d{4})[-.](\d\d)[-.](\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * When a reading was taken, as epoch milliseconds.
 *
 * A wall clock has no zone, but all zones differ by whole quarters of an hour: so its minutes and seconds are kept and
 * the quarter hours come from the arrival. That is right for a device in any zone, for one that runs a few minutes
 * slow, and for readings that arrive up to 13 minutes late. A retained message may be of any age, so its wall clock is
 * read as the hub's own. No reading is later than its arrival by more than 2 minutes: a clock that says so, or that
 * was never set, or (for a live message) is more than a day behind, is wrong, and the arrival counts. A bridge's clock is
 * a computer's, and at its start it sends all that it keeps as if it were new: its word counts, however old that is.
 */
export function readingTime(said: SaidTime | undefined, arrival: number, retained: boolean): number {
  if (!said) return arrival;
  const instant = instantOf(said, arrival, retained);
  if (instant === undefined || !Number.isFinite(instant)) return arrival;
  if (instant < NEVER_SET || instant > arrival + AHEAD) return arrival;
  const mayBeOld = retained || 'heardMs' in said;
  return !mayBeOld && instant < arrival - DAY ? arrival : instant;
}

/**
 * Dates all that one appliance says by one clock: what it says without a time, as a plug does when it is switched or asked, is
 * as far from its arrival as what it said with one shortly before. By two clocks its readings would go back and forth.
 */
export class ApplianceClock {
  /** How far its clock is behind ours, and when it said so. */
  #behind = { ms: 0, saidAt: 0 };

  /** When a reading was taken, as epoch milliseconds. */
  date(said: SaidTime | undefined, arrival: number, retained: boolean): number {
    const { ms, saidAt } = this.#behind;
    // Its clock may be set, and ours: what it said long ago says nothing.
    if (!said && !retained) return Math.abs(arrival - saidAt) <= QUARTER ? arrival - ms : arrival;
    const instant = readingTime(said, arrival, retained);
    // When a bridge heard of it says nothing about a clock.
    if (said && !retained && !('heardMs' in said)) this.#behind = { ms: arrival - instant, saidAt: arrival };
    return instant;
  }
}

function instantOf(said: SaidTime, arrival: number, retained: boolean): number | undefined {
  if ('epochMs' in said) return said.epochMs;
  if ('heardMs' in said) return said.heardMs;
  const match = WALL_CLOCK.exec(said.wallClock);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, , zone] = match;
  if (Number(year) < 2012) return undefined;
  const plain = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (zone) return Date.parse(plain + zone);
  return retained ? Date.parse(plain) : withinTheQuarter(Date.parse(`${plain}Z`), arrival);
}

function withinTheQuarter(asUtc: number, arrival: number): number {
  const instant = asUtc + Math.round((arrival - asUtc) / QUARTER) * QUARTER;
  return instant > arrival + AHEAD ? instant - QUARTER : instant;
}
