/** Turns recordings into examples: what the recogniser's eyes see in them, and what that was. */
import type { SeenCycle } from '../activities/motion/watch.js';
import type { Random } from './random.js';
import type { LabelledEvent, Recording, Samples } from './recordings.js';
import { watchSamples } from './replay.js';
import { bendArm, drawVariation, vary } from './vary.js';

/**
 * Variations made of each recording, and how far they reach: who is new may differ from twelve people as far as from one.
 * One person stands for more than one of twelve does.
 */
const VARIATIONS = { continuous: { count: 16, reach: 1.5 }, clip: { count: 5, reach: 1.5 } };
/** Walks with an arm that is bent now and then, made of each walk. */
const BENT_WALKS = 3;
/** Shares of two spans that must be common for a cycle to be the labelled one. */
const SAME_SPAN = 0.4;
/** The rhythm is seen over 2.4 s: its middle lies this many seconds before the look. */
const RHYTHM_MIDDLE = 1.2;
/** A label covers reaching for the spoon and putting it away: this is left out at its ends, in seconds. */
const STIR_EDGES = [1.2, 1];
/** One look in so many is kept of recordings without labels. */
const KEEP = { original: 0.04, varied: 0.02 };

interface Origin {
  /** Index into the list of recordings. */
  recording: number;
  /** 0 is the recording itself. */
  variation: number;
}

export interface CycleExample extends Origin {
  /** Seconds on the recording's own clock. */
  cycle: SeenCycle;
  /** 1 yes, 0 no, −1 neither: part of a sip, or more than one. */
  sip: 1 | 0 | -1;
  pour: 1 | 0 | -1;
}

export interface RhythmExample extends Origin {
  /** Seconds on the recording's own clock. */
  at: number;
  features: number[] | null;
  /** 1 yes, 0 no, −1 the edge of stirring. */
  stir: 1 | 0 | -1;
}

export interface Examples {
  cycles: CycleExample[];
  rhythms: RhythmExample[];
}

export function makeExamples(recordings: Recording[], random: Random): Examples {
  const examples: Examples = { cycles: [], rhythms: [] };
  recordings.forEach((recording, index) => {
    const { count, reach } = VARIATIONS[recording.type];
    for (let variation = 0; variation <= count; variation++) {
      const drawn = drawVariation(random, reach);
      const samples = variation === 0 ? recording.samples : vary(recording.samples, drawn, random);
      const time = variation === 0 ? 1 : drawn.time;
      watchAll(recording, samples, { recording: index, variation }, time, examples, random);
    }
    if (recording.class !== 'walking') return;
    for (let variation = count + 1; variation <= count + BENT_WALKS; variation++)
      watchAll(recording, bendArm(recording.samples, random), { recording: index, variation }, 1, examples, random);
  });
  return examples;
}

function watchAll(
  recording: Recording,
  samples: Samples,
  origin: Origin,
  time: number,
  { cycles, rhythms }: Examples,
  random: Random,
): void {
  const keep = recording.type === 'continuous' ? 1 : KEEP[origin.variation === 0 ? 'original' : 'varied'];
  const seconds = (ms: number) => ms / 1000 / time;
  for (const { looks } of watchSamples(samples)) {
    for (const look of looks) {
      const at = seconds(look.at);
      if (random.next() < keep) {
        rhythms.push({ ...origin, at, features: look.rhythm, stir: stirAt(recording, at - RHYTHM_MIDDLE) });
      }
      for (const seen of look.cycles) {
        const { raiseAt, dwellAt, lowerAt, endAt } = seen;
        const cycle = {
          ...seen,
          raiseAt: seconds(raiseAt),
          dwellAt: seconds(dwellAt),
          lowerAt: seconds(lowerAt),
          endAt: seconds(endAt),
        };
        const is = (label: string) => labelOf(recording, cycle, label);
        cycles.push({ ...origin, cycle, sip: is('drink'), pour: is('water_plant') });
      }
    }
  }
}

function labelOf({ type, class: kind, events = [] }: Recording, cycle: SeenCycle, label: string): 1 | 0 | -1 {
  if (type === 'clip') return kind === label ? 1 : 0;
  const shares = events.filter((event) => event.label === label).map((event) => commonShare(event, cycle));
  const greatest = Math.max(0, ...shares);
  return greatest > SAME_SPAN ? 1 : greatest > 0 ? -1 : 0;
}

function commonShare({ start_s, end_s }: LabelledEvent, { raiseAt, endAt }: SeenCycle): number {
  const common = Math.min(end_s, endAt) - Math.max(start_s, raiseAt);
  return common / (Math.max(end_s, endAt) - Math.min(start_s, raiseAt));
}

function stirAt({ events = [] }: Recording, at: number): 1 | 0 | -1 {
  const event = events.find(({ label, start_s, end_s }) => label === 'stir' && at > start_s && at < end_s);
  if (!event) return 0;
  const [early, late] = STIR_EDGES as [number, number];
  return at > event.start_s + early && at < event.end_s - late ? 1 : -1;
}
