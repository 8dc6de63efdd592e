import { PARAMETERS, type ParameterName, type ParameterSummary, type ParameterValues } from '../vocabulary/index.js';

/**
 * How long a value counts after it was reported, in milliseconds: 5 min, the slowest default among the profiles
 * (Tasmota's TelePeriod). Plugs report when something changes, so the last value holds until the next one; beyond
 * this the appliance was away, and nothing is added: a clock that jumps by hours costs at most these five minutes.
 */
export const HOLD_MS = 300_000;

/** Counters only grow, save when they are reset: kWh and m since some day, of which only the growth means anything. */
const COUNTERS = ['energy', 'distance'] as const;
type CounterName = (typeof COUNTERS)[number];

/** What a counter may grow at most in a second; more is a glitch. 25 kW is a whole house; 100 m/s is no treadmill. */
const FASTEST: Record<CounterName, number> = { energy: 25 / 3600, distance: 100 };
/** One step of a coarse counter is always believed: 0.01 kWh, 10 m. */
const ONE_STEP: Record<CounterName, number> = { energy: 0.01, distance: 10 };
/** The rate whose time integral a counter measures, and how much of the counter one unit × second is. */
const RATE: Record<CounterName, { of: ParameterName; factor: number }> = {
  energy: { of: 'power', factor: 1 / 3_600_000 },
  distance: { of: 'speed', factor: 1 },
};

interface Course {
  last: number;
  min: number;
  max: number;
  /** Value × seconds, and the seconds it was known for. */
  area: number;
  seconds: number;
}

interface Growth {
  grown: number;
  steps: number;
  seconds: number;
}

/** What the parameters did from one moment to another (epoch milliseconds). Plain JSON, never changed in place. */
export interface Stretch {
  from: number;
  to: number;
  courses: Partial<Record<string, Course>>;
  growths: Partial<Record<CounterName, Growth>>;
}

/** The last value of each parameter and when it came. */
export type Held = Partial<Record<string, { value: number; at: number }>>;

/** The held values after a reading. Text and vectors have no summary. */
export function hold(held: Held, values: ParameterValues, at: number): Held {
  const next: Held = { ...held };
  for (const name of Object.keys(values) as ParameterName[]) {
    const value = values[name];
    if (typeof value !== 'number') continue;
    const before = isCounter(name) ? held[name]?.value : undefined;
    next[name] = { value: before !== undefined && hasWavered(before, value) ? before : value, at };
  }
  return next;
}

/**
 * A counter that goes back by less than a tenth was not reset: it wavers, or counts both ways as behind solar panels, and has
 * not grown until it is past where it was. Home Assistant draws the line there, too (total_increasing).
 */
function hasWavered(before: number, value: number): boolean {
  return value < before && value >= 0.9 * before;
}

/** The held values that came at `from` or later, as if they were reported once more. Counters have no course. */
export function pointsOf(held: Held, from: number): ParameterValues {
  const points: Record<string, number> = {};
  for (const [name, one] of Object.entries(held)) {
    if (one && one.at >= from && !isCounter(name)) points[name] = one.value;
  }
  return points;
}

/**
 * What happened from the last reading to this one: held values count for the time between, new ones are its end.
 * @param from the last reading's time, at most `to`
 */
export function stretchTo(held: Held, values: ParameterValues, from: number, to: number): Stretch {
  const stretch: Stretch = { from, to, courses: {}, growths: {} };
  for (const name of Object.keys(held)) {
    const before = held[name];
    if (!before || isCounter(name)) continue;
    const seconds = Math.max(0, Math.min(to, before.at + HOLD_MS) - from) / 1000;
    if (seconds > 0) {
      const { value } = before;
      stretch.courses[name] = { last: value, min: value, max: value, area: value * seconds, seconds };
    }
  }
  for (const name of Object.keys(values) as ParameterName[]) {
    const value = values[name];
    if (typeof value !== 'number') continue;
    if (isCounter(name)) stretch.growths[name] = growth(name, held[name], value, to);
    else stretch.courses[name] = upTo(stretch.courses[name], value);
  }
  return stretch;
}

/** A course that was made just now, and so is changed in place: with this value at its end. */
function upTo(course: Course | undefined, value: number): Course {
  if (!course) return { last: value, min: value, max: value, area: 0, seconds: 0 };
  course.last = value;
  if (value < course.min) course.min = value;
  if (value > course.max) course.max = value;
  return course;
}

