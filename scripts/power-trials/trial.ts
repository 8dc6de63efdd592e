import { type PowerKind, powerRecogniser } from '../../activities/index.js';
import { type Detection, detect } from '../recognise-replay.js';
import type { Signal } from './signal.js';

/** A stretch that somebody would call a run; `unclear` ones are neither missed nor false. Seconds. */
export interface Label {
  from: number;
  to: number;
  unclear: boolean;
}

export interface Score {
  runs: number;
  right: number;
  false: number;
  /** Right, and the finish that counts was announced within a minute. */
  prompt: number;
}

/** As in the labelled recordings, in seconds. */
const MERGE = 120;
const AMBIGUOUS = 240;
const LEAST_HEAT = 15;
const START_OFF = 30;
const END_OFF = 60;

/** Labels by the rules of the labelled recordings: gaps up to 2 min are inside a run, up to 4 min nobody can tell. */
export function labelsOf(deeds: Signal['deeds']): Label[] {
  const runs: { from: number; to: number; heat: number; unclear: boolean }[] = [];
  for (const deed of deeds) {
    const last = runs.at(-1);
    const gap = last ? deed.from - last.to : Number.POSITIVE_INFINITY;
    if (last && gap <= MERGE) {
      last.to = deed.to;
      last.heat += deed.heat;
      continue;
    }
    const unclear = gap <= AMBIGUOUS;
    if (last && unclear) last.unclear = true;
    runs.push({ ...deed, unclear });
  }
  return runs.map(({ from, to, heat, unclear }) => ({ from, to, unclear: unclear || heat < LEAST_HEAT }));
}

/** What the recogniser finds in samples, from an empty memory, beside what is there. @param samples seconds and watts in turn */
export function tryOut(kind: PowerKind, samples: Float64Array, labels: readonly Label[]): Score {
  const rows = Array.from({ length: samples.length / 2 }, (_, i) => ({
    t: samples[2 * i] as number,
    watts: samples[2 * i + 1] as number,
  }));
  return score(labels, detect(powerRecogniser(kind), { id: 'trial', samples: rows, skipped: 0 }));
}

/** The scorer's rules: one to one, the nearest first; what touches an unclear run is left out. */
export function score(labels: readonly Label[], found: readonly Detection[]): Score {
  const clear = labels.filter(({ unclear }) => !unclear);
  const pairs = clear.flatMap((label) =>
    found.flatMap((run) => {
      const [a, b] = [Math.abs(run.start_s - label.from), Math.abs((run.end_s ?? Number.POSITIVE_INFINITY) - label.to)];
      return a <= START_OFF && b <= END_OFF ? [{ off: a + b, label, run }] : [];
    }),
  );
  const [taken, matched] = [new Set<Label>(), new Set<Detection>()];
  let prompt = 0;
  for (const { label, run } of pairs.sort((a, b) => a.off - b.off)) {
    if (taken.has(label) || matched.has(run)) continue;
    taken.add(label);
    matched.add(run);
    if ((run.end_emitted_s ?? Number.POSITIVE_INFINITY) - label.to <= 60) prompt++;
  }
  const unclear = labels.filter((label) => label.unclear);
  const touches = ({ start_s, end_s }: Detection) =>
    unclear.some(({ from, to }) => start_s < to + END_OFF && (end_s ?? Number.POSITIVE_INFINITY) > from - START_OFF);
  const isFalse = (run: Detection) => !matched.has(run) && !touches(run);
  return { runs: clear.length, right: taken.size, false: found.filter(isFalse).length, prompt };
}

export function f1({ runs, right, false: wrong }: Score): number {
  return runs + wrong === 0 ? 1 : (2 * right) / (right + wrong + runs);
}
