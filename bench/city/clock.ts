/**
 * Loaded ahead of the endpoint (`node --require`): its clock runs faster than life, so that hours of a city fit into minutes
 * with every window, end and overlap as long as it should be. Only the clock is changed; timers are not.
 */
import { FastClock } from './virtual.js';

const clock = FastClock.parse(process.env.KINDRED_CITY_CLOCK);
const RealDate = Date;
const now = (): number => clock.at(RealDate.now());

globalThis.Date = class extends RealDate {
  constructor(...args: [] | ConstructorParameters<DateConstructor>) {
    super(...((args.length > 0 ? args : [now()]) as [number]));
  }

  static override now(): number {
    return now();
  }
} as DateConstructor;
