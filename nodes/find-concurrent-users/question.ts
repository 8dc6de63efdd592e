import type { ConcurrentUsersQuery } from '../../matching/client/index.js';
import { RADII_KM, WINDOWS } from '../../matching/schema/index.js';
import { ACTIONS, isActionName, isActivityWord } from '../../vocabulary/index.js';

export interface FindConfig {
  /** Empty: from the message. */
  activity: string;
  action: string;
  window: string;
  /** Kilometres; empty for anywhere. */
  radiusKm: string | number;
  among: string;
  limit: string | number;
}

interface Message {
  payload?: unknown;
  topic?: unknown;
}

/** A problem for which this folder's locales have the words. */
export class QuestionProblem extends Error {
  constructor(
    readonly code: 'message' | 'action' | 'config',
    readonly values: Record<string, string>,
  ) {
    super(code);
  }
}

/**
 * What to ask the endpoint about a message: an activity, an action with its activity, `{ activity, action?, at? }`, whatever
 * has an activity as its topic, as what share-to-social tells of its shares, or anything when the activity is chosen in the
 * config. Asked for the moment the activity began, so that the answer is about the same window however late the message comes;
 * where an action is wanted and the activity lists its own, for the moment the newest of them began.
 * @returns undefined when there is nothing to ask: for an activity that was discarded, or that lists no such action
 * @throws QuestionProblem with what is expected
 */
export function questionOf(config: FindConfig, { payload, topic }: Message): ConcurrentUsersQuery | undefined {
  const said = isRecord(payload) ? payload : {};
  if (said.state === 'discarded') return undefined;
  const activity = config.activity || said.activity || (isActivityWord(topic) ? topic : undefined);
  if (!isActivityWord(activity)) {
    throw new QuestionProblem('message', { got: shortened(payload) });
  }
  const action = actionOf(config.action || said.action);
  const asked = action && Array.isArray(said.actions) ? newestIn(said.actions, action) : said;
  if (!asked) return undefined;
  const at = momentOf(asked);
  return {
    activity,
    ...(action === undefined ? {} : { action }),
    ...(at === undefined ? {} : { at }),
    ...settingsOf(config),
  };
}

/** The part of the question that the config alone decides. @throws QuestionProblem */
function settingsOf(config: FindConfig): Pick<ConcurrentUsersQuery, 'window' | 'among' | 'limit' | 'radiusKm'> {
  const window = oneOf('window', config.window || 'overlap', WINDOWS);
  const among = oneOf('among', config.among || 'everyone', ['everyone', 'friends'] as const);
  const limit = Math.min(50, Math.max(1, Math.trunc(Number(config.limit)) || 20));
  if (config.radiusKm === '' || config.radiusKm === undefined) return { window, among, limit };
  return { window, among, limit, radiusKm: oneOf('radiusKm', Number(config.radiusKm), RADII_KM) };
}

function oneOf<T extends string | number>(name: string, value: string | number, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) {
    throw new QuestionProblem('config', { name, value: String(value), choices: choices.join(', ') });
  }
  return choice;
}

type ActionName = (typeof ACTIONS)[number];

function newestIn(actions: unknown[], action: ActionName): Record<string, unknown> | undefined {
  return actions.filter(isRecord).findLast((one) => one.action === action);
}

function actionOf(action: unknown): ActionName | undefined {
  if (action === undefined || action === '') return undefined;
  if (isActionName(action)) return action;
  throw new QuestionProblem('action', { action: shortened(action), actions: ACTIONS.join(', ') });
}

/** The start of an activity or action, or the time that was asked for; missing means now. @throws QuestionProblem */
function momentOf({ startedAt, at = startedAt }: Record<string, unknown>): string | undefined {
  if (at === undefined) return undefined;
  const time = typeof at === 'string' || typeof at === 'number' || at instanceof Date ? new Date(at) : undefined;
  if (!time || Number.isNaN(time.getTime())) throw new QuestionProblem('message', { got: shortened({ at }) });
  return time.toISOString();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value for an error message, whatever it is and however large. */
function shortened(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Circular, or a bigint: its kind says enough.
  }
  text ??= typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
