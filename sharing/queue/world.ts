import type { Destination, Outcome } from '../target.js';
import type { BackOff } from './back-off.js';
import type { QueueState, ShareItem } from './state.js';

/** What the queue needs of the world; all of it can be played by a test. */
export interface QueueWorld {
  load(): Promise<unknown>;
  /** Resolves when the state, as it was at the call or later, is on disk. */
  save(state: QueueState): Promise<void>;
  /** Whether its owner tells that target; true also of one that is away for now. */
  isChosen(id: string): boolean;
  /**
   * What of a saved item may be told by its owner's rules of now, in which words, and whether only after a yes; undefined
   * when nothing. Never rejects.
   */
  review?(item: ShareItem): Promise<(Pick<ShareItem, 'activity' | 'text'> & { ask: boolean }) | undefined>;
  /** The destination of that id as it is now, or undefined when there is none any more. */
  destination(id: string): Destination | undefined;
  /** Epoch milliseconds. */
  now(): number;
  /** How far the clock of `now` was set since the last call, in milliseconds; 0 when it just went on. */
  leap?(): number;
  /** 0 to 1. */
  random(): number;
  /** Runs the task once after so many milliseconds; returns how to cancel it. */
  after(ms: number, task: () => void): () => void;
  tell(event: QueueEvent): void;
  /** What the queue itself has to say, in words for a person. */
  words(key: QueueWords, values?: Record<string, string>): string;
  backOff?: BackOff;
}

/**
 * `ended`: a try was cut short by a restart. `thrown`: something went wrong within a try. `unsaved`: the list cannot be
 * saved, for a `reason`. `not-taken`: nor can what was offered, and it is not sent. `closed`: it came too late.
 */
export type QueueWords = 'ended' | 'thrown' | 'unsaved' | 'not-taken' | 'closed';

export type QueueEvent =
  | { event: 'sent'; item: ShareItem; destination: Destination; outcome: Extract<Outcome, { outcome: 'sent' }> }
  | {
      event: 'failed' | 'unknown' | 'stopped';
      item: ShareItem;
      destination: Destination;
      reason: string;
      status?: number;
      /** The state before it was refused for the same reason: that says nothing new. */
      again?: boolean;
    }
  | { event: 'retry'; item: ShareItem; destination: Destination; reason: string; failures: number; at: number }
  /** Too late to be told; the item says whether it may have arrived all the same. */
  | { event: 'expired'; item: ShareItem }
  /** Waits for its owner's yes. */
  | { event: 'draft'; item: ShareItem; destination: Destination | undefined }
  | { event: 'discarded'; item: ShareItem }
  /** The token of a draft that its owner was told of is good for nothing any more, and they did not answer. */
  | { event: 'void'; item: ShareItem; token: string; destination: Destination | undefined }
  | { event: 'unsaved' | 'unread'; reason: string }
  /** The clock was set while something was waiting, by so many milliseconds; what waits was put on the new time. */
  | { event: 'leapt'; by: number }
  /** Something moved: a status may want to be shown anew. */
  | { event: 'changed' };

/** Saves, or tells that it could not. Never rejects. */
export async function saveOrTell(world: QueueWorld, state: QueueState): Promise<void> {
  try {
    await world.save(state);
  } catch (error) {
    world.tell({ event: 'unsaved', reason: messageOf(error) });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
