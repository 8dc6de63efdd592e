import { stateRecogniser } from '../../activities/index.js';
import {
  type Case,
  learnsFrom,
  learnsNothingFrom,
  staysWithinBounds,
  type VainCase,
  words,
} from '../support/lessons.js';

const BREW = words([0, 'idle'], [60, 'brewing'], [200, 'idle']);

const CASES: Case[] = [
  {
    it: 'a rinse that was no coffee',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: words([0, 'idle'], [60, 'rinsing'], [90, 'idle']),
    judged: [[60, 90]],
    lesson: 'was-none',
    span: [60, 90],
    right: [],
    learned: ['taught-word-seconds'],
  },
  {
    it: 'a word that nobody knows, and that means brewing',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: words([0, 'idle'], [60, 'Frothing-Up'], [200, 'idle']),
    judged: [],
    lesson: 'was-one',
    span: [70, 195],
    right: [[60, 200]],
    learned: ['taught-word-busy'],
  },
  {
    it: 'a machine of which no word is known, where it is to be understood by its words',
    recogniser: stateRecogniser(false, true),
    happened: words([0, 'zzz'], [600, 'mmm'], [800, 'zzz'], [1400, 'zzz']),
    judged: [],
    lesson: 'was-one',
    span: [600, 800],
    right: [[600, 800]],
    learned: ['taught-word-busy'],
  },
  {
    it: 'short heating after keeping warm that was a cup',
    recogniser: stateRecogniser(),
    happened: words([0, 'keep warm'], [600, 'heating'], [630, 'keep warm'], [900, 'idle']),
    judged: [],
    lesson: 'was-one',
    span: [600, 630],
    right: [[600, 630]],
    learned: ['taught-word-after-hold'],
  },
  {
    it: 'a rinse after keeping warm that was no coffee',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: words([0, 'keep warm'], [600, 'rinsing'], [630, 'idle']),
    judged: [[600, 630]],
    lesson: 'was-none',
    span: [600, 630],
    right: [],
    learned: ['taught-word-seconds'],
  },
  {
    it: 'a machine that is ready when it spins down',
    recogniser: stateRecogniser(),
    usual: words([0, 'idle'], [60, 'washing'], [900, 'idle']),
    happened: words([0, 'idle'], [60, 'washing'], [1800, 'spinning'], [2400, 'idle']),
    judged: [[60, 2400]],
    lesson: 'was-then',
    span: [60, 1800],
    right: [[60, 1800]],
    learned: ['taught-word-ready'],
  },
  {
    it: 'a brew that goes on while it drips',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: words([0, 'idle'], [60, 'brewing'], [200, 'keep warm'], [320, 'idle']),
    judged: [[60, 200]],
    lesson: 'was-then',
    span: [60, 320],
    right: [[60, 320]],
    learned: ['taught-word-part'],
  },
  {
    it: 'a cup that was only washed',
    recogniser: stateRecogniser(true),
    usual: words([0, 'empty'], [60, 'filling'], [75, 'heating'], [900, 'at target'], [2000, 'empty']),
    happened: words([0, 'empty'], [60, 'warm'], [120, 'empty']),
    judged: [[60, 120]],
    lesson: 'was-none',
    span: [60, 120],
    right: [],
    learned: ['taught-word-seconds'],
  },
];

const IN_VAIN: VainCase[] = [
  {
    it: 'another drink from the same machine',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: BREW,
    lesson: 'was-other',
    span: [60, 200],
  },
  {
    it: 'a brew while a machine was idle all day',
    recogniser: stateRecogniser(),
    usual: BREW,
    happened: words([0, 'idle'], [1700, 'idle']),
    lesson: 'was-one',
    span: [600, 700],
  },
];

describe('what the state recogniser learns from corrections', () => {
  learnsFrom(CASES);
  staysWithinBounds(CASES);
});

describe('what the state recogniser cannot learn from a correction', () => {
  learnsNothingFrom(IN_VAIN);
});
