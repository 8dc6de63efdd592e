const MINUTE_MS = 60_000;
/** The year 10000, which is written otherwise. */
const END = 253_402_300_800_000;

let minute = Number.NaN;
let start = '';
let lastText = '';
let lastTime = Number.NaN;

/**
 * The time as `toISOString` writes it. Readings come by the thousand and close together, so the minute is written once.
 * @param time epoch milliseconds
 * @throws RangeError when it is no time
 */
export function instantOf(time: number): string {
  if (!(Number.isInteger(time) && time >= 0 && time < END)) return new Date(time).toISOString();
  const within = time % MINUTE_MS;
  if (time - within !== minute) {
    minute = time - within;
    start = new Date(minute).toISOString().slice(0, 'yyyy-mm-ddThh:mm:'.length);
  }
  const seconds = Math.floor(within / 1000);
  const rest = within % 1000;
  return `${start}${seconds < 10 ? '0' : ''}${seconds}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

/**
 * Epoch milliseconds of an ISO 8601 text; NaN when it is none. What asks for the time of a reading is several steps of the
 * same reading, one after the other, so the last one is remembered.
 */
export function epochOf(instant: string): number {
  if (instant !== lastText) {
    lastTime = Date.parse(instant);
    lastText = instant;
  }
  return lastTime;
}
