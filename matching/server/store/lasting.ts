import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../refusal.js';
import { type OperationName, type Store, storeOf } from './store.js';

/** Until the first try, and at most between two of them. */
const FIRST_WAIT_MS = 1000;
const MOST_WAIT_MS = 60_000;

interface Lasting {
  open: () => Promise<Store>;
  /** It stopped by itself, and is tried again. */
  onStopped: (problem: Error) => void;
  onReopened: () => void;
}

/**
 * A store that is opened again when it stops by itself, with growing pauses. While it is away every call is refused as
 * `unavailable`: what was under way may be on disk or not, and is answered once it is asked again.
 * @throws StoreFailure when it cannot be opened the first time
 */
export async function openLasting({ open, onStopped, onReopened }: Lasting): Promise<Store> {
  const closing = new AbortController();
  const { signal } = closing;
  let store = await open();
  let isAway = false;
  let reopening: Promise<void> = Promise.resolve();

  const follow = (): void => {
    void store.ended.then((problem) => {
      isAway = true;
      onStopped(problem);
      reopening = reopen();
    });
  };
  const reopen = async (): Promise<void> => {
    for (let waitMs = FIRST_WAIT_MS; isAway; waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)) {
      await wait(waitMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await open().then(
        (opened) => {
          store = opened;
          isAway = false;
        },
        // Told already: it is away.
        () => {},
      );
    }
    follow();
    onReopened();
  };
  const operation = <Name extends OperationName>(name: Name): Store[Name] =>
    (async (call: never) => {
      if (isAway) throw new Refusal('unavailable');
      try {
        return await (store[name] as (call: never) => Promise<unknown>)(call);
      } catch (error) {
        throw isAway ? new Refusal('unavailable') : error;
      }
    }) as Store[Name];

  follow();
  const close = async (): Promise<void> => {
    closing.abort();
    await reopening;
    await store.close();
  };
  // A store that several processes share never stops by itself: its feed stays the same.
  const { feed } = store;
  // Never: it comes back.
  return storeOf(operation, { close, ended: new Promise(() => {}), ...(feed ? { feed } : {}) });
}
