import { isWordKnown, offsetOf, type Run, type TrackerState } from '../../activities/index.js';
import { PARAMETERS, type ParameterName } from '../../vocabulary/index.js';
import { withDecimalSign } from '../shared/decimal-sign.js';

/** Longer words of an appliance are shown shortened. */
const LONGEST_WORD = 24;

/** Translates a key of this node's catalogue. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

export interface Status {
  fill: 'green' | 'yellow' | 'red' | 'grey' | 'blue';
  shape: 'dot' | 'ring';
  text: string;
}

/** What one sees at the node: what goes on, or what was last. */
export function statusOf(appliances: Iterable<TrackerState>, translate: Translate): Status {
  const all = [...appliances];
  const open = all.filter((state) => state.open);
  const [only] = open;
  if (open.length > 1) {
    return { fill: 'green', shape: 'dot', text: translate('status.several', { count: open.length }) };
  }
  if (only?.open) return { fill: 'green', shape: 'dot', text: goesOn(only.open, only, translate) };
  const ended = all.flatMap((state) => (state.last ? [{ run: state.last, at: endedAt(state.last, state) }] : []));
  const last = ended.sort((a, b) => b.at - a.at)[0]?.run;
  if (last) return { fill: 'grey', shape: 'dot', text: isOver(last, translate) };
  const saying = all.find((one) => wordOf(one) !== undefined);
  const word = saying && wordOf(saying);
  if (word !== undefined) {
    const key = isWordKnown(word, saying?.recogniser?.memory) ? 'status.says' : 'status.unknown';
    return { fill: 'blue', shape: 'dot', text: translate(key, { word: shortened(word) }) };
  }
  const hasReadings = all.some((state) => state.at !== undefined);
  return hasReadings
    ? { fill: 'blue', shape: 'dot', text: translate('status.watching') }
    : { fill: 'grey', shape: 'ring', text: translate('status.waiting') };
}

/** What an appliance says of itself, unless that is only how it is switched, or something surer is measured. */
function wordOf({ said, recogniser }: TrackerState): string | undefined {
  const isMeasured = recogniser !== undefined && recogniser.name !== 'state';
  return isMeasured || said === 'on' || said === 'off' ? undefined : said;
}

function shortened(word: string): string {
  return word.length > LONGEST_WORD ? `${word.slice(0, LONGEST_WORD - 1)}…` : word;
}

function goesOn(run: Run, state: TrackerState, translate: Translate): string {
  const { history } = state;
  const time = new Date(run.startedAt + offsetOf(run, state));
  const clock = `${time.getHours()}:${String(time.getMinutes()).padStart(2, '0')}`;
  const names = Object.keys(history.held) as ParameterName[];
  const name = names.includes('power') ? 'power' : names.includes('temperature') ? 'temperature' : names[0];
  const held = name && history.held[name];
  const value = name && held ? ` · ${withDecimalSign(shortly(held.value), translate)} ${PARAMETERS[name].unit}` : '';
  const word = wordOf(state);
  const said = word === undefined ? '' : ` · ${shortened(word)}`;
  return translate('status.ongoing', { activity: nameOf(run, translate), time: clock }) + value + said;
}

function endedAt(run: Run, state: TrackerState): number {
  return (run.endedAt ?? 0) + offsetOf(run, state);
}

function isOver(run: Run, translate: Translate): string {
  const seconds = ((run.endedAt ?? run.startedAt) - run.startedAt) / 1000;
  const kWh = run.settled?.courses.power ? run.settled.courses.power.area / 3_600_000 : undefined;
  const energy = kWh === undefined ? '' : ` · ${withDecimalSign(kWh.toFixed(kWh < 10 ? 2 : 0), translate)} kWh`;
  const text = translate('status.finished', {
    activity: nameOf(run, translate),
    duration: durationOf(seconds, translate),
  });
  const cups = run.cups === undefined ? '' : ` · ${translate('status.cups', { count: run.cups })}`;
  return text + energy + cups;
}

function durationOf(seconds: number, translate: Translate): string {
  if (seconds < 60) return translate('duration.seconds', { seconds: Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return translate('duration.minutes', { minutes });
  return translate('duration.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** In the language of the hub when the catalogue has it; an own word as it is. */
function nameOf({ activity }: Run, translate: Translate): string {
  const key = `activity.${activity}`;
  const name = translate(key);
  return name.endsWith(key) ? activity : name;
}

function shortly(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10);
}

/** A node's status, passed on when it differs from the last one. A warning stays until the usual status changes. */
export class StatusLine {
  readonly #pass: (status: Status) => void;
  #usual = '';
  #current = '';

  constructor(pass: (status: Status) => void) {
    this.#pass = pass;
  }

  show(status: Status): void {
    const text = JSON.stringify(status);
    if (text === this.#usual) return;
    this.#usual = text;
    this.#current = text;
    this.#pass(status);
  }

  warn(text: string): void {
    const warning: Status = { fill: 'yellow', shape: 'ring', text };
    if (JSON.stringify(warning) === this.#current) return;
    this.#current = JSON.stringify(warning);
    this.#pass(warning);
  }
}
