import { weightRecogniser } from '../../activities/index.js';
import {
  type Case,
  course,
  learnsFrom,
  learnsFromRecordings,
  learnsNothingFrom,
  type RecordedCase,
  staysWithinBounds,
  type VainCase,
} from '../support/lessons.js';
import { FIXTURES, recorded } from '../support/readings.js';

const ESPRESSO = course(
  'weight',
  [
    [0, 10],
    [[0, 36], 25],
    [36, 90],
  ],
  0.5,
);

const CASES: Case[] = [
  {
    it: 'a light pour that was none',
    recogniser: weightRecogniser,
    usual: ESPRESSO,
    happened: course(
      'weight',
      [
        [0, 10],
        [[0, 17], 20],
        [17, 90],
      ],
      0.5,
    ),
    judged: [[10, 30]],
    lesson: 'was-none',
    span: [10, 30],
    right: [],
    learned: ['taught-pour'],
  },
  {
    it: 'a ristretto that was one',
    recogniser: weightRecogniser,
    usual: ESPRESSO,
    happened: course(
      'weight',
      [
        [0, 10],
        [[0, 11], 20],
        [11, 90],
      ],
      0.5,
    ),
    judged: [],
    lesson: 'was-one',
    span: [8, 32],
    right: [[10, 30]],
    learned: ['taught-pour'],
  },
  {
    it: 'a taste from the pot that was a cup',
    recogniser: weightRecogniser,
    happened: course('weight', [
      [2400, 60],
      [2370, 120],
    ]),
    judged: [],
    lesson: 'was-one',
    span: [50, 80],
    right: [[59, 60]],
    learned: ['taught-cup'],
  },
  {
    it: 'a little that was spilt, and no cup',
    recogniser: weightRecogniser,
    usual: course('weight', [
      [2400, 60],
      [2230, 120],
    ]),
    happened: course('weight', [
      [2400, 60],
      [2345, 120],
    ]),
    judged: [[59, 60]],
    lesson: 'was-none',
    span: [59, 60],
    right: [],
    learned: ['taught-cup'],
  },
  {
    it: 'two pours that were one brew',
    recogniser: weightRecogniser,
    happened: course(
      'weight',
      [
        [0, 10],
        [[0, 60], 20],
        [60, 200],
        [[60, 200], 40],
        [200, 200],
      ],
      0.5,
    ),
    judged: [
      [10, 30],
      [230, 270],
    ],
    lesson: 'was-then',
    span: [10, 270],
    right: [[10, 270]],
    learned: ['taught-pause'],
  },
  {
    it: 'one brew that was over before the next',
    recogniser: weightRecogniser,
    happened: course(
      'weight',
      [
        [0, 10],
        [[0, 60], 20],
        [60, 90],
        [[60, 200], 40],
        [200, 200],
      ],
      0.5,
    ),
    judged: [[10, 160]],
    lesson: 'was-then',
    span: [10, 30],
    right: [
      [10, 30],
      [120, 160],
    ],
    learned: ['taught-pause'],
  },
];

const RECORDED: RecordedCase[] = [
  {
    it: 'a cup of a raw load cell that was none',
    recogniser: weightRecogniser,
    happened: recorded(FIXTURES, 'scale-spikes-and-cup.csv'),
    lesson: 'was-none',
    span: [15, 30],
    left: [],
  },
];

const IN_VAIN: VainCase[] = [
  {
    it: 'another drink from the same scale',
    recogniser: weightRecogniser,
    usual: ESPRESSO,
    happened: ESPRESSO,
    lesson: 'was-other',
    span: [10, 35],
  },
  {
    it: 'a cup that no scale felt',
    recogniser: weightRecogniser,
    usual: ESPRESSO,
    happened: course('weight', [[0, 900]]),
    lesson: 'was-one',
    span: [60, 600],
  },
];

describe('what the weight recogniser learns from corrections', () => {
  learnsFrom(CASES);
  learnsFromRecordings(RECORDED);
  staysWithinBounds(CASES);
});

describe('what the weight recogniser cannot learn from a correction', () => {
  learnsNothingFrom(IN_VAIN);
});
