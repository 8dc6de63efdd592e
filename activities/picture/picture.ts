import {
  type Action,
  type Activity,
  type Appliance,
  epochOf,
  type ParameterName,
  type Reading,
} from '../../vocabulary/index.js';
import type { Told } from '../tracker-turn.js';
import { type Detail, Trace, type TraceSpan } from './trace.js';

/** One line of a picture: a parameter, or one direction of it. */
interface PictureLine {
  parameter: ParameterName;
  axis?: 'x' | 'y' | 'z';
  spans: readonly TraceSpan[];
}

/** A run as it was told last. Times are epoch milliseconds; one that goes on ends where it was told of last. */
interface PictureRun extends Pick<Activity, 'id' | 'activity' | 'state'> {
  startedAt: number;
  endedAt: number;
  confidence?: number;
}

interface PictureAction extends Pick<Action, 'action'> {
  activityId: string;
  confidence?: number;
  startedAt: number;
  endedAt: number;
}

/** What an appliance said of itself, and from when on. */
interface PictureWord {
  at: number;
  state: string;
}

/** One appliance as it was seen, ready to be drawn and plain JSON. */
export interface PictureView {
  appliance: Appliance;
  /** Which play of a recording was measured last. */
  play?: string;
  lines: PictureLine[];
  words: PictureWord[];
  /** Oldest first. */
  runs: PictureRun[];
  actions: PictureAction[];
}

/** What is worth drawing, the most telling first: recognisers look at these. */
const DRAWN: readonly ParameterName[] = [
  'power',
  'acceleration',
  'weight',
  'speed',
  'heartRate',
  'cadence',
  'soundLevel',
  'pitch',
  'temperature',
  'flow',
  'level',
  'pH',
];
/** Parameters drawn of one appliance at most: more is no picture any more. */
const MOST_PARAMETERS = 2;
const MOST_RUNS = 20;
const MOST_ACTIONS = 200;
const MOST_WORDS = 100;
/** Before and after a run, so much of its length is kept in detail, too, but at least so many milliseconds. */
const MARGIN = 0.25;
const LEAST_MARGIN_MS = 60_000;

interface Line {
  parameter: ParameterName;
  axis?: 'x' | 'y' | 'z';
  trace: Trace;
}

/** Remembers what was measured of one appliance and what was recognised in it, so that its owner can see why. */
export class Picture {
  #appliance: Appliance;
  readonly #lines: Line[] = [];
  /** Parameters that have come already: they have a line, or never get one. */
  readonly #judged = new Set<string>();
  #words: PictureWord[] = [];
  #runs: PictureRun[] = [];
  #actions: PictureAction[] = [];
  #play: string | undefined;
  /** When the last reading was taken. */
  #at = Number.NEGATIVE_INFINITY;
  /** Runs of a play that is not shown any more: what still comes of them is no part of this picture. */
  #left = new Set<string>();

  constructor(appliance: Appliance) {
    this.#appliance = appliance;
  }

  /** Goes on from a view. */
  static from({ appliance, play, lines, words, runs, actions }: PictureView): Picture {
    const picture = new Picture(appliance);
    for (const { spans, ...line } of lines) picture.#lines.push({ ...line, trace: new Trace(spans) });
    for (const { parameter } of lines) picture.#judged.add(parameter);
    picture.#play = play;
    picture.#words = [...words];
    picture.#at = Math.max(...lines.map(({ spans }) => spans.at(-1)?.[1] ?? 0), words.at(-1)?.at ?? 0);
    picture.#runs = [...runs];
    picture.#actions = [...actions];
    picture.#keepLast();
    return picture;
  }

