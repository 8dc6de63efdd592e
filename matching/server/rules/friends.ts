import { MAX_ASKED, REQUEST_DAYS } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { isoMinute, MINUTE_MS, minuteOf } from './time.js';

const DAY_MS = 86_400_000;
/** How long somebody who was declined cannot ask the same person again so that it is seen. */
const DECLINED_MS = 90 * DAY_MS;

/** What was made after this still counts. @param now epoch milliseconds */
export function isFreshSince(now: number): number {
  return now - REQUEST_DAYS * DAY_MS;
}

/** Who declined after this is not asked again. */
export function isDeclinedSince(now: number): number {
  return now - DECLINED_MS;
}

/** When a request was made, and when it ends: in whole minutes. @param made epoch milliseconds */
export function timesOf(made: number): { at: string; expiresAt: string } {
  const minute = minuteOf(made);
  return { at: isoMinute(minute), expiresAt: isoMinute(minute + (REQUEST_DAYS * DAY_MS) / MINUTE_MS) };
}

/** What somebody has asked for on one day, counted from the epoch. */
export interface Asked {
  asked_on: number;
  asked: number;
}

/** Whether there can be a request that still counts: most people have not asked for a long time, and need no look. */
export function mayHaveAsked({ asked_on }: Asked, now: number): boolean {
  return (asked_on + 1) * DAY_MS > isFreshSince(now);
}

/** One more. @throws Refusal too-many-requests, until the next day (UTC) */
export function askOnceMore({ asked_on, asked }: Asked, now: number): Asked {
  const today = Math.floor(now / DAY_MS);
  const before = asked_on === today ? asked : 0;
  if (before >= MAX_ASKED) {
    const detail = `You can ask ${MAX_ASKED} times a day: go on tomorrow`;
    throw new Refusal('too-many-requests', detail, Math.ceil(((today + 1) * DAY_MS - now) / 1000));
  }
  return { asked_on: today, asked: before + 1 };
}
