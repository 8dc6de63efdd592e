/**
 * Loaded ahead of the endpoint (`node --require`): its clock runs faster than life, so that a day of a city fits into
 * minutes with every window, end and overlap as long as it should be. Only the clock is changed; timers are not.
 * KINDRED_CITY_CLOCK: real epoch milliseconds at which it began, and how many times as fast it runs.
 */
import { virtualAt } from './virtual.js';

const [start = 0, speed = 1] = (process.env.KINDRED_CITY_CLOCK ?? '').split(',').map(Number);
const RealDate = Date;
const realNow = Date.now.bind(Date);

globalThis.Date = class extends RealDate {
  constructor(...args: [] | ConstructorParameters<DateConstructor>) {
    super(...((args.length > 0 ? args : [virtualAt(realNow(), start, speed)]) as [number]));
  }

  static override now(): number {
    return virtualAt(realNow(), start, speed);
  }
} as DateConstructor;
