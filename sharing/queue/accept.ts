import { newId } from '../../vocabulary/index.js';
import type { Destination, Moment, SharedActivity } from '../target.js';
import { newDraft } from './drafts.js';
import type { LedgerKey } from './ledger.js';
import { type LedgerEntry, type QueueState, removeItem, type ShareItem } from './state.js';

/** Something to tell one destination. */
export interface Offer {
  destination: Pick<Destination, 'id'>;
  moment: Moment;
  activity: SharedActivity;
  text: string;
  /** Wait for the owner's yes. */
  ask: boolean;
  /** Milliseconds after which it is not worth telling any more. */
  lastsMs: number;
  /** Texts to this destination a day. */
  dailyCap: number;
}

/**
 * `waiting`: on its way. `draft`: waits for a yes. `replaced`: takes the place of an older one that was still waiting.
 * `known`: told, or turned down, before. `capped`: enough for today. `full`: too many wait already.
 */
export type Verdict = 'waiting' | 'draft' | 'replaced' | 'known' | 'capped' | 'full';

export interface Acceptance {
  verdict: Verdict;
  item?: ShareItem;
}

/** How many shares may wait at once: what a household does in weeks. */
export const MOST_WAITING = 1000;

/** Puts an offer into the queue, unless it is known. @param now epoch milliseconds */
export function accept(state: QueueState, offer: Offer, now: number): Acceptance {
  const { destination, activity, moment } = offer;
  const entry = state.ledger.find({ target: destination.id, activityId: activity.id, moment });
  if (entry) {
    if (activity.revision <= entry.revision) return { verdict: 'known' };
    const waiting = replaceable(state, entry);
    if (waiting) return replace(waiting, entry, offer, now);
    if (moment !== 'activity' || entry.fate === 'discarded') return { verdict: 'known' };
  }
  if (state.items.length >= MOST_WAITING) return { verdict: 'full' };
  if (moment !== 'activity' && state.ledger.countToday(destination.id, now) >= offer.dailyCap)
    return { verdict: 'capped' };
  return add(state, entry, offer, now);
}

/** The item that a newer revision may change: one that no receiver can have seen, or a standing copy. */
function replaceable(state: QueueState, entry: LedgerEntry): ShareItem | undefined {
  const item = state.items.find((candidate) => isOf(entry, candidate) && !candidate.sending);
  if (!item || item.moment === 'activity') return item;
  return item.mayHaveArrived || item.draft ? undefined : item;
}

function replace(item: ShareItem, entry: LedgerEntry, offer: Offer, now: number): Acceptance {
  Object.assign(item, { activity: offer.activity, text: offer.text, notAfter: now + offer.lastsMs });
  entry.revision = offer.activity.revision;
  return { verdict: 'replaced', item };
}

function add(state: QueueState, entry: LedgerEntry | undefined, offer: Offer, now: number): Acceptance {
  const { destination, activity, moment, text } = offer;
  const item: ShareItem = {
    id: newId(now),
    key: newId(now),
    target: destination.id,
    moment,
    text,
    activity,
    createdAt: now,
    notBefore: now,
    notAfter: now + offer.lastsMs,
    tries: 0,
    chokes: 0,
    sending: false,
    mayHaveArrived: false,
  };
  const ask = offer.ask && !entry?.agreed;
  if (ask) item.draft = newDraft(now);
  state.items.push(item);
  const remembered = { revision: activity.revision, at: now, fate: 'waiting' as const };
  if (entry) Object.assign(entry, remembered);
  else state.ledger.add({ target: destination.id, activityId: activity.id, moment, ...remembered });
  return { verdict: ask ? 'draft' : 'waiting', item };
}

/**
 * Takes back what is not true any more, if nobody can have seen it yet; the moment may then come again.
 * @returns whether there was something to take back
 */
export function withdraw(state: QueueState, key: LedgerKey): boolean {
  const item = state.items.find((candidate) => isOf(key, candidate));
  if (!item || item.sending || item.mayHaveArrived) return false;
  forget(state, item);
  return true;
}

/** Removes the item and its ledger entry, as if it had never been offered. */
export function forget(state: QueueState, item: ShareItem): void {
  removeItem(state, item);
  state.ledger.remove({ target: item.target, activityId: item.activity.id, moment: item.moment });
}

function isOf(key: LedgerKey, item: ShareItem): boolean {
  return item.target === key.target && item.moment === key.moment && item.activity.id === key.activityId;
}
