/**
 * How good the recogniser is with people it has not seen. Everything, thresholds too, is learned without the part that is
 * tried: clips of three people at a time; the continuous recording of one sensor at a time. There is only one person in
 * those, so they are tried once more with sip trees that have not seen that person drink, which stands for somebody else.
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
  const learner = (uses: (recording: Recording) => boolean) => new Learner(recordings, examples, random, uses);
  for (const recording of recordings.filter(({ type }) => type === 'continuous')) {
    const others = learner((other) => other !== recording);
    const model = others.learn({});
    reportEvents('other sensor', { recording, recogniser: createMotionRecogniser(model) }, random);
    const stranger = createMotionRecogniser({ ...model, sip: others.sipOfStrangers() });
    reportEvents('stranger', { recording, recogniser: stranger }, random);
  }
  reportWindows(
    clipTrials(recordings, (uses) => createMotionRecogniser(learner(uses).learn({}))),
    random,
  );
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

function reportEvents(title: string, { recording, recogniser }: Trial, random: Random): void {
  for (const [name, disturb] of disturbances(random)) {
    const found = detect(recogniser, disturb(recording.samples));
    console.log(`${title}, ${recording.id}, ${name}`);
    for (const label of ['drink', 'stir']) console.log(line(`  ${label}`, countEvents(recording, found, label)));
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
