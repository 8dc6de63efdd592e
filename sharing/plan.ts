import { isDeepStrictEqual } from 'node:util';
import type { Activity } from '../vocabulary/index.js';
import type { Offer, Withdrawal } from './queue/accept.js';
import { reveal } from './reveal.js';
import type { Destination, Moment, Share, SharedActivity } from './target.js';
import { type Language, word } from './wording/index.js';

const MINUTE = 60_000;
/** How long after it happened each moment is worth telling, in milliseconds. A standing copy is still worth having after days. */
const LASTS: Record<Moment, number> = { started: 30 * MINUTE, finished: 120 * MINUTE, activity: 7 * 24 * 60 * MINUTE };

/** What an owner decided about sharing. */
export interface SharingRules {
  when: 'started' | 'finished' | 'both';
  startedText: string;
  finishedText: string;
  language: Language;
  reveal: readonly string[];
  /** `public`: ask before telling a network that strangers can read. */
  ask: 'public' | 'always' | 'never';
  dailyCap: number;
}

export interface Plan {
  offers: Offer[];
  /** Moments that are not true any more. */
  withdrawals: Withdrawal[];
  /** What was thrown in place of a text; targets that keep a copy are told all the same. */
  problem?: unknown;
  /** A text was made. */
  isWorded: boolean;
}

/**
 * What to tell whom about an activity. A target that keeps a copy gets every state; the others get a text at the start,
 * at the end or both, and nothing of a start that was taken back. A start that still waits is told as it is known by now.
 * What happened hours ago, and is told only now, is late.
 * @param now epoch milliseconds
 */
export async function planShares(
  activity: Activity,
  destinations: readonly Destination[],
  rules: SharingRules,
  now: number,
): Promise<Plan> {
  const shared = reveal(activity, rules.reveal);
  const told = destinations.filter(({ standing }) => !standing);
  const moment = momentOf(activity, rules);
  const isShown = rules.ask === 'always' && told.length < destinations.length && activity.state !== 'discarded';
  const isWanted = (told.length > 0 && moment !== undefined) || isShown;
  const { text, problem } = isWanted ? await textOf(shared, rules) : { text: '' };
  const offer = (destination: Destination, its: Moment): Offer => ({
    destination,
    moment: its,
    activity: shared,
    text,
    ask: rules.ask === 'always' || (rules.ask === 'public' && destination.public),
    lastsMs: LASTS[its] - (its === 'activity' ? 0 : age(activity, now)),
    dailyCap: rules.dailyCap,
  });
  const copies = destinations.filter(({ standing }) => standing).map((destination) => offer(destination, 'activity'));
  const texts = moment && problem === undefined ? told.map((destination) => offer(destination, moment)) : [];
  const start = told.length > 0 ? await startUpdate(shared, rules, now) : undefined;
  const updates = start ? told.map((destination) => ({ ...offer(destination, 'started'), ...start })) : [];
  const withdrawals = destinations.flatMap((destination) => untrue(activity, destination));
  // One error for each text, and not one with every reading between.
  const isTold = problem !== undefined && activity.state !== 'ongoing';
  const isWorded = isWanted && problem === undefined;
  return { offers: [...copies, ...updates, ...texts], withdrawals, isWorded, ...(isTold ? { problem } : {}) };
}

/** The start of an activity that has gone on, or ended, since; nothing where it is not told, or cannot be worded. */
async function startUpdate(
  { endedAt, ...shared }: SharedActivity,
  rules: SharingRules,
  now: number,
): Promise<(Pick<Offer, 'activity' | 'text' | 'lastsMs'> & { isUpdate: true }) | undefined> {
  const { state, startedAt } = shared;
  if ((state !== 'ongoing' && state !== 'finished') || rules.when === 'finished') return undefined;
  const activity: SharedActivity = { ...shared, state: 'started', seconds: 0 };
  const { text, problem } = await textOf(activity, rules);
  if (problem !== undefined) return undefined;
  return { activity, text, lastsMs: LASTS.started - age({ startedAt }, now), isUpdate: true };
}

/**
 * What of a share that waits may be told by the rules of now: never more than when it was accepted, and nothing of a
 * moment that is not told any more. Its text is worded anew only where something was taken away, for it may name just
 * that; that of a copy where it is asked about for the first time. Never rejects.
 */
export async function reviewShare(
  { moment, activity, text }: Pick<Share, 'moment' | 'activity' | 'text'>,
  rules: SharingRules,
): Promise<(Pick<Share, 'activity' | 'text'> & { ask: boolean }) | undefined> {
  if (moment !== 'activity' && rules.when !== 'both' && rules.when !== moment) return undefined;
  try {
    const ask = rules.ask === 'always' && activity.state !== 'discarded';
    const shared = reveal(activity as Activity, rules.reveal);
    const isSame = isDeepStrictEqual(shared, activity);
    const isWanted = text === '' ? ask : !isSame;
    return { activity: isSame ? activity : shared, text: isWanted ? (await textOf(shared, rules)).text : text, ask };
  } catch {
    // From a saved list, and nothing that was ever accepted.
    return { activity, text, ask: false };
  }
}

async function textOf(
  activity: SharedActivity,
  { startedText, finishedText, language }: SharingRules,
): Promise<{ text: string; problem?: unknown }> {
  const moment = activity.state === 'finished' ? 'finished' : 'started';
  try {
    return {
      text: await word(activity, { template: moment === 'finished' ? finishedText : startedText, moment, language }),
    };
  } catch (error) {
    return { text: activity.activity, problem: error };
  }
}

function momentOf({ state }: Activity, { when }: SharingRules): 'started' | 'finished' | undefined {
  if (state !== 'started' && state !== 'finished') return undefined;
  return when === 'both' || when === state ? state : undefined;
}

/** How long ago the moment was that a text would tell of, in milliseconds. A clock that is behind makes nothing young. */
function age({ startedAt, endedAt }: Pick<Activity, 'startedAt' | 'endedAt'>, now: number): number {
  return Math.max(0, now - Date.parse(endedAt ?? startedAt));
}

/** A start taken back was none; an activity that goes on has not finished yet. */
function untrue({ id, state, revision }: Activity, { id: target, standing }: Destination): Withdrawal[] {
  const gone: Moment[] = standing ? ['activity'] : ['started', 'finished'];
  const moments = state === 'discarded' ? gone : gone.filter((one) => state === 'ongoing' && one === 'finished');
  return moments.map((moment) => ({ target, activityId: id, moment, revision }));
}
