import { setTimeout as wait } from 'node:timers/promises';
import type { StoreFailure } from './store/index.js';

/** So often what does not open yet is tried again, in milliseconds. */
const AGAIN_MS = 10_000;

/** Why a store does not open, where waiting may mend it: its server comes later, or room on the disk. */
const PASSES: readonly unknown[] = ['away', 'full'] satisfies StoreFailure['reason'][];

/**
 * Opens what has a store, and waits for that where waiting may mend it.
 * @param onWait takes the reason, whenever it is another one
 * @returns undefined when it was called off before
 * @throws what waiting does not mend
 */
export async function patiently<Opened>(
  open: () => Promise<Opened>,
  onWait: (reason: Error) => void,
  calledOff: AbortSignal,
): Promise<Opened | undefined> {
  let told: string | undefined;
  while (!calledOff.aborted) {
    try {
      return await open();
    } catch (error) {
      const { reason, message } = error as StoreFailure;
      if (!PASSES.includes(reason)) throw error;
      if (message !== told) onWait(error as Error);
      told = message;
    }
    await wait(AGAIN_MS, undefined, { signal: calledOff }).catch(() => {});
  }
  return undefined;
}
