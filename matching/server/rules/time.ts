import type { Window } from '../../schema/index.js';

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 24 * 60;

/** Minutes since the epoch, from `from` up to and without `to`. */
export interface Interval {
  from: number;
  to: number;
}

/** The clock minute of a moment. Everything that strangers can learn is counted in these. @param ms epoch milliseconds */
export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS);
}

/** The clock minutes that an interval touches; at least one. */
export function minutesOf(startMs: number, endMs: number): Interval {
  const from = minuteOf(startMs);
  return { from, to: Math.max(from + 1, Math.ceil(endMs / MINUTE_MS)) };
}

/** Minutes in one window. Quarters of an hour align in every time zone: all offsets are multiples of 15 minutes. */
export function unitOf(window: Window): number {
  return window === 'quarter-hour' ? 15 : 1;
}

/** The window that a minute lies in. */
export function windowAt(minute: number, window: Window): Interval {
  const unit = unitOf(window);
  const from = Math.floor(minute / unit) * unit;
  return { from, to: from + unit };
}

/** How long two intervals share, in seconds, both taken as the whole windows they touch. */
export function sharedSeconds(a: Interval, b: Interval, window: Window): number {
  const unit = unitOf(window);
  if (unit === 1) return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from)) * 60;
  const from = Math.max(floorTo(a.from, unit), floorTo(b.from, unit));
  const to = Math.min(-floorTo(-a.to, unit), -floorTo(-b.to, unit));
  return Math.max(0, to - from) * 60;
}

function floorTo(minute: number, unit: number): number {
  return Math.floor(minute / unit) * unit;
}

/** A minute as ISO 8601. */
export function isoMinute(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString();
}

/** @param ms epoch milliseconds */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