/** A counter that went well down was reset and counts from nought; one that leapt further than can be is not believed. */
function growth(name: CounterName, before: { value: number; at: number } | undefined, value: number, at: number) {
  if (!before) return { grown: 0, steps: 0, seconds: 0 };
  const seconds = (at - before.at) / 1000;
  const isReset = value < before.value && !hasWavered(before.value, value);
  const grown = Math.max(0, isReset ? value : value - before.value);
  const believed = grown <= FASTEST[name] * seconds + ONE_STEP[name] ? grown : 0;
  return { grown: believed, steps: believed > 0 ? 1 : 0, seconds };
}

/** Two stretches, the earlier first, as one. */
export function join(first: Stretch | undefined, second: Stretch): Stretch {
  if (!first) return second;
  const courses = { ...first.courses };
  for (const name of Object.keys(second.courses)) {
    const course = second.courses[name];
    if (course) courses[name] = joinCourse(courses[name], course);
  }
  const growths = { ...first.growths };
  for (const name of COUNTERS) {
    const a = growths[name];
    const b = second.growths[name];
    if (b) {
      growths[name] = a ? { grown: a.grown + b.grown, steps: a.steps + b.steps, seconds: a.seconds + b.seconds } : b;
    }
  }
  return { from: first.from, to: second.to, courses, growths };
}

function joinCourse(a: Course | undefined, b: Course): Course {
  if (!a) return b;
  return {
    last: b.last,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    area: a.area + b.area,
    seconds: a.seconds + b.seconds,
  };
}

/** The part of a stretch between two moments; what adds up is shared out by time. */
export function cut(stretch: Stretch, from: number, to: number): Stretch {
  const [start, end] = [Math.max(stretch.from, from), Math.min(stretch.to, to)];
  if (start === stretch.from && end === stretch.to) return stretch;
  const share = stretch.to > stretch.from ? Math.max(0, end - start) / (stretch.to - stretch.from) : 0;
  const part: Stretch = { from: start, to: Math.max(start, end), courses: {}, growths: {} };
  for (const [name, course] of Object.entries(stretch.courses)) {
    if (course) part.courses[name] = { ...course, area: course.area * share, seconds: course.seconds * share };
  }
  for (const name of COUNTERS) {
    const one = stretch.growths[name];
    if (one) part.growths[name] = { ...one, grown: one.grown * share, seconds: one.seconds * share };
  }
  return part;
}

/**
 * Last, min, max and time-weighted mean of each parameter; totals of what adds up (energy in kWh, distance in m).
 * A total is the appliance's own counter where that followed the activity: at least three steps, over four fifths of the
 * time that the rate was known for. Else it is the rate (power, speed) times time; without a rate, the counter anyway.
 * @param keep the parameters wanted; none named means all
 */
export function summarise(stretch: Stretch | undefined, keep: readonly string[]): Record<string, ParameterSummary> {
  const summary: Record<string, ParameterSummary> = {};
  if (!stretch) return summary;
  for (const [name, course] of Object.entries(stretch.courses)) {
    if (course && isWanted(name, keep)) summary[name] = summariseCourse(course);
  }
  for (const name of COUNTERS) {
    const total = totalOf(name, stretch);
    if (total !== undefined && isWanted(name, keep)) summary[name] = { total: round(total, 4) };
  }
  return summary;
}

function summariseCourse({ last, min, max, area, seconds }: Course): ParameterSummary {
  const mean = seconds > 0 ? { mean: round(area / seconds, 2) } : {};
  return { last: round(last, 3), min: round(min, 3), max: round(max, 3), ...mean };
}

function totalOf(name: CounterName, { courses, growths }: Stretch): number | undefined {
  const rate = courses[RATE[name].of];
  const counter = growths[name];
  // What solar panels feed in at the same plug is nothing that was used.
  const integrated = rate && Math.max(0, rate.area * RATE[name].factor);
  if (!counter) return integrated;
  if (integrated === undefined) return counter.grown;
  return counter.steps >= 3 && counter.seconds >= 0.8 * (rate?.seconds ?? 0) ? counter.grown : integrated;
}

function isWanted(name: string, keep: readonly string[]): boolean {
  return keep.length === 0 || keep.includes(name);
}

function isCounter(name: string): name is CounterName {
  return COUNTERS.includes(name as CounterName);
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.abs(value) < 1e12 ? Math.round(value * factor) / factor : value;
}

/** The parameters that can be kept in a summary, with their units. */
export const SUMMARISED = (Object.keys(PARAMETERS) as ParameterName[]).filter(
  (name) => PARAMETERS[name].kind === 'number',
);
