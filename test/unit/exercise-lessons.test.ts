import { exerciseRecogniser } from '../../activities/index.js';
import {
  type Case,
  course,
  learnsFrom,
  learnsNothingFrom,
  staysWithinBounds,
  type VainCase,
} from '../support/lessons.js';

const RUN = course('speed', [
  [0, 30],
  [2.9, 900],
  [0, 400],
]);
const LIKE_ANY_OTHER = course('speed', [
  [0, 60],
  [2.9, 900],
  [0, 400],
]);
const HEART = course('heartRate', [
  [60, 600],
  [150, 1800],
  [60, 600],
]);

const CASES: Case[] = [
  {
    it: 'a walk about the house that was no run',
    recogniser: exerciseRecogniser(),
    usual: RUN,
    happened: course('speed', [
      [0, 60],
      [1.1, 600],
      [0, 400],
    ]),
    judged: [[60, 660]],
    lesson: 'was-none',
    span: [60, 660],
    right: [],
    learned: ['taught-effort'],
  },
  {
    it: 'a walk that was another activity than a run',
    recogniser: exerciseRecogniser(),
    usual: RUN,
    happened: course('speed', [
      [0, 60],
      [1.1, 600],
      [0, 400],
    ]),
    judged: [[60, 660]],
    lesson: 'was-other',
    span: [60, 660],
    right: [],
    learned: ['taught-effort'],
  },
  {
    it: 'a minute in which a treadmill was tried',
    recogniser: exerciseRecogniser(),
    usual: RUN,
    happened: course('speed', [
      [0, 60],
      [2.9, 60],
      [0, 400],
    ]),
    judged: [[60, 120]],
    lesson: 'was-none',
    span: [60, 120],
    right: [],
    learned: ['taught-moved'],
  },
  {
    it: 'somebody who walks slowly, and does exercise',
    recogniser: exerciseRecogniser(),
    usual: RUN,
    happened: course('speed', [
      [0, 60],
      [0.42, 600],
      [0, 400],
    ]),
    judged: [],
    lesson: 'was-one',
    span: [60, 660],
    right: [[60, 660]],
    learned: ['taught-effort'],
  },
  {
    it: 'a heart that beats a little faster at exercise',
    recogniser: exerciseRecogniser(),
    happened: course('heartRate', [
      [60, 600],
      [82, 900],
      [60, 600],
    ]),
    judged: [],
    lesson: 'was-one',
    span: [600, 1500],
    right: [[610, 1500]],
    learned: ['taught-heart'],
  },
  {
    it: 'a heart that beat faster for another reason',
    recogniser: exerciseRecogniser(),
    usual: course('heartRate', [
      [60, 600],
      [150, 1500],
      [60, 600],
    ]),
    happened: course('heartRate', [
      [60, 600],
      [100, 500],
      [60, 600],
    ]),
    judged: [[605, 1105]],
    lesson: 'was-none',
    span: [605, 1105],
    right: [],
    learned: ['taught-heart'],
  },
  {
    it: 'a run that was over where the walk home began',
    recogniser: exerciseRecogniser(),
    happened: course('speed', [
      [0, 60],
      [2.5, 1200],
      [1.4, 280],
      [0, 700],
    ]),
    judged: [[60, 1540]],
    lesson: 'was-then',
    span: [60, 1260],
    right: [[60, 1260]],
    learned: ['taught-rest'],
  },
  {
    it: 'a heart that went on more calmly',
    recogniser: exerciseRecogniser(),
    happened: course('heartRate', [
      [60, 600],
      [140, 1200],
      [87, 600],
      [60, 700],
    ]),
    judged: [[610, 1800]],
    lesson: 'was-then',
    span: [610, 2400],
    right: [[610, 2400]],
    learned: ['taught-rest'],
  },
  {
    it: 'a ride with a long break',
    recogniser: exerciseRecogniser(),
    happened: course('cadence', [
      [0, 60],
      [80, 900],
      [0, 1200],
      [80, 900],
      [0, 400],
    ]),
    judged: [
      [60, 960],
      [2160, 3060],
    ],
    lesson: 'was-then',
    span: [60, 3060],
    right: [[60, 3060]],
    learned: ['taught-pause'],
  },
];

const IN_VAIN: VainCase[] = [
  {
    it: 'a run like any other that was none',
    recogniser: exerciseRecogniser(),
    usual: LIKE_ANY_OTHER,
    happened: LIKE_ANY_OTHER,
    lesson: 'was-none',
    span: [60, 960],
  },
  {
    it: 'a ride where a run is looked for',
    recogniser: exerciseRecogniser(),
    usual: LIKE_ANY_OTHER,
    happened: LIKE_ANY_OTHER,
    lesson: 'was-other',
    span: [60, 960],
  },
  {
    it: 'half an hour at 150 beats that was none',
    recogniser: exerciseRecogniser(),
    usual: HEART,
    happened: HEART,
    lesson: 'was-none',
    span: [600, 2400],
  },
  {
    it: 'a run in which nobody moved',
    recogniser: exerciseRecogniser(),
    usual: LIKE_ANY_OTHER,
    happened: course('speed', [[0, 900]]),
    lesson: 'was-one',
    span: [60, 600],
  },
];

describe('what the exercise recogniser learns from corrections', () => {
  learnsFrom(CASES);
  staysWithinBounds(CASES);
});

describe('what the exercise recogniser cannot learn from a correction', () => {
  learnsNothingFrom(IN_VAIN);
});
