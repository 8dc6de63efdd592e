import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  exerciseRecogniser,
  type Lesson,
  powerRecogniser,
  type Recogniser,
  soundRecogniser,
  stateRecogniser,
  weightRecogniser,
} from '../../activities/index.js';
import type { ParameterValues } from '../../vocabulary/index.js';
import { explained } from '../support/explained.js';
import { FIXTURES, reading, recorded, runsOf, type Said, type Told } from '../support/readings.js';

type Times = readonly [start: number, end: number];
/** So far apart (s) that one thing has nothing to do with the next. */
const DAY = 86_400;

/** An appliance with its recogniser, over days: what it has learned stays. */
class Household {
  #state: unknown;
  #day = 0;

  constructor(readonly recogniser: Recogniser<unknown>) {
    this.#state = recogniser.initial();
  }

  /** The runs of one more day as [start, end] in seconds of that day. */
  play(said: readonly Said[], after = 1000): Times[] {
    this.#day++;
    const told: Told[] = [];
    const from = this.#day * DAY;
    said.forEach(([t, parameters], index) => {
      const step = this.recogniser.step(this.#state, reading(from + t, parameters));
      this.#state = JSON.parse(JSON.stringify(step.state));
      for (const event of step.events) told.push({ event, now: from + t });
      const next = said[index + 1]?.[0] ?? t + after;
      for (let now = t + 5; now < next; now += 5) {
        const tick = this.recogniser.tick(this.#state, (from + now) * 1000);
        this.#state = tick.state;
        for (const event of tick.events) told.push({ event, now: from + now });
      }
    });
    return runsOf(told).map(({ start, end }) => [start - from, (end ?? Number.NaN) - from]);
  }

  get text(): string {
    return JSON.stringify(this.#state);
  }

  /** What is said about the day that was played last; the names of the facts that are new since. */
  correct(lesson: 'was-none' | 'was-one' | 'was-other', span: Times): string[];
  correct(lesson: 'was-then', span: Times, before: Times): string[];
  correct(lesson: Lesson['lesson'], span: Times, before: Times = span): string[] {
    const ms = ([from, to]: Times) => ({ from: (this.#day * DAY + from) * 1000, to: (this.#day * DAY + to) * 1000 });
    const facts = () => explained(this.recogniser, this.#state).facts.map((fact) => JSON.stringify(fact));
    const known = facts();
    const was = JSON.stringify(this.#state);
    const said = { lesson, ...(lesson === 'was-then' ? { before: ms(before) } : {}), ...ms(span) } as Lesson;
    const after = this.recogniser.learn?.(this.#state, said);
    assert.equal(JSON.stringify(this.#state), was, 'the state that is given is never changed');
    this.#state = JSON.parse(JSON.stringify(after));
    return facts().flatMap((fact) => (known.includes(fact) ? [] : [JSON.parse(fact).name]));
  }
}

/** Values that are each held for some seconds, reported every `step` seconds; a pair of values is gone through evenly. */
function course(
  name: 'weight' | 'speed' | 'cadence' | 'heartRate' | 'power' | 'soundLevel',
  parts: readonly (readonly [value: number | readonly [number, number], seconds: number])[],
  step = 1,
): Said[] {
  const said: Said[] = [];
  let t = 0;
  for (const [value, seconds] of parts) {
    for (let s = 0; s < seconds; s += step) {
      const now = typeof value === 'number' ? value : value[0] + ((value[1] - value[0]) * s) / seconds;
      said.push([t + s, { [name]: now + (name === 'soundLevel' ? (t + s) % 3 : 0) }]);
    }
    t += seconds;
  }
  return said;
}
const words = (...said: [t: number, state: string][]): Said[] => said.map(([t, state]) => [t, { state }]);

interface Case {
  it: string;
  recogniser: Recogniser<unknown>;
  /** What is known to be right before, and must be so afterwards. */
  usual?: Said[];
  happened: Said[];
  /** Runs, within 20 s. */
  judged: Times[];
  lesson: 'was-none' | 'was-one' | 'was-then' | 'was-other';
  span: Times;
  /** Once it was taught. */
  right: Times[];
  /** What the dialog says was learned. */
  learned: string[];
}

const ESPRESSO = course(
  'weight',
  [
    [0, 10],
    [[0, 36], 25],
    [36, 90],
  ],
  0.5,
);
const RUN = course('speed', [
  [0, 30],
  [2.9, 900],
  [0, 400],
]);
const SONG = course('soundLevel', [
  [35, 300],
  [65, 200],
  [35, 200],
]);
const BREW = words([0, 'idle'], [60, 'brewing'], [200, 'idle']);

const CASES: Case[] = [
  {
    it: 'weight: a light pour that was none',
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
    it: 'weight: a ristretto that was one',
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
    it: 'weight: a taste from the pot that was a cup',
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
    it: 'weight: a little that was spilt, and no cup',
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
    it: 'weight: two pours that were one brew',
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
    it: 'weight: one brew that was over before the next',
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
  {
    it: 'exercise: a walk about the house that was no run',
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
    it: 'exercise: a walk that was another activity than a run',
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
    it: 'exercise: a minute in which a treadmill was tried',
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
    it: 'exercise: somebody who walks slowly, and does exercise',
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
    it: 'exercise: a heart that beats a little faster at exercise',
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
    it: 'exercise: a heart that beat faster for another reason',
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
    it: 'exercise: a run that was over where the walk home began',
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
    it: 'exercise: a heart that went on more calmly',
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
    it: 'exercise: a ride with a long break',
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
  {
    it: 'sound: a minute of talk that was no song',
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
    it: 'sound: a television that is less loud than songs are here',
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
    it: 'sound: music on the television, which is another activity',
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
    it: 'sound: a song that was sung softly',
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
    it: 'sound: a short song',
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
    it: 'sound: songs with a long break between them',
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
  {
    it: 'state: a rinse that was no coffee',
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
    it: 'state: a word that nobody knows, and that means brewing',
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
    it: 'state: a machine of which no word is known, where it is to be understood by its words',
    recogniser: stateRecogniser(false, true),
    happened: words([0, 'zzz'], [600, 'mmm'], [800, 'zzz'], [1400, 'zzz']),
    judged: [],
    lesson: 'was-one',
    span: [600, 800],
    right: [[600, 800]],
    learned: ['taught-word-busy'],
  },
  {
    it: 'state: short heating after keeping warm that was a cup',
    recogniser: stateRecogniser(),
    happened: words([0, 'keep warm'], [600, 'heating'], [630, 'keep warm'], [900, 'idle']),
    judged: [],
    lesson: 'was-one',
    span: [600, 630],
    right: [[600, 630]],
    learned: ['taught-word-after-hold'],
  },
  {
    it: 'state: a machine that is ready when it spins down',
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
    it: 'state: a brew that goes on while it drips',
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
    it: 'state: a cup that was only washed',
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

function assertRuns(runs: readonly Times[], wanted: readonly Times[]): void {
  const text = JSON.stringify(runs);
  assert.equal(runs.length, wanted.length, text);
  for (const [index, [start, end]] of wanted.entries()) {
    const [from, to] = runs[index] as Times;
    assert.ok(Math.abs(from - start) <= 20 && Math.abs(to - end) <= 20, text);
  }
}

describe('what other kinds of recognisers learn from corrections', () => {
  for (const { it: name, recogniser, usual, happened, judged, lesson, span, right, learned } of CASES) {
    it(`${name}: one word is enough`, () => {
      const home = new Household(recogniser);
      const before = usual && home.play(usual);
      const [first] = assertAndReturn(home.play(happened), judged);
      const taught = lesson === 'was-then' ? home.correct(lesson, span, first as Times) : home.correct(lesson, span);
      for (const one of learned) assert.ok(taught.includes(one), `${one}: ${taught}`);
      assertRuns(home.play(happened), right);
      if (usual) assertRuns(home.play(usual), before as Times[]);
      assertRuns(home.play(happened), right);
    });
  }

  const recordings: (Pick<Case, 'it' | 'recogniser' | 'happened' | 'lesson' | 'span'> & { left: Times[] })[] = [
    {
      it: 'a cup of a raw load cell that was none',
      recogniser: weightRecogniser,
      happened: recorded(FIXTURES, 'scale-spikes-and-cup.csv'),
      lesson: 'was-none',
      span: [15, 30],
      left: [],
    },
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
  for (const { it: name, recogniser, happened, lesson, span, left } of recordings) {
    it(`recorded: ${name}`, () => {
      const home = new Household(recogniser);
      const before = home.play(happened);
      assert.notEqual(before.length, left.length);
      assert.ok(home.correct(lesson as 'was-one', span).length > 0);
      assertRuns(home.play(happened), left);
    });
  }
});

describe('what cannot be learned from a correction', () => {
  const run = course('speed', [
    [0, 60],
    [2.9, 900],
    [0, 400],
  ]);
  const heart = course('heartRate', [
    [60, 600],
    [150, 1800],
    [60, 600],
  ]);
  const cases: [string, Recogniser<unknown>, Said[], Said[], 'was-none' | 'was-one' | 'was-other', Times][] = [
    ['a run like any other that was none', exerciseRecogniser(), run, run, 'was-none', [60, 960]],
    ['a ride where a run is looked for', exerciseRecogniser(), run, run, 'was-other', [60, 960]],
    ['half an hour at 150 beats that was none', exerciseRecogniser(), heart, heart, 'was-none', [600, 2400]],
    ['a run in which nobody moved', exerciseRecogniser(), run, course('speed', [[0, 900]]), 'was-one', [60, 600]],
    ['another drink from the same scale', weightRecogniser, ESPRESSO, ESPRESSO, 'was-other', [10, 35]],
    ['a cup that no scale felt', weightRecogniser, ESPRESSO, course('weight', [[0, 900]]), 'was-one', [60, 600]],
    ['another drink from the same machine', stateRecogniser(), BREW, BREW, 'was-other', [60, 200]],
    [
      'a brew while a machine was idle all day',
      stateRecogniser(),
      BREW,
      words([0, 'idle'], [1700, 'idle']),
      'was-one',
      [600, 700],
    ],
    ['a song in a silent room', soundRecogniser, SONG, course('soundLevel', [[35, 900]]), 'was-one', [100, 300]],
    ['a song like any other that was none', soundRecogniser, SONG, SONG, 'was-none', [300, 500]],
  ];
  for (const [name, recogniser, usual, happened, lesson, span] of cases) {
    it(`${name}: it says so, and finds what it found`, () => {
      const home = new Household(recogniser);
      const before = home.play(usual);
      home.play(happened);
      assert.deepEqual(home.correct(lesson, span), []);
      assert.deepEqual(home.play(usual), before);
    });
  }

  it('says nothing of actions where it knows none', () => {
    for (const recogniser of [exerciseRecogniser(), soundRecogniser, stateRecogniser()] as Recogniser<unknown>[]) {
      const state = recogniser.initial();
      for (const lesson of ['was-none', 'was-one'] as const) {
        const after = recogniser.learn?.(state, { lesson, action: 'rest', from: 0, to: 1e6 });
        assert.deepEqual(after, state);
      }
    }
  });
});

const VALUES: Record<string, fc.Arbitrary<ParameterValues>> = {
  weight: fc.constantFrom(0, 4, 12, 20, 200, 385, 420, 1650, 2400, 2370).map((weight) => ({ weight })),
  exercise: fc.record(
    {
      speed: fc.constantFrom(0, 0.4, 1.2, 3),
      heartRate: fc.constantFrom(48, 75, 95, 150),
      cadence: fc.constantFrom(0, 85),
    },
    { requiredKeys: [] },
  ),
  sound: fc.record(
    { soundLevel: fc.constantFrom(35, 42, 50, 65), pitch: fc.constantFrom(0, 220, 225, 440) },
    { requiredKeys: [] },
  ),
  power: fc.constantFrom(0, 2, 60, 120, 1400, 1450).map((power) => ({ power })),
  state: fc.record({
    state: fc.constantFrom(
      'idle',
      'heating',
      'hold',
      'pause',
      'zzz',
      '__proto__',
      'constructor',
      'empty',
      'a'.repeat(500),
    ),
  }),
};
const LESSONS = ['was-none', 'was-one', 'was-then', 'was-other'] as const;

describe('corrections of other kinds of recognisers, whatever is said', () => {
  for (const recogniser of [
    weightRecogniser,
    exerciseRecogniser(),
    soundRecogniser,
    stateRecogniser(),
    powerRecogniser('coffee_espresso'),
  ] as Recogniser<unknown>[]) {
    it(`${recogniser.name}: nothing throws, no run that goes on is lost, all stays small`, () => {
      const seconds = fc.integer({ min: 0, max: 4000 });
      const lesson = fc.record({ is: fc.constantFrom(...LESSONS), ago: seconds, long: seconds, shift: seconds });
      const step = fc.record({
        values: VALUES[recogniser.name] as fc.Arbitrary<ParameterValues>,
        hold: fc.integer({ min: 1, max: 200 }),
      });
      let goingOn = 0;
      fc.assert(
        fc.property(
          fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: lesson }), { maxLength: 60 }),
          (steps) => {
            let state = recogniser.initial() as Going;
            let t = 100_000;
            for (const one of steps) {
              if ('values' in one) {
                for (const end = t + one.hold; t < end; t += 5) {
                  state = recogniser.step(state, reading(t, one.values)).state as Going;
                }
                continue;
              }
              if (state.run) goingOn++;
              state = corrected(recogniser, state, lessonOf(one, t));
            }
          },
        ),
        { numRuns: 200 },
      );
      assert.ok(goingOn > 20, `${goingOn} times something was going on`);
    });
  }

  it('contradict one another fifty times, and what is asked for stays within its bounds', () => {
    for (const { recogniser, happened, span } of CASES.filter(
      ({ lesson }) => lesson === 'was-none' || lesson === 'was-one',
    )) {
      const home = new Household(recogniser);
      home.play(happened);
      const seen = new Set<string>();
      for (let times = 0; times < 50; times++) {
        for (const lesson of ['was-none', 'was-one'] as const) home.correct(lesson, span);
        seen.add(home.text);
      }
      assert.ok(seen.size < 4, `${seen.size} states after the same words`);
      home.play(happened);
    }
  });
});

interface Going {
  run: { from: number } | null;
}

function lessonOf(
  { is, ago, long, shift }: { is: Lesson['lesson']; ago: number; long: number; shift: number },
  now: number,
): Lesson {
  const to = (now - ago) * 1000;
  const from = to - long * 1000;
  const before = { from: from + shift * 1000, to: to + shift * 1000 };
  return { lesson: is, from, to, ...(is === 'was-then' ? { before } : {}) } as Lesson;
}

/** The state after a lesson, once it was looked at: what goes on still does, and it is as small and as plain as before. */
function corrected(recogniser: Recogniser<unknown>, state: Going, lesson: Lesson): Going {
  const taught = recogniser.learn?.(freeze(state), lesson) as Going;
  // What was none is waited out by all but power, which lets go of it at once.
  const isLetGo = recogniser.name === 'power' && lesson.lesson === 'was-none';
  if (!isLetGo) assert.equal(taught.run?.from, state.run?.from);
  const saved = JSON.parse(JSON.stringify(taught));
  assert.deepEqual(saved, taught);
  assert.ok(JSON.stringify(saved).length < 3500, `${JSON.stringify(saved).length} bytes`);
  explained(recogniser, saved);
  return saved;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function assertAndReturn(runs: Times[], wanted: readonly Times[]): Times[] {
  assertRuns(runs, wanted);
  return runs;
}
