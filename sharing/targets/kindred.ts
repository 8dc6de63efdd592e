import { unlessAborted } from '../abort.js';
import type { Outcome, Reason, SharedActivity, ShareTarget } from '../target.js';
import { LONGEST_WAIT } from '../wait.js';

/** What of the matching endpoint's client is needed here. */
export interface Publisher {
  publish(activity: SharedActivity): Promise<object>;
}

export interface KindredCredentials {
  client: Publisher;
}

/** What the client throws; its fields say whether the activity may have arrived. */
interface EndpointProblem {
  kind?: string;
  status?: number;
  message?: string;
  retryAfterSeconds?: number;
  mayHaveArrived?: boolean;
}

const STOPPING = [401, 403, 404, 410];

/**
 * A kindred account: the matching endpoint keeps one copy of each activity, by id and revision, so that the same again
 * changes nothing. Its answer brings the people of the moment.
 */
export const kindred: ShareTarget<KindredCredentials> = {
  name: 'kindred',
  idempotency: 'deduplicates',
  public: false,
  standing: true,

  problemWith({ client }) {
    return client ? undefined : { key: 'unusable' };
  },

  async send(share, { signal, credentials }): Promise<Outcome<Reason>> {
    const { activity } = share;
    try {
      // Before the call: a try that is over must not leave a promise behind that nobody waits for.
      signal.throwIfAborted();
      const answer = await unlessAborted(credentials.client.publish(activity), signal);
      return { outcome: 'sent', remoteId: activity.id, answer: { ...answer } };
    } catch (error) {
      return outcomeOf((error ?? {}) as EndpointProblem);
    }
  },
};

function outcomeOf(problem: EndpointProblem): Outcome<Reason> {
  const { kind, status, retryAfterSeconds } = problem;
  // In the words of the account that the client is of.
  const reason = { key: 'endpoint', values: { problem: problem.message ?? '' } };
  const known = {
    reason,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: Math.min(retryAfterSeconds * 1000, LONGEST_WAIT) }),
  };
  if (kind === 'unauthorised' || (kind === 'refused' && STOPPING.includes(status ?? 0))) {
    return { outcome: 'failed', permanent: 'target', ...known };
  }
  if (kind === 'refused') return { outcome: 'failed', permanent: 'item', ...known };
  const certain = kind === 'busy' || problem.mayHaveArrived === false;
  return certain ? { outcome: 'failed', permanent: 'no', ...known } : { outcome: 'unknown', ...known };
}
