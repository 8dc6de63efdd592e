/**
 * Learns the motion model. What a forest says of examples it has grown on is worth nothing, so how
 * sure it may be is learned from what forests said of people they had not seen.
 */
import { askForest, chanceOf, type Forest, writeForest } from '../activities/motion/forest.js';
import type { Calibration, MotionModel } from '../activities/motion/model-form.js';
import { evidenceOf, memoryOf, type Remembered, remember, sipOver } from '../activities/motion/session.js';
import { followStirring, NO_STIR } from '../activities/motion/stirring.js';
import { calibrate } from './calibrate.js';
import type { CycleExample, Examples, RhythmExample } from './examples.js';
import type { Random } from './random.js';
import type { Recording } from './recordings.js';
import { countEvents } from './score.js';
import { type Growth, growForest } from './trees.js';

const GROWTH: Record<'sip' | 'pour' | 'stir', Growth> = {
  sip: { trees: 90, leaves: 52, leafSize: 6, choices: 8 },
  pour: { trees: 30, leaves: 24, leafSize: 10, choices: 6 },
  stir: { trees: 50, leaves: 40, leafSize: 20, choices: 8 },
};
/** Weight of what is sought against the rest, and of one person's many gestures against the twelve people. */
const WANTED_SHARE = { sip: 0.5, pour: 0.5, stir: 0.1 };
const CONTINUOUS_SHARE = 0.4;
/** Stirring and pouring are known of one person only: a threshold chosen by program would be chosen on too little. */
const THRESHOLDS = { pour: 0.5, stir: 0.22 };
const PARTS = 6;
const AS_IT_IS: Calibration = { offset: 0, slope: 1 };

type Columns = { columns: Float64Array[]; targets: number[]; weights: number[] };

/** Deviation of each column from its mean. */
function spreadOf(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => {
    const values = rows.map((row) => row[column] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return Math.max(0.01, Math.round(Math.sqrt(square) * 100) / 100);
  });
}

/** A cycle with what forests said of it that had seen neither the person nor the sensor. */
interface Judged {
  example: CycleExample;
  chance: number;
}

export class Learner {
  private readonly examples: Examples;

  /**
   * @param recordings all of them: the examples refer to them by index
   * @param examples made from all of them
   * @param uses which recordings may be learned from, and which moments (seconds) of them
   */
  constructor(
    private readonly recordings: Recording[],
    examples: Examples,
    private readonly random: Random,
    uses: (recording: Recording, at: number) => boolean = () => true,
  ) {
    this.examples = {
      cycles: examples.cycles.filter((example) => uses(this.of(example), example.cycle.dwellAt)),
      rhythms: examples.rhythms.filter((example) => uses(this.of(example), example.at)),
    };
  }

  /** @param provenance is written into the model as it is */
  learn(provenance: MotionModel['provenance']): MotionModel {
    const { cycles } = this.examples;
    return {
      ...this.learnTrees(),
      provenance,
      confidence: {
        sip: calibrate(this.judgeAsStrangers(cycles).flatMap((judged) => this.answers(judged))),
        pour: this.pourAsStrangers(cycles),
        stir: this.stirAsStrangers(),
      },
    };
  }

  /** All that decides what is told; how sure it is does not. */
  learnTrees(): MotionModel {
    const { cycles, rhythms } = this.examples;
    return {
      provenance: {},
      sip: this.learnSip(),
      pour: writeForest(this.growPour(cycles)),
      stir: writeForest(this.growStir(rhythms)),
      spread: {
        cycle: spreadOf(cycles.map(({ cycle }) => cycle.features)),
        rhythm: spreadOf(rhythms.flatMap(({ features }) => (features ? [features] : []))),
      },
      thresholds: THRESHOLDS,
      confidence: { sip: AS_IT_IS, pour: AS_IT_IS, stir: AS_IT_IS },
    };
  }

  learnSip(): string[] {
    return writeForest(this.growSip(this.examples.cycles));
  }

  /** The sip trees as they would be had nobody drunk in the continuous recordings. */
  sipOfStrangers(): string[] {
    return writeForest(this.growSip(this.withoutOwnSips(this.examples.cycles)));
  }

  private withoutOwnSips(cycles: CycleExample[]): CycleExample[] {
    return cycles.filter((example) => !(this.isContinuous(example) && example.sip === 1));
  }

  private of(example: { recording: number }): Recording {
    return this.recordings[example.recording] as Recording;
  }

  private isContinuous(example: { recording: number }): boolean {
    return this.of(example).type === 'continuous';
  }

  /** People fall into parts by their order; a continuous recording is a part of its own, for each sensor. */
  private partOf(example: { recording: number }): number {
    const recording = this.of(example);
    if (recording.type === 'continuous') return PARTS + example.recording;
    const people = [...new Set(this.recordings.filter(({ type }) => type === 'clip').map(({ person }) => person))];
    return people.indexOf(recording.person) % PARTS;
  }

  private partsOf(examples: { recording: number }[]): number[] {
    return [...new Set(examples.map((example) => this.partOf(example)))];
  }

