import { isParameterName, isParameterValue } from '../../../../vocabulary/index.js';
import type { StoredActivity } from '../../../schema/index.js';
import { type LocalDay, localTime } from './local-time.js';

/** What one finished activity adds to the features of its owner, in whole numbers: added and taken away again in any order. */
export interface Contribution {
  /** The day on which it began, by the clock of its owner's house then: one that goes on past midnight belongs to the day before. */
  day: LocalDay;
  /** 0 to 23, likewise. */
  hour: number;
  seconds: number;
  /** The one figure that stands for each parameter, in millionths of its unit. */
  parameters: [name: string, millionths: number][];
}

/** An activity as every store keeps it; times in epoch milliseconds. */
interface Kept {
  state: string;
  started: number;
  closes: number;
  /** JSON, see `toPublication`. */
  body: string | null;
}

const MILLION = 1_000_000;

/** @returns undefined for what does not count: it goes on, was never heard of again, or was taken back */
export function contributionOf({ state, started, closes, body }: Kept): Contribution | undefined {
  if (state !== 'finished') return undefined;
  const { parameters = {}, utcOffset = 0 } = JSON.parse(body ?? '{}') as Partial<StoredActivity>;
  return {
    ...localTime(started, utcOffset),
    seconds: Math.round((closes - started) / 1000),
    parameters: Object.entries(parameters).flatMap(([name, summary]) => {
      const value = summary && figureOf(summary);
      // What cannot be true of a parameter is kept for its owner, and not averaged.
      if (!isParameterName(name) || !isParameterValue(name, value)) return [];
      return [[name, Math.round((value as number) * MILLION)]];
    }),
  };
}

/** What adds up stands for itself; of the others the mean says most. */
function figureOf({ total, mean, last, max, min }: NonNullable<StoredActivity['parameters']>[string]) {
  return total ?? mean ?? last ?? max ?? min;
}
