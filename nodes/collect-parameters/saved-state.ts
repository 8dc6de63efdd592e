import type { Told, TrackerState } from '../../activities/index.js';

/** What a node keeps on disk. */
export interface SavedState {
  version: 1;
  appliances: TrackerState[];
  /** Accepted, and not sent, or only just. */
  outbox: Told[];
}

/** What has been over for so long (15 min) hardly goes on after all. */
const OVER_MS = 900_000;

/**
 * What is saved of an appliance while others are at work: without the course of its recent past, nine tenths of all, where
 * nothing goes on that it could become a part of. What its recogniser has learned is kept.
 */
export function lighter(state: TrackerState): TrackerState {
  const { open, pending, last, at, history } = state;
  const isFresh = last !== undefined && (at ?? 0) - (last.endedAt ?? last.seenAt) < OVER_MS;
  return open || pending || isFresh ? state : { ...state, history: { ...history, stretches: [] } };
}

type Form = Record<string, unknown>;

/** Epoch milliseconds further than this from 1970 are no date. */
const LAST_DATE = 8.64e15;

/** Whether a saved value has the form that everything here relies on; what recognisers remember is their own. */
export function isSavedState(saved: unknown): saved is SavedState {
  if (!isForm(saved)) return false;
  const { version, appliances, outbox } = saved;
  return version === 1 && isListOf(outbox, isForm) && isListOf(appliances, isTracker);
}

function isTracker(one: unknown): boolean {
  if (!isForm(one) || !isForm(one.appliance) || !isForm(one.history)) return false;
  const {
    appliance,
    history,
    pending,
    open,
    last,
    past = [],
    corrections = [],
    undone = [],
    said,
    play,
    at,
    offset,
    arrivedAt,
  } = one;
  const isKnown = typeof appliance.id === 'string' && typeof appliance.name === 'string';
  const hasPast =
    isListOf(history.stretches, isStretch) && isForm(history.held) && (pending === undefined || isPending(pending));
  const hasTimes = [at, offset, arrivedAt].every((time) => time === undefined || isTime(time));
  const hasRuns = [open, last].every((run) => run === undefined || isRun(run));
  const hasCorrections =
    isListOf(past, isRun) && isListOf(corrections, isCorrected) && isListOf(undone, Number.isSafeInteger);
  const hasWords = [said, play].every((word) => word === undefined || typeof word === 'string');
  return isKnown && hasPast && hasTimes && hasRuns && hasCorrections && hasWords;
}

function isPending(one: unknown): boolean {
  return isForm(one) && isTime(one.since) && (one.settled === undefined || isStretch(one.settled));
}

function isCorrected(one: unknown): boolean {
  return isForm(one) && Number.isSafeInteger(one.number) && typeof one.id === 'string' && isListOf(one.learned, isForm);
}

function isRun(one: unknown): boolean {
  if (!isForm(one)) return false;
  const { id, activity, revision, startedAt, seenAt, endedAt, offset, actions, settled } = one;
  const isNamed = typeof id === 'string' && typeof activity === 'string' && Number.isSafeInteger(revision);
  const hasTimes = [startedAt, seenAt].every(isTime) && [endedAt, offset].every((at) => at === undefined || isTime(at));
  return isNamed && hasTimes && isListOf(actions, isForm) && (settled === undefined || isStretch(settled));
}

function isStretch(one: unknown): boolean {
  return isForm(one) && isTime(one.from) && isTime(one.to) && isForm(one.courses) && isForm(one.growths);
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= LAST_DATE;
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isForm(value: unknown): value is Form {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