  /**
   * Takes in what is worth drawing of a reading that its tracker took, which passes over what is late: one from before the
   * last is of a clock that was set back, and what was measured until then is no past of it. A broker's stored copy is left out.
   */
  note({ appliance, at, parameters, retained, play }: Reading): void {
    if (retained) return;
    this.#appliance = appliance;
    const time = epochOf(at);
    if (play !== this.#play) this.#beginPlay(play, time);
    else if (time < this.#at) this.#beginAnew();
    this.#at = time;
    for (const name of Object.keys(parameters)) if (!this.#judged.has(name)) this.#judge(parameters);
    for (const { parameter, axis, trace } of this.#lines) {
      const value = parameters[parameter];
      if (typeof value === 'number') trace.note(time, value);
      else if (typeof value === 'object' && axis) trace.note(time, value[axis]);
    }
    if (parameters.state !== undefined && parameters.state !== this.#words.at(-1)?.state) {
      this.#words = [...this.#words, { at: time, state: parameters.state }].slice(-MOST_WORDS);
    }
  }

  /** Takes in what was recognised. An activity has all of its actions, so that one that was taken back is gone. */
  hear(told: Told): void {
    if (this.#left.has(told.type === 'action' ? told.action.activityId : told.activity.id)) return;
    if (told.type === 'action') {
      this.#actions = [...this.#actions, actionOf(told.action, told.action.activityId)].slice(-MOST_ACTIONS);
      return;
    }
    const { activity } = told;
    const others = this.#runs.filter(({ id }) => id !== activity.id);
    this.#runs = [...others, runOf(activity)].sort((a, b) => a.startedAt - b.startedAt).slice(-MOST_RUNS);
    const elsewhere = this.#actions.filter(({ activityId }) => activityId !== activity.id);
    const actions = activity.actions.map((action) => actionOf(action, activity.id));
    this.#actions = [...elsewhere, ...actions].slice(-MOST_ACTIONS);
    this.#keepLast();
  }

  view(): PictureView {
    return {
      appliance: this.#appliance,
      ...(this.#play === undefined ? {} : { play: this.#play }),
      lines: this.#lines.map(({ trace, ...line }) => ({ ...line, spans: trace.spans })),
      words: this.#words,
      runs: this.#runs,
      actions: this.#actions,
    };
  }

  /** A play that is dated into what is shown already would be drawn over it: it has the picture for itself. */
  #beginPlay(play: string | undefined, time: number): void {
    this.#play = play;
    const shownUntil = Math.max(this.#at, ...this.#runs.map(({ endedAt }) => endedAt));
    if (time > shownUntil) return;
    this.#left = new Set(this.#runs.map(({ id }) => id));
    this.#beginAnew();
    this.#runs = [];
    this.#actions = [];
  }

  /** Forgets what was measured and said, not what was recognised in it. */
  #beginAnew(): void {
    for (const line of this.#lines) line.trace = new Trace();
    this.#words = [];
    this.#keepLast();
  }

  /** Begins lines for what is there for the first time, the most telling first. */
  #judge(parameters: Reading['parameters']): void {
    for (const parameter of DRAWN) {
      const value = parameters[parameter];
      if (value === undefined || this.#judged.has(parameter)) continue;
      if (new Set(this.#lines.map((line) => line.parameter)).size >= MOST_PARAMETERS) break;
      const axes = typeof value === 'object' ? (['x', 'y', 'z'] as const) : [undefined];
      for (const axis of axes) this.#lines.push({ parameter, ...(axis ? { axis } : {}), trace: new Trace() });
    }
    for (const name of Object.keys(parameters)) this.#judged.add(name);
    this.#keepLast();
  }

  #keepLast(): void {
    const run = this.#runs.at(-1);
    const detail = run && around(run);
    for (const { trace } of this.#lines) trace.keep(detail);
  }
}

function runOf({ id, activity, state, confidence, startedAt, endedAt, seconds }: Activity): PictureRun {
  const start = Date.parse(startedAt);
  const end = endedAt ? Date.parse(endedAt) : start + seconds * 1000;
  const sure = confidence === undefined ? {} : { confidence };
  return { id, activity, state, ...sure, startedAt: start, endedAt: end };
}

function actionOf({ action, confidence, startedAt, endedAt }: Action, activityId: string): PictureAction {
  const sure = confidence === undefined ? {} : { confidence };
  return { activityId, action, ...sure, startedAt: Date.parse(startedAt), endedAt: Date.parse(endedAt ?? startedAt) };
}

/** A run with what led to it and what followed: what went on lately is in detail by itself. */
function around({ startedAt, endedAt }: PictureRun): Detail {
  const margin = Math.max(LEAST_MARGIN_MS, (endedAt - startedAt) * MARGIN);
  return { from: startedAt - margin, to: endedAt + margin };
}
