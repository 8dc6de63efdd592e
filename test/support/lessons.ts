import assert from 'node:assert/strict';
import type { Lesson, Recogniser } from '../../activities/index.js';
import { explained } from './explained.js';
import { reading, runsOf, type Said, type Told } from './readings.js';

export type Times = readonly [start: number, end: number];
/** So far apart (s) that one thing has nothing to do with the next. */
const DAY = 86_400;

/** An appliance with its recogniser, over days: what it has learned stays. */
export class Household {
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
export function course(
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

/** What an appliance says, and when. */
export const words = (...said: [t: number, state: string][]): Said[] => said.map(([t, state]) => [t, { state }]);

export interface Case {
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

/** Within 20 s. */
function assertRuns(runs: readonly Times[], wanted: readonly Times[]): void {
  const text = JSON.stringify(runs);
  assert.equal(runs.length, wanted.length, text);
  for (const [index, [start, end]] of wanted.entries()) {
    const [from, to] = runs[index] as Times;
    assert.ok(Math.abs(from - start) <= 20 && Math.abs(to - end) <= 20, text);
  }
}

/** One for each: what its owner says once is learned, and what was right stays so. */
export function learnsFrom(cases: readonly Case[]): void {
  for (const { it: name, recogniser, usual, happened, judged, lesson, span, right, learned } of cases) {
    it(`${name}: one word is enough`, () => {
      const home = new Household(recogniser);
      const before = usual && home.play(usual);
      const judgement = home.play(happened);
      assertRuns(judgement, judged);
      const taught =
        lesson === 'was-then' ? home.correct(lesson, span, judgement[0] as Times) : home.correct(lesson, span);
      for (const one of learned) assert.ok(taught.includes(one), `${one}: ${taught}`);
      assertRuns(home.play(happened), right);
      if (usual) assertRuns(home.play(usual), before as Times[]);
      assertRuns(home.play(happened), right);
    });
  }
}

/** A recording, what is said of it, and the runs (within 20 s) that are found in it afterwards. */
export type RecordedCase = Pick<Case, 'it' | 'recogniser' | 'happened' | 'span'> & {
  lesson: 'was-none' | 'was-one';
  left: Times[];
};

export function learnsFromRecordings(cases: readonly RecordedCase[]): void {
  for (const { it: name, recogniser, happened, lesson, span, left } of cases) {
    it(`recorded: ${name}`, () => {
      const home = new Household(recogniser);
      const before = home.play(happened);
      assert.notEqual(before.length, left.length);
      assert.ok(home.correct(lesson, span).length > 0);
      assertRuns(home.play(happened), left);
    });
  }
}

/** What is said of what happened, from which nothing follows. */
export interface VainCase {
  it: string;
  recogniser: Recogniser<unknown>;
  usual: Said[];
  happened: Said[];
  lesson: 'was-none' | 'was-one' | 'was-other';
  span: Times;
}

export function learnsNothingFrom(cases: readonly VainCase[]): void {
  for (const { it: name, recogniser, usual, happened, lesson, span } of cases) {
    it(`${name}: it says so, and finds what it found`, () => {
      const home = new Household(recogniser);
      const before = home.play(usual);
      home.play(happened);
      assert.deepEqual(home.correct(lesson, span), []);
      assert.deepEqual(home.play(usual), before);
    });
  }
}

/** Lessons that contradict one another fifty times: what is asked for stays within its bounds. */
export function staysWithinBounds(cases: readonly Case[]): void {
  it('contradicted fifty times, asks for what stays within its bounds', () => {
    const opposable = cases.filter(({ lesson }) => lesson === 'was-none' || lesson === 'was-one');
    assert.ok(opposable.length > 0);
    for (const { recogniser, happened, span } of opposable) {
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
}
