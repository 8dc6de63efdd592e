import { soundRecogniser } from '../../activities/index.js';
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
import { FIXTURES, recorded, type Said } from '../support/readings.js';

const SONG = course('soundLevel', [
  [35, 300],
  [65, 200],
  [35, 200],
]);

const CASES: Case[] = [
  {
    it: 'a minute of talk that was no song',
    recogniser: soundRecogniser,
    usual: SONG,
    happened: course('soundLevel', [
      [35, 300],
      [60, 70],
      [35, 300],
    ]),
    judged: [[300, 370]],
    lesson: 'was-none',
    span: [300, 370],
    right: [],
    learned: ['taught-sounding'],
  },
  {
    it: 'a television that is less loud than songs are here',
    recogniser: soundRecogniser,
    usual: SONG,
    happened: course('soundLevel', [
      [35, 300],
      [52, 600],
      [35, 300],
    ]),
    judged: [[300, 900]],
    lesson: 'was-none',
    span: [300, 900],
    right: [],
    learned: ['taught-loud'],
  },
  {
    it: 'music on the television, which is another activity',
    recogniser: soundRecogniser,
    usual: SONG,
    happened: course('soundLevel', [
      [35, 300],
      [52, 600],
      [35, 300],
    ]),
    judged: [[300, 900]],
    lesson: 'was-other',
    span: [300, 900],
    right: [],
    learned: ['taught-loud'],
  },
  {
    it: 'a song that was sung softly',
    recogniser: soundRecogniser,
    happened: course('soundLevel', [
      [35, 300],
      [45, 150],
      [35, 300],
    ]),
    judged: [],
    lesson: 'was-one',
    span: [300, 450],
    right: [[300, 450]],
    learned: ['taught-loud'],
  },
  {
    it: 'a short song',
    recogniser: soundRecogniser,
    happened: course('soundLevel', [
      [35, 300],
      [65, 30],
      [35, 300],
    ]),
    judged: [],
    lesson: 'was-one',
    span: [295, 335],
    right: [[300, 330]],
    learned: ['taught-sounding'],
  },
  {
    it: 'songs with a long break between them',
    recogniser: soundRecogniser,
    happened: course('soundLevel', [
      [35, 300],
      [65, 200],
      [35, 400],
      [65, 200],
      [35, 300],
    ]),
    judged: [
      [300, 500],
      [900, 1100],
    ],
    lesson: 'was-then',
    span: [300, 1100],
    right: [[300, 1100]],
    learned: ['taught-pause'],
  },
];

const RECORDED: RecordedCase[] = [
  {
    it: 'a song in the next room, of which a third of the decibels arrive',
    recogniser: soundRecogniser,
    happened: recorded(FIXTURES, 'singing.csv').map(
      ([t, { soundLevel = 0 }]): Said => [t, { soundLevel: soundLevel / 3 }],
    ),
    lesson: 'was-one',
    span: [98, 156],
    left: [[98, 156]],
  },
  {
    it: 'the evening of a microphone that hears the notes as well',
    recogniser: soundRecogniser,
    happened: recorded(FIXTURES, 'singing.csv'),
    lesson: 'was-none',
    span: [98, 269],
    left: [],
  },
];

const IN_VAIN: VainCase[] = [
  {
    it: 'a song in a silent room',
    recogniser: soundRecogniser,
    usual: SONG,
    happened: course('soundLevel', [[35, 900]]),
    lesson: 'was-one',
    span: [100, 300],
  },
  {
    it: 'a song like any other that was none',
    recogniser: soundRecogniser,
    usual: SONG,
    happened: SONG,
    lesson: 'was-none',
    span: [300, 500],
  },
];

describe('what the sound recogniser learns from corrections', () => {
  learnsFrom(CASES);
  learnsFromRecordings(RECORDED);
  staysWithinBounds(CASES);
});

describe('what the sound recogniser cannot learn from a correction', () => {
  learnsNothingFrom(IN_VAIN);
});
