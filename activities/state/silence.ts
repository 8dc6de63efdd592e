import type { SayingState } from './state.js';
import type { Phase } from './words.js';

/** After so long (30 min) without a word nothing is known of what happened in between … */
const GAP_MS = 1_800_000;
/** … but many an appliance speaks only when it has something new to say, and hardly a programme lasts longer than 6 h. */
const LONGEST_MS = 21_600_000;
/** One that goes on reporting while it says the same is known by so many reports in more than a minute: a few are a restart of the hub. */
const REPORTS = { least: 6, ms: 60_000 };
/** It is gone after so many times the usual silence between those. */
const SILENCES = 4;

/** Whether something that such a phase is of goes on. */
export function goesOn(phase: Phase | null | undefined): boolean {
  return phase === 'work' || phase === 'pause' || phase === 'hold';
}

/** How long (ms) silence means that what it said last goes on. */
export function silenceMs({ phase, said, at }: SayingState): number {
  if (!goesOn(phase)) return GAP_MS;
  const reports = said?.reports ?? 0;
  const ms = said && at !== null ? at - said.from : 0;
  if (reports < REPORTS.least || ms < REPORTS.ms) return LONGEST_MS;
  return Math.max(GAP_MS, Math.min(LONGEST_MS, (SILENCES * ms) / reports));
}

/** Counts what it reports while it says the same. */
export function noteReport(state: SayingState, at: number): void {
  const { said } = state;
  if (said && at > said.from) state.said = { ...said, reports: (said.reports ?? 0) + 1 };
}
