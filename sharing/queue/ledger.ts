import { createHash } from 'node:crypto';
import type { LedgerEntry, QueueState } from './state.js';

const DAY = 86_400_000;
const KEEP = 30 * DAY;

type Key = Pick<LedgerEntry, 'target' | 'activityId' | 'moment'>;

export function findEntry(state: QueueState, { target, activityId, moment }: Key): LedgerEntry | undefined {
  return state.ledger.find(
    (entry) => entry.activityId === activityId && entry.target === target && entry.moment === moment,
  );
}

/** Forgets what is older than 30 days and keeps of a text older than a day only the hash. @param now epoch milliseconds */
export function tidyLedger(state: QueueState, now: number): void {
  // An entry of the future is what a clock that was set back leaves behind: its age counts from now on.
  for (const entry of state.ledger) entry.at = Math.min(entry.at, now);
  state.ledger = state.ledger.filter((entry) => entry.fate === 'waiting' || now - entry.at < KEEP);
  for (const entry of state.ledger) {
    if (entry.text === undefined || now - entry.at < DAY) continue;
    entry.textHash = createHash('sha256').update(entry.text).digest('base64url');
    delete entry.text;
  }
}

/** How many texts went, or are about to go, to the target since midnight, local time. */
export function countToday(state: QueueState, target: string, now: number): number {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const counts = (entry: LedgerEntry) =>
    entry.target === target &&
    entry.moment !== 'activity' &&
    entry.at >= midnight &&
    entry.fate !== 'discarded' &&
    entry.fate !== 'expired';
  return state.ledger.filter(counts).length;
}
