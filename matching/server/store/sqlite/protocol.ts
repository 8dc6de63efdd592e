import type { ProblemCode } from '../../../schema/index.js';
import type { Publication } from '../../rules/publication.js';
import type { OperationName, PublishCall, Published, StoreFailure } from '../store.js';

/** What the main thread and the store's thread say to each other. */
export interface Operation {
  name: OperationName;
  call: unknown;
}

export type Answer =
  | { value: unknown }
  | { refused: { code: ProblemCode; message: string; retryAfterSeconds?: number } }
  | { failed: string };

/** Answers of publishes as `packAnswer` packs them, the others as they are. */
export type Reply =
  | { ready: true }
  | { failed: string; reason?: StoreFailure['reason'] | undefined }
  | { answers: (Answer | PackedAnswer)[] }
  | { closed: true };

export type Packed = unknown[];
export type PackedAnswer = [...string[]];

/**
 * A publish as a row of values: between threads an object costs the names of all its properties, each time.
 */
export function pack({ name, call }: Operation): Operation | Packed {
  if (name !== 'publish') return { name, call };
  const { credential, now, publication, beginsIn } = call as PublishCall;
  const { id, revision, activity, state, started, ended, closes, body, actions } = publication;
  const token = Buffer.from(credential).toString('latin1');
  return [token, now, id, revision, activity, state, started, ended, closes, body, actions, beginsIn];
}

export function unpack(message: Operation | Packed): Operation {
  if (!Array.isArray(message)) return message;
  const [token, now, id, revision, activity, state, started, ended, closes, body, actions, beginsIn] = message as [
    ...[string, number, Publication['id'], Publication['revision'], Publication['activity'], Publication['state']],
    ...[
      Publication['started'],
      Publication['ended'],
      Publication['closes'],
      Publication['body'],
      Publication['actions'],
      PublishCall['beginsIn'],
    ],
  ];
  const publication: Publication = { id, revision, activity, state, started, ended, closes, body, actions };
  const call: PublishCall = {
    credential: Buffer.from(token, 'latin1'),
    now,
    publication,
    ...(beginsIn === undefined ? {} : { beginsIn }),
  };
  return { name: 'publish', call };
}

export function packAnswer({ name }: Operation, answer: Answer): Answer | PackedAnswer {
  if (name !== 'publish' || !('value' in answer)) return answer;
  const { outcome, activity, state, json, told } = answer.value as Published;
  return [outcome, activity, state, json, ...told];
}

export function unpackAnswer(answer: Answer | PackedAnswer): Answer {
  if (!Array.isArray(answer)) return answer;
  const [outcome, activity, state, json, ...told] = answer;
  return { value: { outcome, activity, state, json, told } as Published };
}
