import type { ProblemCode } from '../../../schema/index.js';
import type { OperationName, StoreFailure } from '../store.js';

/** What the main thread and the store's thread say to each other. */
export interface Operation {
  name: OperationName;
  call: unknown;
}

export type Answer =
  | { value: unknown }
  | { refused: { code: ProblemCode; message: string; retryAfterSeconds?: number } }
  | { failed: string };

export type Reply =
  | { ready: true }
  | { failed: string; reason?: StoreFailure['reason'] | undefined }
  | { answers: Answer[] }
  | { closed: true };
