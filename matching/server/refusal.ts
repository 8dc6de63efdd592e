import type { ProblemCode } from '../schema/index.js';

/** A request that is not carried out, and why: becomes a problem document. Thrown before anything is written. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: ProblemCode,
    detail = '',
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }
}

/** @param what is too much, as the caller is told */
export function tooOften(what: string, seconds: number): Refusal {
  return new Refusal('too-many-requests', `${what}: come back in ${seconds} s`, seconds);
}
