import type { Destination, Outcome } from '../target.js';
import { entryOf, type Fate, isSuperseded, type QueueState, removeItem, type ShareItem, takeBack } from './state.js';

/** What the outcome of a try means for the item and its target. */
export type Consequence =
  | { what: 'sent' | 'unknown' | 'stopped' }
  /** `again`: just as the state before it. */
  | { what: 'failed'; again: boolean }
  /** Again later; `askedMs` is what the server asked for. */
  | { what: 'retry'; askedMs?: number };

/**
 * Writes a try's outcome into the state. What certainly did not arrive may always be sent again; what may have arrived
 * only where a second copy does no harm.
 */
export function settle(state: QueueState, item: ShareItem, destination: Destination, outcome: Outcome): Consequence {
  item.sending = false;
  if (outcome.outcome === 'sent') {
    finish(state, item, 'sent', outcome.remoteId);
    delete entryOf(state, item)?.refused;
    return { what: 'sent' };
  }
  if (outcome.outcome === 'failed' && outcome.permanent === 'item') {
    finish(state, item, 'failed');
    return { what: 'failed', again: isRefusedAgain(state, item, outcome.reason) };
  }
  if (outcome.outcome === 'failed' && outcome.permanent === 'target') {
    dropNeedless(state, item);
    return { what: 'stopped' };
  }
  if (outcome.outcome === 'unknown') {
    item.mayHaveArrived = true;
    item.chokes += 1;
    if (!mayResend(destination)) {
      finish(state, item, 'unknown');
      return { what: 'unknown' };
    }
  }
  dropNeedless(state, item);
  return { what: 'retry', ...(outcome.retryAfterMs === undefined ? {} : { askedMs: outcome.retryAfterMs }) };
}

/** Whether the state before was refused as well, under the same name and for the same reason; remembers that of this one. */
function isRefusedAgain(state: QueueState, item: ShareItem, reason: string): boolean {
  const entry = entryOf(state, item);
  // A text is told once, and so is what came of it.
  if (!entry || item.moment !== 'activity') return false;
  const refused = `${item.activity.activity}: ${reason}`;
  const isAgain = entry.refused === refused;
  entry.refused = refused;
  return isAgain;
}

/** What became old or untrue during a try that came to nothing. */
function dropNeedless(state: QueueState, item: ShareItem): void {
  takeNewer(item);
  if (item.withdrawn && !item.mayHaveArrived) takeBack(state, item);
  else if (isSuperseded(state, item)) removeItem(state, item);
}

/** What was corrected during a try is told as corrected, unless the words of the try may have been seen. */
export function takeNewer(item: ShareItem): void {
  if (!item.sending && !item.mayHaveArrived) Object.assign(item, item.newer);
  delete item.newer;
}

export function mayResend({ idempotency }: Destination): boolean {
  return idempotency !== 'none';
}

/** The item leaves the queue; the ledger remembers what became of it: of what may have arrived, only `sent` is certain. */
export function finish(state: QueueState, item: ShareItem, fate: Fate, remoteId?: string): void {
  removeItem(state, item);
  const entry = entryOf(state, item);
  // A newer state of a copy may already be on its way: the entry then speaks of that one.
  if (!entry || (item.moment === 'activity' && entry.revision > item.activity.revision)) return;
  Object.assign(entry, {
    fate: item.mayHaveArrived && fate !== 'sent' ? 'unknown' : fate,
    ...(remoteId ? { remoteId } : {}),
  });
}

/** After so many tries that the target choked on, an item lets later ones pass: a bad one must not hold up the rest. */
const PATIENCE = 3;

/** When there is an item to send, in epoch milliseconds; never for what waits for a yes, or to be true again. */
export function dueAt(items: readonly ShareItem[]): number {
  const agreed = items.filter(isToSend);
  const first = agreed.find((item) => item.chokes < PATIENCE);
  const candidates = agreed.filter((item) => item === first || item.chokes >= PATIENCE);
  return Math.min(...candidates.map(({ notBefore }) => notBefore));
}

/** The item to send next: in order, and when there is none, the least bad of those that were put aside. */
export function nextItem(items: readonly ShareItem[], now: number): ShareItem | undefined {
  const agreed = items.filter(isToSend);
  const first = agreed.find((item) => item.chokes < PATIENCE);
  if (first && first.notBefore <= now) return first;
  const aside = agreed.filter((item) => item.chokes >= PATIENCE && item.notBefore <= now);
  return aside.sort((one, other) => one.chokes - other.chokes)[0];
}

function isToSend({ draft, withdrawn }: ShareItem): boolean {
  return !draft && !withdrawn;
}
