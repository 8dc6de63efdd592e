/**
 * npm run train:motion [-- --data FOLDER] [--out FILE] [--evaluate]
 * Learns activities/motion/model.ts from labelled recordings; the same data gives the same file, bit for bit.
 * With --evaluate it learns on parts of the data instead, tries the rest, prints how good that was, and writes nothing.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { MotionModel } from '../activities/motion/model-form.js';
import { evaluate } from './evaluate.js';
import { makeExamples } from './examples.js';
import { Learner } from './learn.js';
import { Random } from './random.js';
import { readRecordings } from './recordings.js';

const SEED = 20261123;
const PROVENANCE = {
  command: 'npm run train:motion',
  seed: SEED,
  drinkAndStir:
    'ActRecTut, subject 1, hand and forearm (Bulling, Blanke, Schiele 2014); GPL-3.0; no sample of it is here',
  drinkOnly: 'WISDM smartwatch, 12 people (Weiss, Yoneda, Hayajneh 2019, doi 10.24432/C5HK59); no sample of it is here',
  method: 'extremely randomised trees, 0 to 100 percent at each leaf',
};
/** dist/training → the project's root */
const ROOT = resolve(__dirname, '..', '..');

function source(model: MotionModel): string {
  const lines = (forest: readonly string[]) => forest.map((line) => `    '${line}',`).join('\n');
  const plain = (value: object) =>
    JSON.stringify(value, null, 2)
      .replace(/"(\w+)":/g, '$1:')
      .replace(/"/g, "'")
      .replace(/\n/g, '\n  ');
  return `// Written by \`npm run train:motion\`; learn it anew instead of changing it by hand.
import type { MotionModel } from './model-form.js';

// biome-ignore format: one tree a line
export const MODEL: MotionModel = {
  provenance: ${plain(model.provenance)},
  spread: {
    cycle: [${model.spread.cycle.join(', ')}],
    rhythm: [${model.spread.rhythm.join(', ')}]
  },
  thresholds: ${plain(model.thresholds)},
  confidence: ${plain(model.confidence)},
  sip: [
${lines(model.sip)}
  ],
  pour: [
${lines(model.pour)}
  ],
  stir: [
${lines(model.stir)}
  ],
};
`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: join(ROOT, '..', 'shared', 'data') },
      out: { type: 'string', default: join(ROOT, 'activities', 'motion', 'model.ts') },
      evaluate: { type: 'boolean', default: false },
    },
  });
  const recordings = readRecordings(values.data);
  const random = new Random(SEED);
  const examples = makeExamples(recordings, random);
  console.log(
    `${recordings.length} recordings, ${examples.cycles.length} tilt cycles, ${examples.rhythms.length} looks`,
  );
  if (values.evaluate) evaluate(recordings, examples);
  else write(values.out, new Learner(recordings, examples, random).learn(PROVENANCE));
}

function write(file: string, model: MotionModel): void {
  writeFileSync(file, source(model));
  console.log(JSON.stringify(model.confidence));
}

main();
