/** A stretch that somebody would call a run; `unclear` ones are neither missed nor false. Seconds. */
export interface Label {
  from: number;
  to: number;
  unclear: boolean;
}

export interface Score {
  runs: number;
  right: number;
  missed: number;
  wrong: number;
  /** Right, and the finish that counts was announced within a minute. */
  prompt: number;
  /** Finishes that were taken back. */
  resumes: number;
}

const MERGE = 120;
const AMBIGUOUS = 240;
const LEAST_HEAT = 15;

/** Labels by the rules of the labelled recordings: gaps up to 2 min are inside a run, up to 4 min nobody can tell. */
export function labelsOf(deeds: readonly { from: number; to: number; heat: number }[]): Label[] {
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
