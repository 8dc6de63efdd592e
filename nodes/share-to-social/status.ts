import type { QueueEvent, QueueSummary } from '../../sharing/index.js';

export interface Status {
  fill: 'green' | 'yellow' | 'red' | 'grey' | 'blue';
  shape: 'dot' | 'ring';
  /** Of the catalogue, below `status`. */
  key: string;
  values: Record<string, string | number>;
}

/** Whoever answers so wants another token or secret. */
const REFUSED = [401, 403];

/** The one thing about the queue that its owner wants to know first. */
export function statusOf(queue: QueueSummary, last: QueueEvent | undefined): Status {
  const { activities, drafts, stopped, retryAt } = queue;
  if (last?.event === 'leapt') return { fill: 'yellow', shape: 'ring', ...of('leapt') };
  if (stopped) {
    const { status } = stopped;
    const isRefused = status === undefined || REFUSED.includes(status);
    const words = isRefused ? of('stopped-settings') : counted('stopped', activities, { status });
    return { fill: 'red', shape: 'ring', ...words };
  }
  if (retryAt !== undefined) {
    return { fill: 'yellow', shape: 'ring', ...counted('retry', activities, { time: clockTime(retryAt) }) };
  }
  if (drafts > 0) return { fill: 'blue', shape: 'ring', ...of('held', { drafts }) };
  if (activities > 0) return { fill: 'yellow', shape: 'dot', ...counted('waiting', activities) };
  switch (last?.event) {
    case 'sent':
      return { fill: 'green', shape: 'dot', ...of('sent', { name: shortened(last.destination.name) }) };
    case 'failed':
    case 'unknown':
    case 'unsaved':
    case 'unread':
      return { fill: 'red', shape: 'dot', ...of(last.event) };
    case 'expired':
      if (last.item.mayHaveArrived) return { fill: 'red', shape: 'dot', ...of('unknown') };
      return { fill: 'grey', shape: 'dot', ...of('expired') };
    case 'discarded':
      return { fill: 'grey', shape: 'dot', ...of(last.event) };
    default:
      return { fill: 'grey', shape: 'dot', ...of('ready') };
  }
}

function of(key: string, values: Record<string, string | number> = {}): Pick<Status, 'key' | 'values'> {
  return { key, values };
}

/** One has a sentence of its own. */
function counted(key: string, count: number, values: Status['values'] = {}): Pick<Status, 'key' | 'values'> {
  return of(count === 1 ? `${key}-one` : key, { ...values, count });
}

/** A name, as long as there is room for it in a status. */
export function shortened(name: string): string {
  return name.slice(0, 20);
}

/** By the hub's clock: unlike a number of seconds it stays true while it is shown. @param at epoch milliseconds */
function clockTime(at: number): string {
  return new Date(Math.ceil(at / 1000) * 1000).toTimeString().slice(0, 8);
}
