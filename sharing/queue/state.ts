import type { Share } from '../target.js';
import { Ledger } from './ledger.js';

/** A share on its way to one target. Times are epoch milliseconds. */
export interface ShareItem extends Share {
  target: string;
  /** Not tried before. */
  notBefore: number;
  /** Not sent after: late is worse than never. */
  notAfter: number;
  tries: number;
  /** Tries that reached the target and got no proper answer. */
  chokes: number;
  /** A try began and its end was not seen yet; after a restart that means it may have arrived. */
  sending: boolean;
  mayHaveArrived: boolean;
  /** Waits for its owner's yes until then. */
  draft?: Draft;
}

export interface Draft {
  /** Good for one yes or no. */
  token: string;
  until: number;
}

/** What became of a share; `waiting` while it is on its way. */
export type Fate = 'waiting' | 'sent' | 'failed' | 'unknown' | 'expired' | 'discarded';

/** The memory that keeps the same moment of the same activity from being told twice. */
export interface LedgerEntry {
  target: string;
  activityId: string;
  moment: Share['moment'];
  revision: number;
  at: number;
  fate: Fate;
  /** Its owner said yes to this activity, so that its later states need no asking. */
  agreed?: boolean;
  remoteId?: string;
  url?: string;
}

export interface Stop {
  reason: string;
  status?: number;
  /** The destination's settings at that time: other settings lift the stop. */
  settings: string;
}

/** Everything a queue has to remember; ready to become JSON. */
export interface QueueState {
  version: 1;
  items: ShareItem[];
  ledger: Ledger;
  stopped: Record<string, Stop>;
}

function emptyState(): QueueState {
  return { version: 1, items: [], ledger: new Ledger(), stopped: {} };
}

type SavedState = Omit<QueueState, 'ledger'> & { ledger: LedgerEntry[] };

/** Whether a saved value is a queue state of this version's form. */
export function isQueueState(saved: unknown): saved is SavedState {
  const { version, items, ledger } = (saved ?? {}) as Partial<SavedState>;
  return version === 1 && Array.isArray(items) && items.every(isItem) && Array.isArray(ledger) && ledger.every(isEntry);
}

function isItem(item: Partial<ShareItem> | null): boolean {
  return typeof item?.target === 'string' && typeof item.activity?.id === 'string' && Number.isFinite(item.notAfter);
}

function isEntry(entry: Partial<LedgerEntry> | null): boolean {
  return typeof entry?.target === 'string' && typeof entry.activityId === 'string' && Number.isFinite(entry.at);
}

/**
 * A saved state, made ready to go on: a try that was under way may have arrived.
 * @throws Error when it is no queue state
 */
export function restore(saved: unknown): QueueState {
  if (saved === undefined) return emptyState();
  if (!isQueueState(saved)) throw new Error('the saved shares are of a form that this version does not know');
  for (const item of saved.items) {
    if (item.sending) item.mayHaveArrived = true;
    item.sending = false;
  }
  return { version: 1, items: saved.items, ledger: new Ledger(saved.ledger), stopped: saved.stopped ?? {} };
}

/** True when a newer revision of the same standing copy waits behind this one. */
export function isSuperseded(state: QueueState, item: ShareItem): boolean {
  if (item.moment !== 'activity') return false;
  return state.items.some(
    (other) => other !== item && sameMoment(other, item) && other.activity.revision > item.activity.revision,
  );
}

function sameMoment(item: ShareItem, other: ShareItem): boolean {
  return item.target === other.target && item.moment === other.moment && item.activity.id === other.activity.id;
}

export function removeItem(state: QueueState, item: ShareItem): void {
  const index = state.items.indexOf(item);
  if (index >= 0) state.items.splice(index, 1);
}

/** Puts what waits on a clock that was set by so many milliseconds. @returns whether anything waits */
export function moveItems({ items }: QueueState, by: number): boolean {
  for (const item of items) {
    item.createdAt += by;
    item.notBefore += by;
    item.notAfter += by;
    if (item.draft) item.draft.until += by;
  }
  return items.length > 0;
}
