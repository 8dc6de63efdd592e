import { type Bars, barOf, type Lessons, remember, type Sight } from '../bars.js';
import type { WeightState } from './state.js';

/**
 * Grams that what happens on a scale must be; and seconds of pause within a run. An espresso has 15 g after 10 s; a taste from a
 * pot is no cup; a vessel that comes back drips and drifts by some grams; a pot that comes back with 300 g more was brewed anew.
 */
const BARS = {
  pour: { usual: 15, least: 4, most: 150 },
  cup: { usual: 40, least: 12, most: 250 },
  sip: { usual: 8, least: 3, most: 60 },
  fresh: { usual: 300, least: 100, most: 1500 },
  /** A brew that goes on within two minutes after its finish was announced is the same one. */
  pause: { usual: 120, least: 15, most: 900 },
  /** After the last cup or sip somebody may take another one for ten minutes. */
  cupPause: { usual: 600, least: 60, most: 1500 },
} satisfies Bars;
type BarName = keyof typeof BARS;
type Happening = Exclude<BarName, 'pause' | 'cupPause'>;

export const WEIGHT_LESSONS: Lessons = {
  bars: BARS,
  pauseBetween: (a, b) => ('pour' in a.is && 'pour' in b.is ? 'pause' : 'cupPause'),
};

/** Grams, or seconds of pause, that it takes here. */
export function asked(state: WeightState, name: BarName): number {
  return barOf(state, BARS, name);
}

/** What changes by less than this share of what is asked for is noise, and not remembered. */
const NEARLY = 0.25;

/** Remembers what happened on the scale, or nearly did. @param run what it began or belonged to, where that is not the open one */
export function noteSight(
  state: WeightState,
  what: Happening,
  grams: number,
  { from, to, run = state.run?.from ?? null }: Pick<Sight, 'from' | 'to'> & Partial<Pick<Sight, 'run'>>,
): void {
  if (grams < NEARLY * BARS[what].usual) return;
  const is = { [what]: Math.round(grams * 10) / 10 };
  state.sights = remember(state.sights, { from, to: Math.max(from, to), run, is });
}
