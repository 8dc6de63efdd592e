import type { Lesson } from './recogniser.js';

interface Span {
  from: number;
  until: number;
}

/** True when the lesson says that this run, open or the last, was none. Times are epoch milliseconds. */
export function wasNone(lesson: Lesson, run: Span | null): boolean {
  return (
    lesson.lesson === 'was-none' && !lesson.action && run !== null && run.from <= lesson.to && run.until >= lesson.from
  );
}

/** The state without the runs that were none: they neither go on nor come back. The same state when there is no such run. */
export function withoutNone<State extends { run: Span | null; last: Span | null }>(
  state: State,
  lesson: Lesson,
): State {
  const run = wasNone(lesson, state.run) ? null : state.run;
  const last = wasNone(lesson, state.last) ? null : state.last;
  return run === state.run && last === state.last ? state : { ...state, run, last };
}
