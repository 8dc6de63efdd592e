import type { Context, Runnable } from 'mocha';

const reasons = new Map<string, string>();

/** Skips the running test or the suite whose hook this is, and says why; `npm test` prints the reason. */
export function leaveOut(context: Context, reason: string): never {
  const runnable = context.test ?? context.currentTest;
  reasons.set(runnable?.parent?.fullTitle() ?? '', reason);
  context.skip();
}

export function reasonFor(test: Runnable): string {
  for (let suite = test.parent; suite; suite = suite.parent) {
    const reason = reasons.get(suite.fullTitle());
    if (reason) return reason;
  }
  return 'skipped without a reason';
}
