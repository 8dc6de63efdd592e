import type { Habits, KindredClient, Period, Rank } from '../../matching/client/index.js';
import { EndpointError } from '../../matching/client/index.js';
import { PERIODS, problemCode } from '../../matching/schema/index.js';
import { isActivityWord } from '../../vocabulary/index.js';

export interface FeaturesConfig {
  /** Empty: from the message. */
  activity: string;
  period: string;
}

/** What the node sends. */
export interface UserFeatures {
  activity: string;
  period: Period;
  habits: Habits;
  /** Of each measure, among friends, in the area (where there is one) and among everyone. */
  ranks: Rank[];
  /** Why there are no ranks: who does not show does not see. */
  reason?: 'not-discoverable';
}

/** A problem for which this folder's locales have the words. */
export class QuestionProblem extends Error {
  constructor(
    readonly code: 'message' | 'config',
    readonly values: Record<string, string>,
  ) {
    super(code);
  }
}

/**
 * Which activity a message asks about: the one chosen in the config, or the message's own, or the one that is its topic.
 * @throws QuestionProblem with what is expected
 */
export function activityOf({ activity }: FeaturesConfig, msg: { payload?: unknown; topic?: unknown }): string {
  const said = typeof msg.payload === 'object' && msg.payload !== null ? msg.payload : {};
  const asked = activity || (said as { activity?: unknown }).activity || msg.topic;
  if (isActivityWord(asked)) return asked;
  throw new QuestionProblem('message', { got: typeof asked === 'string' ? asked.slice(0, 40) : typeof asked });
}

/** @throws QuestionProblem */
export function periodOf({ period }: FeaturesConfig): Period {
  const known = PERIODS.find((one) => one === period);
  if (known) return known;
  throw new QuestionProblem('config', { value: String(period), choices: PERIODS.join(', ') });
}

/** Asks for habits and for ranks; habits are there also for who is not visible. @throws EndpointError */
export async function ask(client: KindredClient, activity: string, period: Period): Promise<UserFeatures> {
  const { features } = await client.features({ activity });
  // One for each activity that was asked for, whether there is something yet or not.
  const habits = features.find((one) => one.activity === activity);
  if (!habits) throw new EndpointError('not-kindred', `The answer says nothing of ${activity}`);
  try {
    const { ranks } = await client.ranks({ activity, period });
    return { activity, period, habits, ranks };
  } catch (error) {
    const isHidden = error instanceof EndpointError && problemCode(error.type) === 'not-discoverable';
    if (!isHidden) throw error;
    return { activity, period, habits, ranks: [], reason: 'not-discoverable' };
  }
}
