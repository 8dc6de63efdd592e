import type { Recogniser, RecogniserEvent } from '../../activities/recogniser.js';
import {
  newTracker,
  stepTracker,
  type TrackerInput,
  type TrackerOptions,
  type TrackerProblem,
} from '../../activities/tracker.js';
import type { TrackerState } from '../../activities/tracker-state.js';
import type { Told } from '../../activities/tracker-turn.js';
import type { Activity, ParameterValues, Reading } from '../../vocabulary/index.js';

interface Memory {
  state: 'off' | 'on' | 'over';
  since: number;
}

/** On above 100 W, over after a minute below, on again within three minutes; shorter than 20 s was nothing. */
export const THRESHOLD: Recogniser<Memory> = {
  name: 'threshold',
  accepts: ({ parameters }) => parameters.power !== undefined,
  initial: () => ({ state: 'off', since: 0 }),
  step(memory, reading) {
    const at = Date.parse(reading.at);
    const events: RecogniserEvent[] = [];
    if (reading.parameters.weight !== undefined) {
      events.push({ type: 'action', action: 'sip', startedAt: at - 1000, endedAt: at, confidence: 0.7 });
    }
    const high = (reading.parameters.power ?? 0) > 100;
    if (!high) return { state: memory, events };
    if (memory.state === 'on') return { state: { state: 'on', since: at }, events };
    const again = memory.state === 'over' && at - memory.since < 180_000;
    events.push({ type: again ? 'resume' : 'start', at, confidence: 0.9 });
    return { state: { state: 'on', since: at }, events };
  },
  tick(memory, now) {
    if (memory.state !== 'on' || now - memory.since < 60_000) return { state: memory, events: [] };
    return {
      state: { state: 'over', since: memory.since },
      events: [{ type: 'finish', at: memory.since, confidence: 0.95 }],
    };
  },
};

/** Announces what the test tells it to. */
export function announcing(events: Record<number, RecogniserEvent[]>): Recogniser<null> {
  return {
    name: 'announcing',
    accepts: () => true,
    initial: () => null,
    step: (state, reading) => ({ state, events: events[(Date.parse(reading.at) - T0) / 1000] ?? [] }),
    tick: (state) => ({ state, events: [] }),
  };
}

export const T0 = Date.UTC(2026, 10, 22, 8, 41);
export const KETTLE = { id: 'kettle', name: 'Kettle', profile: 'tasmota' };
export const OPTIONS: TrackerOptions = {
  activity: 'tea',
  category: 'food-and-beverage',
  kind: 'kettle',
  recognisers: [THRESHOLD],
  everySeconds: 60,
  keep: [],
  place: '',
};

/** A reading so many seconds after T0, which arrived when it was made. */
export function at(
  seconds: number,
  parameters: ParameterValues,
  more: Partial<Reading> = {},
  arrived = seconds,
): TrackerInput {
  const reading = { appliance: KETTLE, at: new Date(T0 + seconds * 1000).toISOString(), parameters, ...more };
  return { type: 'reading', reading, arrivedAt: T0 + arrived * 1000 };
}
export const tick = (seconds: number): TrackerInput => ({ type: 'tick', now: T0 + seconds * 1000 });
export const say = (word: 'start' | 'stop', seconds: number): TrackerInput => ({
  type: word,
  now: T0 + seconds * 1000,
});

export class Run {
  state: TrackerState = newTracker(KETTLE);
  told: Told[] = [];
  problem: TrackerProblem | undefined;
  #ids = 0;

  constructor(readonly options: Partial<TrackerOptions> = {}) {}

  feed(...inputs: TrackerInput[]): this {
    for (const input of inputs) {
      const step = stepTracker(this.state, input, { ...OPTIONS, ...this.options }, () => `id-${++this.#ids}`);
      this.state = step.state;
      this.told.push(...step.told);
      this.problem = step.problem;
    }
    return this;
  }

  get activities(): Activity[] {
    return this.told.flatMap((one) => (one.type === 'activity' ? [one.activity] : []));
  }

  get course(): string[] {
    return this.activities.map(({ id, revision, state }) => `${id} ${revision} ${state}`);
  }

  get last(): Activity {
    return this.activities.at(-1) as Activity;
  }
}

/** A boil of three minutes at 2 kW, a reading every 10 s, and two minutes of quiet after it. */
export function boil(from = 0): TrackerInput[] {
  const seconds = Array.from({ length: 31 }, (_, index) => from + index * 10);
  return seconds.flatMap((s) => [at(s, { power: s - from < 180 ? 2000 : 0 }), tick(s + 5)]);
}