  private columns<E extends { recording: number }>(
    examples: E[],
    features: (example: E) => readonly number[],
    target: (example: E) => number,
    share: number,
  ): Columns {
    const targets = examples.map(target);
    const wanted = targets.reduce((sum, value) => sum + value, 0);
    const factor = wanted > 0 ? (share * (examples.length - wanted)) / wanted : 1;
    const weights = targets.map((value) => (value === 1 ? factor : 1));
    const total = (continuous: boolean) =>
      weights.reduce((sum, weight, i) => sum + (this.isContinuous(examples[i] as E) === continuous ? weight : 0), 0);
    const scale = total(true) > 0 && total(false) > 0 ? (CONTINUOUS_SHARE * total(false)) / total(true) : 1;
    examples.forEach((example, i) => {
      if (this.isContinuous(example)) weights[i] = (weights[i] as number) * scale;
    });
    const rows = examples.map(features);
    const columns = (rows[0] ?? []).map((_, feature) => Float64Array.from(rows, (row) => row[feature] as number));
    return { columns, targets, weights };
  }

  private growSip(cycles: CycleExample[]): Forest {
    const used = cycles.filter(({ sip }) => sip >= 0);
    const table = this.columns(
      used,
      ({ cycle }) => cycle.features,
      ({ sip }) => sip,
      WANTED_SHARE.sip,
    );
    return growForest(table, GROWTH.sip, this.random);
  }

  private growPour(cycles: CycleExample[]): Forest {
    const used = cycles.filter(({ pour }) => pour >= 0);
    const table = this.columns(
      used,
      ({ cycle }) => cycle.features,
      ({ pour }) => pour,
      WANTED_SHARE.pour,
    );
    return growForest(table, GROWTH.pour, this.random);
  }

  private growStir(rhythms: RhythmExample[]): Forest {
    const used = rhythms.filter(({ stir, features }) => stir >= 0 && features);
    const table = this.columns(
      used,
      ({ features }) => features ?? [],
      ({ stir }) => stir,
      WANTED_SHARE.stir,
    );
    return growForest(table, GROWTH.stir, this.random);
  }

  /**
   * What forests say of cycles of people they have not seen. For the one person of the continuous recordings there is
   * no other: there a forest judges that has seen the other sensor, and one that has seen no sip of that person at all.
   */
  private judgeAsStrangers(cycles: CycleExample[]): Judged[][] {
    const runs: Judged[][] = [];
    const judgeBy = (forest: Forest, judged: CycleExample[]) =>
      runs.push(judged.map((example) => ({ example, chance: askForest(forest, example.cycle.features) })));
    for (const part of this.partsOf(cycles)) {
      const judged = cycles.filter((example) => this.partOf(example) === part);
      const others = cycles.filter((example) => this.partOf(example) !== part);
      judgeBy(this.growSip(others), judged);
      if (part < PARTS) continue;
      judgeBy(this.growSip(this.withoutOwnSips(others)), judged);
    }
    return runs;
  }

  /** Goes through each recording as the recogniser would, and says how likely each cycle is a sip, and whether it was. */
  private answers(judged: Judged[]): { answer: number; right: boolean }[] {
    const pairs: { answer: number; right: boolean }[] = [];
    let memory: Remembered[] = [];
    let last: CycleExample | undefined;
    for (const { example, chance } of judged) {
      if (last?.recording !== example.recording || last.variation !== example.variation) memory = [];
      last = example;
      const { raiseAt, dwellAt, endAt } = example.cycle;
      const ms = (seconds: number) => seconds * 1000;
      const inMs = { ...example.cycle, raiseAt: ms(raiseAt), dwellAt: ms(dwellAt), endAt: ms(endAt) };
      const seen = memoryOf(inMs, evidenceOf(chance));
      const answer = chanceOf(sipOver(memory, seen, example.cycle));
      if (example.variation === 0 && example.sip >= 0) pairs.push({ answer, right: example.sip === 1 });
      memory = remember(memory, seen);
    }
    return pairs;
  }

  private pourAsStrangers(cycles: CycleExample[]): Calibration {
    const pairs = this.partsOf(cycles.filter((example) => this.isContinuous(example))).flatMap((part) => {
      const forest = this.growPour(cycles.filter((example) => this.partOf(example) !== part));
      return cycles
        .filter((example) => this.partOf(example) === part && example.pour >= 0)
        .map((example) => ({ answer: askForest(forest, example.cycle.features), right: example.pour === 1 }));
    });
    return calibrate(pairs);
  }

  /** How often a whole spell of stirring, seen by a forest that knows the other sensor only, was stirring. */
  private stirAsStrangers(): Calibration {
    const { rhythms } = this.examples;
    const pairs = this.partsOf(rhythms.filter((example) => this.isContinuous(example))).flatMap((part) => {
      const forest = this.growStir(rhythms.filter((example) => this.partOf(example) !== part));
      const judged = rhythms.filter((example) => this.partOf(example) === part);
      const spells: { answer: number; right: boolean }[] = [];
      let state = NO_STIR;
      for (const { recording, at, features } of judged) {
        const answer = features ? askForest(forest, features) : 0;
        const step = followStirring(state, at * 1000, answer, features, THRESHOLDS.stir);
        state = step.stir;
        if (!step.ended) continue;
        const { startedAt, endedAt } = step.ended;
        const spell = { start_s: startedAt / 1000, end_s: endedAt / 1000, label: 'stir' };
        const right = countEvents(this.recordings[recording] as Recording, [spell], 'stir').hit === 1;
        spells.push({ answer: step.ended.answer, right });
      }
      return spells;
    });
    return calibrate(pairs);
  }
}
