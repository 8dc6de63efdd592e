/**
 * How good the recogniser is with people it has not seen. Everything, thresholds too, is learned without the part that is
 * tried: clips of three people at a time; the continuous recording of one sensor at a time, once with and once without
 * the drinks of the other sensor (there is only one person, so the second stands for somebody else).
 */
import type { Recogniser } from '../activities/index.js';
import { createMotionRecogniser, type MotionState } from '../activities/motion/recogniser.js';
import { detect } from './detect.js';
import { disturbances } from './disturb.js';
import type { Examples } from './examples.js';
import { Learner } from './learn.js';
import type { Random } from './random.js';
import type { Recording, Samples } from './recordings.js';
import { addCounts, type Count, countEvents, countWindows, f1 } from './score.js';

const FOLDS = 4;

interface Trial {
  recording: Recording;
  recogniser: Recogniser<MotionState>;
}

export function evaluate(recordings: Recording[], examples: Examples, random: Random): void {
  const recogniser = (used: Examples, uses: (recording: Recording) => boolean) =>
    createMotionRecogniser(new Learner(recordings, used, random, uses).learn({}));
  const continuous = recordings.filter(({ type }) => type === 'continuous');
  const across = continuous.map((recording) => ({
    recording,
    recogniser: recogniser(examples, (other) => other !== recording),
  }));
  reportEvents('other sensor', across, random);
  const strangers = withoutDrinks(recordings, examples);
  const unseen = continuous.map((recording) => ({
    recording,
    recogniser: recogniser(strangers, (other) => other !== recording),
  }));
  reportEvents('no drink of this person', unseen, random);
  reportWindows(
    clipTrials(recordings, (uses) => recogniser(examples, uses)),
    random,
  );
}

function withoutDrinks(recordings: Recording[], { cycles, rhythms }: Examples): Examples {
  const isDrink = ({ recording, sip }: Examples['cycles'][number]) =>
    sip === 1 && recordings[recording]?.type === 'continuous';
  return { cycles: cycles.filter((example) => !isDrink(example)), rhythms };
}

function clipTrials(
  recordings: Recording[],
  learn: (uses: (recording: Recording) => boolean) => Recogniser<MotionState>,
): Trial[] {
  const clips = recordings.filter(({ type }) => type === 'clip');
  const people = [...new Set(clips.map(({ person }) => person))];
  return Array.from({ length: FOLDS }, (_, fold) => people.filter((_, i) => i % FOLDS === fold)).flatMap((held) => {
    const recogniser = learn(({ person }) => !held.includes(person));
    return clips.filter(({ person }) => held.includes(person)).map((recording) => ({ recording, recogniser }));
  });
}

const line = (name: string, count: Count) =>
  `${name.padEnd(34)} F1 ${f1(count).toFixed(3)}  hit ${count.hit} wrong ${count.wrong} missed ${count.missed}`;

function reportEvents(title: string, trials: Trial[], random: Random): void {
  for (const { recording, recogniser } of trials) {
    for (const [name, disturb] of disturbances(random)) {
      const found = detect(recogniser, disturb(recording.samples));
      console.log(`${title}, ${recording.id}, ${name}`);
      for (const label of ['drink', 'stir']) console.log(line(`  ${label}`, countEvents(recording, found, label)));
    }
  }
}

function reportWindows(trials: Trial[], random: Random): void {
  for (const [name, disturb] of disturbances(random)) {
    const counts = trials.map(({ recording, recogniser }) =>
      countWindows(recording, detect(recogniser, disturb(recording.samples as Samples))),
    );
    console.log(line(`clips of strangers, ${name}`, addCounts(counts)));
    if (name === 'as recorded') reportParts(trials, counts);
  }
}

function reportParts(trials: Trial[], counts: Count[]): void {
  for (const key of ['person', 'class'] as const) {
    for (const part of new Set(trials.map(({ recording }) => recording[key] as string))) {
      console.log(line(`  ${part}`, addCounts(counts.filter((_, i) => trials[i]?.recording[key] === part))));
    }
  }
}
