/**
 * How good the recogniser is with people and sensors that it has not seen. There is one person with events only, so three
 * things stand for somebody else, each tried as recorded and disturbed in every way that disturb.ts knows:
 * - _other sensor_: learned on the other sensor in the other half of the recording;
 * - _stranger_: the same, but the sip trees have seen no drink of that person, only those of the people with watches;
 * - _clips_: people with watches, each with sip trees that have seen the eleven others.
 */
import { readForests } from '../activities/motion/decide.js';
import type { MotionModel } from '../activities/motion/model-form.js';
import { DISTURBANCES, type Disturbance } from './disturb.js';
import type { Examples } from './examples.js';
import { Learner } from './learn.js';
import { Random } from './random.js';
import type { Recording } from './recordings.js';
import { decideAll, type Stretch, watchSamples } from './replay.js';
import { detailsOf, printDetails } from './report.js';
import { addCounts, type Count, countEvents, countWindows, f1 } from './score.js';

const SEED = 7;
/** Trees for stirring cost most of the time: they are grown without a quarter of the people at once. */
const QUARTERS = 4;

/** A model, and what it has not learned from. */
export interface Trial {
  recording: Recording;
  /** Seconds. */
  from: number;
  to: number;
  model: MotionModel;
}

export interface Trials {
  otherSensor: Trial[];
  stranger: Trial[];
  clips: Trial[];
}

function makeTrials(recordings: Recording[], examples: Examples): Trials {
  const learner = (uses: (recording: Recording, at: number) => boolean) =>
    new Learner(recordings, examples, new Random(SEED), uses);
  const trials: Trials = { otherSensor: [], stranger: [], clips: [] };
  for (const recording of recordings.filter(({ type }) => type === 'continuous')) {
    const middle = recording.duration_s / 2;
    for (const [from, to] of [
      [0, middle],
      [middle, recording.duration_s],
    ] as const) {
      const others = learner((other, at) => other.type === 'clip' || (other !== recording && !(at >= from && at < to)));
      const model = others.learnTrees();
      trials.otherSensor.push({ recording, from, to, model });
      trials.stranger.push({ recording, from, to, model: { ...model, sip: others.sipOfStrangers() } });
    }
  }
  const clips = recordings.filter(({ type }) => type === 'clip');
  const people = [...new Set(clips.map(({ person }) => person))];
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    const held = people.filter((_, i) => i % QUARTERS === quarter);
    const strange = learner(({ person }) => !held.includes(person)).learnTrees();
    for (const person of held) {
      const model = { ...strange, sip: learner((other) => other.person !== person).learnSip() };
      for (const recording of clips.filter((clip) => clip.person === person))
        trials.clips.push({ recording, from: 0, to: recording.duration_s, model });
    }
  }
  return trials;
}

/** What is seen of each recording when it is disturbed; the same for every model. */
export type Seen = Map<Recording, Stretch[]>;

function watchDisturbed(recordings: Recording[], { apply }: Disturbance): Seen {
  return new Map(recordings.map((recording) => [recording, watchSamples(apply(recording.samples))]));
}

/** Counts of drinks and stirring in what was held out of a continuous recording, of windows in a clip. */
export function tryOut(trials: readonly Trial[], seen: Seen, { when }: Disturbance, label: 'drink' | 'stir'): Count {
  const forests = new Map(trials.map(({ model }) => [model, readForests(model)]));
  return addCounts(
    trials.map(({ recording, from, to, model }) => {
      const trees = forests.get(model) as ReturnType<typeof readForests>;
      const found = decideAll(seen.get(recording) as Stretch[], trees, model);
      if (recording.type === 'clip')
        return countWindows({ ...recording, duration_s: when(recording.duration_s) }, found);
      const events = (recording.events ?? [])
        .filter(({ start_s }) => start_s >= from && start_s < to)
        .map((event) => ({ ...event, start_s: when(event.start_s), end_s: when(event.end_s) }));
      const tried = found.filter(({ start_s }) => start_s >= when(from) && start_s < when(to));
      return countEvents({ ...recording, events }, tried, label);
    }),
  );
}

const MEASURES = {
  'drink, other sensor': { label: 'drink', of: 'otherSensor' },
  'drink, stranger': { label: 'drink', of: 'stranger' },
  'stir, other sensor': { label: 'stir', of: 'otherSensor' },
  'drink windows, strangers': { label: 'drink', of: 'clips' },
} as const;

export function evaluate(recordings: Recording[], examples: Examples): void {
  const trials = makeTrials(recordings, examples);
  const rows = new Map<string, { of: string; counts: Count[] }>();
  for (const disturbance of DISTURBANCES) {
    const seen = watchDisturbed(recordings, disturbance);
    const counts = Object.values(MEASURES).map(({ label, of }) => tryOut(trials[of], seen, disturbance, label));
    rows.set(disturbance.name, { of: disturbance.of, counts });
    console.log(line(disturbance.name, counts.map(f1)));
    if (disturbance.of !== 'nobody') continue;
    printDetails(detailsOf(trials, seen));
    printParts(trials, seen, disturbance);
  }
  const columns = (of?: string) =>
    Object.keys(MEASURES).map((_, i) =>
      [...rows.values()].filter((row) => !of || row.of === of).map((row) => f1(row.counts[i] as Count)),
    );
  for (const of of ['person', 'sensor', undefined]) {
    console.log(line(`mean, ${of ? `other ${of}` : 'all'}`, columns(of).map(mean)));
    console.log(
      line(
        `worst, ${of ? `other ${of}` : 'all'}`,
        columns(of).map((values) => Math.min(...values)),
      ),
    );
  }
  console.log(`columns: ${Object.keys(MEASURES).join(' · ')}`);
}

/** Each sensor and each person alone. */
function printParts(trials: Trials, seen: Seen, disturbance: Disturbance): void {
  for (const [name, { label, of }] of Object.entries(MEASURES)) {
    const part = ({ recording: { type, person, id } }: Trial) => (type === 'clip' ? person : id);
    const scores = [...new Set(trials[of].map(part))].map((one) => {
      const own = trials[of].filter((trial) => part(trial) === one);
      return `${one} ${f1(tryOut(own, seen, disturbance, label)).toFixed(2)}`;
    });
    console.log(`${name}: ${scores.join(', ')}`);
  }
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function line(name: string, scores: number[]): string {
  return `${name.padEnd(42)}${scores.map((score) => score.toFixed(3).padStart(8)).join('')}`;
}
