import type { NodeStatus } from 'node-red';
import type { LinkState } from '../../appliances/index.js';
import { PARAMETERS, type ParameterName, type Reading } from '../../vocabulary/index.js';
import { withDecimalSign } from '../shared/decimal-sign.js';
import type { Scope } from '../shared/scope.js';

const LOOKS: Record<LinkState, Pick<NodeStatus, 'fill' | 'shape'>> = {
  connecting: { fill: 'yellow', shape: 'ring' },
  waiting: { fill: 'blue', shape: 'ring' },
  disconnected: { fill: 'red', shape: 'ring' },
  pausing: { fill: 'grey', shape: 'ring' },
  finished: { fill: 'grey', shape: 'dot' },
};
const AT_MOST_EVERY_MS = 1000;
/** As many characters of a problem as there is room for beside other nodes; the Catch nodes hear all of it. */
const MAX_PROBLEM = 60;

type Shown = LinkState | Reading | { problem: string } | { pausingUntil: number };

/** The node's status, shown at most once a second: thousands of readings must not become thousands of statuses. */
export class StatusLine {
  readonly #show: (status: NodeStatus) => void;
  readonly #translate: (key: string, words?: Record<string, string>) => string;
  #pending: Shown | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    show: (status: NodeStatus) => void,
    translate: (key: string, words?: Record<string, string>) => string,
    scope: Scope,
  ) {
    this.#show = show;
    this.#translate = translate;
    scope.add(() => clearTimeout(this.#timer));
    scope.signal.addEventListener('abort', () => {
      this.#pending = undefined;
    });
  }

  set(shown: Shown): void {
    this.#pending = shown;
    this.#timer ??= this.#flush();
  }

  #flush(): NodeJS.Timeout | undefined {
    const shown = this.#pending;
    this.#pending = undefined;
    if (shown === undefined) return undefined;
    this.#show(this.#render(shown));
    return setTimeout(() => {
      this.#timer = this.#flush();
    }, AT_MOST_EVERY_MS);
  }

  #render(shown: Shown): NodeStatus {
    if (typeof shown === 'string') return { ...LOOKS[shown], text: this.#translate(`status.${shown}`) };
    if ('problem' in shown) {
      return { fill: 'red', shape: 'dot', text: this.#translate('status.problem', { why: shortened(shown.problem) }) };
    }
    if ('pausingUntil' in shown) {
      return { ...LOOKS.pausing, text: this.#translate('status.pausing', { time: clockOf(shown.pausingUntil) }) };
    }
    return { fill: 'green', shape: shown.retained ? 'ring' : 'dot', text: readingText(shown, this.#translate) };
  }
}

/** A sentence as long as it may be, cut between two words. */
export function shortened(sentence: string): string {
  if (sentence.length <= MAX_PROBLEM) return sentence;
  const end = sentence.lastIndexOf(' ', MAX_PROBLEM - 2);
  return end > 0 ? `${sentence.slice(0, end)} …` : `${sentence.slice(0, MAX_PROBLEM - 1)}…`;
}

/** The reading in a few characters: `1412 W · 8:41`, by the hub's own clock. */
export function readingText({ parameters, at }: Reading, translate: (key: string) => string): string {
  const [name, value] = (Object.entries(parameters)[0] ?? ['state', '']) as [ParameterName, unknown];
  if (typeof value !== 'number') return `${typeof value === 'string' ? value : name} · ${clockOf(at)}`;
  const { unit } = PARAMETERS[name];
  const shown = withDecimalSign(String(Number(value.toPrecision(5))), translate);
  return `${shown}${unit ? ` ${unit}` : ''} · ${clockOf(at)}`;
}

function clockOf(at: string | number): string {
  const time = new Date(at);
  return `${time.getHours()}:${String(time.getMinutes()).padStart(2, '0')}`;
}
