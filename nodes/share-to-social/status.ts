import type { QueueEvent, QueueSummary } from '../../sharing/index.js';

export interface Status {
  fill: 'green' | 'yellow' | 'red' | 'grey' | 'blue';
  shape: 'dot' | 'ring';
  /** Of the catalogue, below `status`. */
  key: string;
  values: Record<string, string | number>;
}

/** The one thing about the queue that its owner wants to know first. @param now epoch milliseconds */
export function statusOf(queue: QueueSummary, last: QueueEvent | undefined, now: number): Status {
  const { waiting, drafts, stopped, retryAt } = queue;
  if (last?.event === 'leapt') return { fill: 'yellow', shape: 'ring', ...of('leapt') };
  if (stopped) {
    const { status } = stopped;
    return { fill: 'red', shape: 'ring', ...(status ? of('stopped', { status }) : of('stopped-settings')) };
  }
  if (retryAt !== undefined && waiting > 0) {
    return { fill: 'yellow', shape: 'ring', ...of('retry', { wait: waitInWords(retryAt - now), waiting }) };
  }
  if (drafts > 0) return { fill: 'blue', shape: 'ring', ...of('held', { drafts }) };
  if (waiting > 0) return { fill: 'yellow', shape: 'dot', ...of('waiting', { waiting }) };
  switch (last?.event) {
    case 'sent':
      return { fill: 'green', shape: 'dot', ...of('sent', { name: last.destination.name.slice(0, 20) }) };
    case 'failed':
    case 'unknown':
    case 'unsaved':
    case 'unread':
      return { fill: 'red', shape: 'dot', ...of(last.event) };
    case 'expired':
    case 'discarded':
      return { fill: 'grey', shape: 'dot', ...of(last.event) };
    default:
      return { fill: 'grey', shape: 'dot', ...of('ready') };
  }
}

function of(key: string, values: Record<string, string | number> = {}): Pick<Status, 'key' | 'values'> {
  return { key, values };
}

function waitInWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
