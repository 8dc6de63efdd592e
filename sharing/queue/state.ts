import type { Share } from '../target.js';
import type { Earlier } from './earlier.js';
import { Ledger } from './ledger.js';

/** A share on its way to one target. Times are epoch milliseconds. Activity and draft are replaced, never changed. */
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
  /** What it was corrected to while a try was under way. */
  newer?: Pick<ShareItem, 'activity' | 'text' | 'notAfter'>;
  /** Taken back when it may have been seen already: not sent unless its moment comes again, as the same share. */
  withdrawn?: boolean;
  /** The target itself asked for the wait: it is not ended before its time. */
  asked?: boolean;
  /** The address that the target had when it failed last; at another one it is tried at once. */
  failedWith?: string;
  /** Waits for its owner's yes until then. */
  draft?: Draft;
}

export interface Draft {
  /** Good for one yes or no. */
  token: string;
  until: number;
  /** Its owner was told of it. */
  asked?: boolean;
  /** The text before its owner's own words: only when that changes, they are not up to date any more. */
  worded?: string;
}

/**
 * What became of a share; `waiting` while it is on its way. `withdrawn`: taken back before anybody can have seen it, and may
 * come again.
 */
export type Fate = 'waiting' | 'sent' | 'failed' | 'unknown' | 'expired' | 'discarded' | 'withdrawn';

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
  /** Its last state was refused: as what, and why. A copy that is refused in every state is a trouble to be told once. */
  refused?: string;
  /** An item of it left the queue of which nobody could say whether it arrived: that one, not those that follow. */
  mayHaveArrived?: boolean;
  remoteId?: string;
}

/** Everything a queue has to remember; ready to become JSON. */
export interface QueueState {
  version: 1;
  items: ShareItem[];
  ledger: Ledger;
}

export function emptyState(): QueueState {
  return { version: 1, items: [], ledger: new Ledger() };
}

export type SavedState = Omit<QueueState, 'ledger'> & { ledger: LedgerEntry[] };

/** Whether a saved value is a queue state of this version's form. */
export function isQueueState(saved: unknown): saved is SavedState {
  const { version, items, ledger } = (saved ?? {}) as Partial<SavedState>;
  const isKnown = version === 1 && Array.isArray(items) && Array.isArray(ledger);
  return isKnown && items.every(isItem) && ledger.every(isEntry);
}

/** Whatever the queue counts with or sends: one wrong time, and an item would neither go nor let others go. */
function isItem(item: unknown): boolean {
  if (!isRecord(item) || !isRecord(item.activity)) return false;
  const { id, key, target, moment, text, activity, draft } = item;
  const { createdAt, notBefore, notAfter, tries, chokes } = item;
  return (
    [id, key, target, moment, text, activity.id].every(isText) &&
    [createdAt, notBefore, notAfter, tries, chokes, activity.revision].every(Number.isFinite) &&
    (draft === undefined || (isRecord(draft) && isText(draft.token) && Number.isFinite(draft.until)))
  );
}

function isEntry(entry: unknown): boolean {
  if (!isRecord(entry)) return false;
  const { target, activityId, moment, fate, revision, at } = entry;
  return [target, activityId, moment, fate].every(isText) && [revision, at].every(Number.isFinite);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A saved state, made ready to go on: a try that was under way may have arrived, and what is of the future was made
 * before the clock was set back. @param now epoch milliseconds
 * @param earlier gets all of it
 * @throws Error when it is no queue state
 */
export function restore(saved: unknown, now: number, earlier: Earlier): QueueState {
  if (saved === undefined) return emptyState();
  if (!isQueueState(saved)) throw new Error('the saved shares are of a form that this version does not know');
  for (const item of saved.items) {
    if (item.sending) item.mayHaveArrived = true;
    item.sending = false;
    delete item.newer;
    earlier.add(item);
    moveItem(item, earlier.move(item, Math.min(0, now - item.createdAt)));
  }
  for (const entry of saved.ledger) {
    earlier.add(entry);
    entry.at += earlier.move(entry, Math.min(0, now - entry.at));
  }
  return { version: 1, items: saved.items, ledger: new Ledger(saved.ledger) };
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

/** What is remembered of the item's moment. */
export function entryOf({ ledger }: QueueState, item: ShareItem): LedgerEntry | undefined {
  return ledger.find({ target: item.target, activityId: item.activity.id, moment: item.moment });
}

/** The item leaves the queue; that it may have arrived is remembered. */
export function removeItem(state: QueueState, item: ShareItem): void {
  const entry = item.mayHaveArrived ? entryOf(state, item) : undefined;
  if (entry) entry.mayHaveArrived = true;
  const index = state.items.indexOf(item);
  if (index >= 0) state.items.splice(index, 1);
}

/** Takes an item back that nobody can have seen: a newer state may bring it again, a late copy of an older one does not. */
export function takeBack(state: QueueState, item: ShareItem): void {
  removeItem(state, item);
  const entry = entryOf(state, item);
  if (!entry) return;
  entry.fate = 'withdrawn';
  delete entry.agreed;
}

/** Removes the item and its ledger entry, as if it had never been offered. */
export function forget(state: QueueState, item: ShareItem): void {
  removeItem(state, item);
  state.ledger.remove({ target: item.target, activityId: item.activity.id, moment: item.moment });
}

/**
 * Puts what waits, and what is remembered, on a clock that was set by so many milliseconds: nothing is late or forgotten
 * because of that. @returns whether anything that waits was moved
 */
export function moveTimes({ items, ledger }: QueueState, by: number, earlier: Earlier): boolean {
  for (const entry of ledger.byKey().values()) entry.at += earlier.move(entry, by);
  const moves = items.map((item) => moveItem(item, earlier.move(item, by)));
  return moves.some((moved) => moved !== 0);
}

/** @returns how far it was moved */
function moveItem(item: ShareItem, by: number): number {
  item.createdAt += by;
  item.notBefore += by;
  item.notAfter += by;
  if (item.newer) item.newer = { ...item.newer, notAfter: item.newer.notAfter + by };
  if (item.draft) item.draft = { ...item.draft, until: item.draft.until + by };
  return by;
}
