import { Refusal } from '../../refusal.js';
import { MINUTE_MS } from '../time.js';

/** A day of somebody's own calendar, counted from 1970-01-01. */
export type LocalDay = number;

const DAY_MS = 86_400_000;
interface Zone {
  format: Intl.DateTimeFormat;
  /** A day (UTC) on which the clocks are not changed, and the offset on it. */
  steady?: { day: number; offset: number };
}

const zones = new Map<string, Zone>();
/** There are some 600 zones, and as many ways to write each as it has letters. */
const MOST_ZONES = 1000;

/**
 * Minutes by which a zone's clocks are ahead of UTC at a moment, daylight saving and all.
 * @param timeZone IANA, such as Europe/Vienna
 * @param ms epoch milliseconds
 * @throws Refusal bad-time-zone
 */
export function utcOffset(timeZone: string, ms: number): number {
  const zone = zoneOf(timeZone);
  const day = Math.floor(ms / DAY_MS);
  if (zone.steady?.day === day) return zone.steady.offset;
  const offset = offsetIn(zone, ms);
  // Asking Intl takes as long as a good part of a publish, and most activities are of today.
  const ends = [day * DAY_MS, (day + 1) * DAY_MS];
  if (ends.every((end) => offsetIn(zone, end) === offset)) zone.steady = { day, offset };
  return offset;
}

function offsetIn({ format }: Zone, ms: number): number {
  // As +HH:MM, or with seconds where clocks ran on the sun's time (ECMA-402, longOffset).
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(format.format(ms)) ?? [];
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === '-' ? -size : size;
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', hour: 'numeric' });
    if (zones.size >= MOST_ZONES) zones.clear();
    const zone = { format };
    zones.set(timeZone, zone);
    return zone;
  } catch {
    throw new Refusal('bad-time-zone', `"${timeZone}" is no time zone: use an IANA name such as Europe/Vienna`);
  }
}

/** The local day and hour of a moment. @param offset minutes ahead of UTC */
export function localTime(ms: number, offset: number): { day: LocalDay; hour: number } {
  const local = ms + offset * MINUTE_MS;
  const day = Math.floor(local / DAY_MS);
  return { day, hour: Math.floor((local - day * DAY_MS) / 3_600_000) };
}

/** Which day it is in a zone. @throws Refusal bad-time-zone */
export function localDay(timeZone: string, ms: number): LocalDay {
  return localTime(ms, utcOffset(timeZone, ms)).day;
}

/** As `2026-11-22`. */
export function isoDay(day: LocalDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Weeks since the one that 1970-01-01, a Thursday, lies in; they begin on Monday (ISO 8601). */
export function weekOf(day: LocalDay): number {
  return Math.floor((day + 3) / 7);
}

export function firstDayOfWeek(week: number): LocalDay {
  return week * 7 - 3;
}

/** Months since January 1970. */
export function monthOf(day: LocalDay): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

export function firstDayOfMonth(month: number): LocalDay {
  return Date.UTC(1970, month, 1) / DAY_MS;
}
