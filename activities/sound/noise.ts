import { type Bars, barOf, type Lessons, remember, type Sight } from '../bars.js';
import type { Noise, SoundState } from './state.js';

/**
 * It must sound for so many seconds before a start is told, where notes are heard and where loudness is all there is, so that
 * a short talk is no song; so many dB above the room's own level, a voice in a quiet room being 15 to 30; and so much of the
 * pitches must be held: real singers hold 0.25 to 0.5 of them, and in 95 minutes of real readers it was never more than 0.31
 * over ten seconds (docs/recognition-kinds.md).
 */
const BARS = {
  seconds: { usual: 45, least: 10, most: 180 },
  sungSeconds: { usual: 20, least: 8, most: 120 },
  loud: { usual: 12, least: 4, most: 40, margin: 3 },
  held: { usual: 0.32, least: 0.2, most: 0.8 },
  /** What sounds within three minutes after the end is the next song. */
  pause: { usual: 180, least: 20, most: 900 },
} satisfies Bars;

export const SOUND_LESSONS: Lessons = { bars: BARS, pauseBetween: () => 'pause' };

/** What is asked for here: seconds, dB, or a share. */
export function asked(state: SoundState, name: keyof typeof BARS): number {
  return barOf(state, BARS, name);
}

/** From so many dB above the room on something is there that may be talked about; after so long below, it was over. */
const FAINT = 4;
const SILENT_MS = 10_000;
/** Shorter noises than 5 s are not remembered. */
const SHORTEST_MS = 5000;

/**
 * Follows what sounds, loud enough to count or not, and remembers what is over.
 * @param ms how long what was heard last counts
 * @param isSung notes are heard, and a pitch is there
 */
export function followNoise(state: SoundState, at: number, ms: number, isSung: boolean): void {
  const { noise, over, run, held } = state;
  const isThere = over === null ? isSung : over >= FAINT;
  if (noise && at - noise.until > SILENT_MS + ms) state.noise = closeNoise(state, noise);
  if (!isThere) return;
  const before = state.noise ?? { from: at, until: at, sum: 0, ms: 0, held: null, run: null };
  state.noise = {
    from: before.from,
    until: at,
    sum: before.sum + (over ?? 0) * ms,
    ms: before.ms + ms,
    held: isSung ? Math.max(before.held ?? 0, held) : before.held,
    run: run?.from ?? before.run,
  };
}

function closeNoise(state: SoundState, noise: Noise): null {
  const sight = sightOf(state, noise);
  if (sight) state.sights = remember(state.sights, sight);
  return null;
}

/** What is remembered of a noise: where notes were heard, how much they were held; and how loud it was, if that is measured. */
export function sightOf({ background }: SoundState, { from, until, sum, ms, held, run }: Noise): Sight | undefined {
  if (until - from < SHORTEST_MS) return undefined;
  const seconds = Math.round((until - from) / 1000);
  const lasted: Record<string, number> = held === null ? { seconds } : { sungSeconds: seconds };
  const loud = background === null || ms === 0 ? {} : { loud: Math.round((10 * sum) / ms) / 10 };
  const sung = held === null ? {} : { held: Math.round(100 * held) / 100 };
  return { from, to: until, run, is: { ...lasted, ...loud, ...sung } };
}
