import type { ActionName } from '../vocabulary/index.js';
import type { Lesson, RecogniserRun } from './recogniser.js';

/** What action the lesson is about; none where it is about a run. */
export function actionOf(lesson: Lesson): ActionName | undefined {
  return 'action' in lesson ? lesson.action : undefined;
}

/** True when the lesson says that this run, open or the last, was none. Times are epoch milliseconds. */
function wasNone(lesson: Lesson, run: RecogniserRun | null): boolean {
  return (
    lesson.lesson === 'was-none' && !lesson.action && run !== null && run.from <= lesson.to && run.until >= lesson.from
  );
}

/**
 * The state without the runs that were none. One that goes on is only dismissed, or what still goes on would be a new one:
 * it ends as it would have, for whoever listens to nothing. The same state when there is no such run.
 */
export function withoutNone<State extends { run: RecogniserRun | null; last: RecogniserRun | null }>(
  state: State,
  lesson: Lesson,
): State {
  const run = state.run && wasNone(lesson, state.run) ? { ...state.run, dismissed: true } : state.run;
  const last = wasNone(lesson, state.last) ? null : state.last;
  return run === state.run && last === state.last ? state : { ...state, run, last };
}
