import { isDeepStrictEqual } from 'node:util';
import { newId } from '../../vocabulary/index.js';
import type { Destination, Moment, SharedActivity } from '../target.js';
import { automaticText, newDraft } from './drafts.js';
import type { LedgerKey } from './ledger.js';
import { forget, type LedgerEntry, type QueueState, type ShareItem, takeBack } from './state.js';

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
  /** What is known by now of a moment that is over: it changes what waits, or was taken back, and is nothing new to tell. */
  isUpdate?: boolean;
}

/** A moment that is not true any more, since that revision of its activity. */
export interface Withdrawal extends LedgerKey {
  revision: number;
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

/** With how to undo it, for when it cannot be saved. */
export interface Accepted extends Acceptance {
  undo(): void;
}

/** How many shares may wait for one target: what a household does in weeks. One that is down is no matter of the others. */
export const MOST_WAITING = 1000;

/** Puts an offer into the queue, unless it is known. @param now epoch milliseconds */
export function accept(state: QueueState, offer: Offer, now: number): Accepted {
  const { destination, activity, moment } = offer;
  const entry = state.ledger.find({ target: destination.id, activityId: activity.id, moment });
  if (entry) {
    if (activity.revision <= entry.revision) return refused('known');
    const waiting = replaceable(state, entry);
    const isUnderWay = waiting?.sending && !waiting.withdrawn;
    if (waiting) return isUnderWay ? keep(waiting, entry, offer, now) : replace(waiting, entry, offer, now);
    if (!mayComeAgain(entry, activity) || (offer.isUpdate && offer.lastsMs <= 0)) return refused('known');
  } else if (offer.isUpdate || (offer.ask && activity.state === 'discarded')) return refused('known');
  if (state.items.filter(({ target }) => target === destination.id).length >= MOST_WAITING) return refused('full');
  const isText = moment !== 'activity';
  if (isText && state.ledger.countToday(destination.id, now) >= offer.dailyCap) return refused('capped');
  return add(state, entry, offer, now);
}

function refused(verdict: Verdict): Accepted {
  return { verdict, undo: () => {} };
}

/**
 * A standing copy may in every state, unless its owner said no to it, and what was told before turns out to be nothing
 * even then; a text only where it was taken back.
 */
function mayComeAgain(entry: LedgerEntry, { state }: SharedActivity): boolean {
  if (entry.moment !== 'activity') return entry.fate === 'withdrawn';
  return entry.fate !== 'discarded' || (state === 'discarded' && wasTold(entry));
}

/**
 * The item that a newer revision may change: one that no receiver has for certain and whose owner did not say yes to its
 * words, one that waits for that yes, one that was taken back (where it was seen, its key says that it is the same again),
 * or a standing copy.
 */
function replaceable(state: QueueState, entry: LedgerEntry): ShareItem | undefined {
  const isCopy = entry.moment === 'activity';
  const item = state.items.find((candidate) => isOf(entry, candidate) && !(isCopy && candidate.sending));
  if (!item || isCopy || item.withdrawn || item.draft) return item;
  return item.mayHaveArrived || entry.agreed ? undefined : item;
}

function replace(item: ShareItem, entry: LedgerEntry, offer: Offer, now: number): Accepted {
  if (offer.isUpdate && !item.withdrawn && isSaidAlready(item.activity, offer.activity)) {
    // So that an older state that comes late does not pass for a correction; until a power cut, for it is not saved by
    // itself.
    entry.revision = offer.activity.revision;
    item.activity = { ...item.activity, revision: entry.revision };
    return refused('known');
  }
  const { activity, text, notAfter, withdrawn, draft } = item;
  const { revision } = entry;
  const isNewQuestion = asksAnew(item, entry, offer);
  // Own words stay while those that they were written over do.
  if (offer.text !== automaticText(item)) item.text = offer.text;
  Object.assign(item, { activity: offer.activity, notAfter: now + offer.lastsMs });
  delete item.withdrawn;
  if (offer.activity.state === 'discarded') delete item.draft;
  if (isNewQuestion) item.draft = newDraft(item, now);
  entry.revision = offer.activity.revision;
  const undo = (): void => {
    Object.assign(item, { activity, text, notAfter }, withdrawn ? { withdrawn } : {});
    if (draft) item.draft = draft;
    else delete item.draft;
    entry.revision = revision;
  };
  return { verdict: 'replaced', item, undo };
}

/** A try is under way: told in place of that one's words, should it come to nothing. */
function keep(item: ShareItem, entry: LedgerEntry, offer: Offer, now: number): Accepted {
  const { newer } = item;
  const { revision } = entry;
  const { activity, text, lastsMs, isUpdate } = offer;
  const isSaid = isUpdate && isSaidAlready((newer ?? item).activity, activity);
  if (!isSaid) item.newer = { activity, text, notAfter: now + lastsMs };
  entry.revision = activity.revision;
  const undo = (): void => {
    if (newer) item.newer = newer;
    else delete item.newer;
    entry.revision = revision;
  };
  return { verdict: 'known', undo };
}

/** Whether it says something that its owner was not asked about, or did not say yes to before the text was taken back. */
function asksAnew(item: ShareItem, entry: LedgerEntry, offer: Offer): boolean {
  // Whoever was told of something that was nothing is to know, whatever the owner says, or does not say.
  if (offer.activity.state === 'discarded') return false;
  if (offer.ask && !entry.agreed && !item.draft) return true;
  // A yes to a standing copy is one to all its states, but not to another activity.
  if (item.moment === 'activity') return item.draft !== undefined && !isSaidAlready(item.activity, offer.activity);
  const isAsked = item.draft !== undefined || (offer.ask && entry.agreed === true);
  return isAsked && offer.text !== automaticText(item);
}

/** What a person would correct of what was said; its figures were those of that moment, and do not count. */
const CORRECTABLE = ['activity', 'category', 'drink', 'startedAt', 'place', 'appliance'] as const;

function isSaidAlready(said: SharedActivity, known: SharedActivity): boolean {
  return CORRECTABLE.every((name) => isDeepStrictEqual(said[name], known[name]));
}

function add(state: QueueState, entry: LedgerEntry | undefined, offer: Offer, now: number): Accepted {
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
  const ask = offer.ask && !entry?.agreed && activity.state !== 'discarded';
  if (ask) item.draft = newDraft(item, now);
  state.items.push(item);
  state.ledger.add({
    ...entry,
    target: destination.id,
    activityId: activity.id,
    moment,
    revision: activity.revision,
    at: now,
    fate: 'waiting',
  });
  const undo = (): void => {
    forget(state, item);
    if (entry) state.ledger.add(entry);
  };
  return { verdict: ask ? 'draft' : 'waiting', item, undo };
}

/**
 * Takes back what is not true any more; the moment may then come again. What may have been seen already is kept for
 * that, but not sent meanwhile. Of a standing copy, only one that waits for the first yes.
 * @returns whether there was something to take back
 */
export function withdraw(state: QueueState, { revision, ...key }: Withdrawal): boolean {
  const entry = state.ledger.find(key);
  // What came before the moment, and comes late or twice, does not know of it.
  if (!entry || revision <= entry.revision) return false;
  const item = state.items.find((candidate) => isOf(key, candidate));
  if (key.moment === 'activity' && entry.fate !== 'withdrawn' && !isUntold(item, entry)) return false;
  entry.revision = revision;
  if (!item || item.withdrawn) return false;
  delete item.newer;
  if (item.sending || item.mayHaveArrived) item.withdrawn = true;
  else takeBack(state, item);
  return true;
}

/** Whoever keeps a copy already has to be told that it is one of nothing. */
function isUntold(item: ShareItem | undefined, entry: LedgerEntry): boolean {
  return item?.draft !== undefined && !item.mayHaveArrived && !wasTold(entry);
}

function wasTold({ remoteId, mayHaveArrived }: LedgerEntry): boolean {
  return remoteId !== undefined || mayHaveArrived === true;
}

function isOf(key: LedgerKey, item: ShareItem): boolean {
  return item.target === key.target && item.moment === key.moment && item.activity.id === key.activityId;
}
