import { Ledger, type LedgerKey } from './ledger.js';
import type { LedgerEntry, QueueState, SavedState, ShareItem } from './state.js';

/** What has changed in a queue's state; ready to become JSON. */
interface Change {
  /** Those that are new or others than before, whole. */
  items?: ShareItem[];
  ledger?: LedgerEntry[];
  /** Ids of those that have left. */
  gone?: string[];
  forgotten?: LedgerKey[];
}

/** Finds what has changed in a queue's state, so that a share is not written as often as others are sent. */
export class QueueChanges {
  readonly #items = new Known<ShareItem>();
  readonly #ledger = new Known<LedgerEntry>();

  /** What has changed since the last call, or undefined when nothing has; at the first call it is everything. */
  since({ items, ledger }: QueueState): Change | undefined {
    const ofItems = this.#items.since(new Map(items.map((item) => [item.id, item])));
    const ofLedger = this.#ledger.since(ledger.byKey());
    const forgotten = ofLedger.gone.map(({ target, activityId, moment }) => ({ target, activityId, moment }));
    const change: Change = {
      ...(ofItems.put.length > 0 ? { items: ofItems.put } : {}),
      ...(ofLedger.put.length > 0 ? { ledger: ofLedger.put } : {}),
      ...(ofItems.gone.length > 0 ? { gone: ofItems.gone.map(({ id }) => id) } : {}),
      ...(forgotten.length > 0 ? { forgotten } : {}),
    };
    return Object.keys(change).length > 0 ? change : undefined;
  }

  /** A saved state with the changes that were saved after it, in order. @throws TypeError when they are none */
  applied(saved: unknown, changes: readonly unknown[]): SavedState {
    const { items, ledger, ...rest } = saved as SavedState;
    const byId = new Map(items.map((item) => [item.id, item]));
    const entries = new Ledger(ledger);
    for (const { gone = [], forgotten = [], ...put } of changes as Change[]) {
      for (const id of gone) byId.delete(id);
      for (const key of forgotten) entries.remove(key);
      for (const item of put.items ?? []) byId.set(item.id, item);
      for (const entry of put.ledger ?? []) entries.add(entry);
    }
    return { ...rest, items: [...byId.values()], ledger: entries.toJSON() };
  }
}

/** Records as they were when they were last looked at. What a record holds is replaced when it changes, never changed itself. */
class Known<R extends object> {
  #records = new Map<string, R>();

  since(records: ReadonlyMap<string, R>): { put: R[]; gone: R[] } {
    const before = this.#records;
    const put = [...records].filter(([key, record]) => !isSame(before.get(key), record));
    const gone = [...before].filter(([key]) => !records.has(key));
    for (const [key] of gone) before.delete(key);
    for (const [key, record] of put) before.set(key, { ...record });
    return { put: put.map(([, record]) => record), gone: gone.map(([, record]) => record) };
  }
}

function isSame<R extends object>(before: R | undefined, now: R): boolean {
  if (!before) return false;
  const names = Object.keys(now) as (keyof R)[];
  return names.length === Object.keys(before).length && names.every((name) => before[name] === now[name]);
}
