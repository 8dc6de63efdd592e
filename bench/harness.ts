/** One line of the table: a figure of ours, usually a ratio against what a user would pick instead. */
export interface Row {
  /** The key in the JSON. */
  name: string;
  /** What is measured, in one line. */
  what: string;
  /** What we must reach, and in which direction. */
  floor: { atLeast: number } | { atMost: number };
  /** Why this row cannot run here, or undefined when it can. */
  unavailable?(): Promise<string | undefined>;
  /** Gets ready; whatever it starts is ended by the returned function. */
  prepare?(): Promise<() => Promise<void>>;
  /**
   * One round of the measurement. For a ratio, measure ours and the neighbour one after the other in here:
   * `reversed` tells to begin with the neighbour, so that neither always runs on the warmer machine.
   */
  round(reversed: boolean): Promise<Round>;
  /** Rounds that count; at least five for anything timed. */
  rounds: number;
}

export interface Round {
  value: number;
  /** The figures behind the value, in their own units, for the table. */
  parts: Record<string, number>;
}

export interface Result {
  name: string;
  value: number;
  parts: Record<string, number>;
  met: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Measures ours and the neighbour in turn, and gives ours / neighbour. Both return a figure where the unit is the same. */
export async function ratio(
  reversed: boolean,
  ours: () => Promise<number>,
  neighbour: () => Promise<number>,
): Promise<Round> {
  const measured = { ours: 0, neighbour: 0 };
  if (reversed) measured.neighbour = await neighbour();
  measured.ours = await ours();
  if (!reversed) measured.neighbour = await neighbour();
  return { value: measured.ours / measured.neighbour, parts: measured };
}

/** Runs one row: a round to warm up when it is timed, then the rounds that count; medians of each figure. */
export async function measure(row: Row): Promise<Result> {
  const end = (await row.prepare?.()) ?? (async () => {});
  try {
    if (row.rounds > 1) await row.round(false);
    const rounds: Round[] = [];
    for (let index = 0; index < row.rounds; index++) rounds.push(await row.round(index % 2 === 1));
    const parts = Object.fromEntries(
      Object.keys(rounds[0]?.parts ?? {}).map((part) => [
        part,
        median(rounds.map((round) => round.parts[part] ?? Number.NaN)),
      ]),
    );
    const value = median(rounds.map((round) => round.value));
    const met = 'atLeast' in row.floor ? value >= row.floor.atLeast : value <= row.floor.atMost;
    return { name: row.name, value, parts, met };
  } finally {
    await end();
  }
}
