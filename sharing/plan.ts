import type { Activity } from '../vocabulary/index.js';
import type { Offer } from './queue/accept.js';
import type { LedgerEntry } from './queue/state.js';
import { reveal } from './reveal.js';
import type { Destination, Moment } from './target.js';
import { type Language, word } from './wording/index.js';

const MINUTE = 60_000;
/** How long each moment is worth telling, in milliseconds. A standing copy is still worth having after days. */
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
  withdrawals: Pick<LedgerEntry, 'target' | 'activityId' | 'moment'>[];
}

/**
 * What to tell whom about an activity. A target that keeps a copy gets every state; the others get a text at the start,
 * at the end or both, and nothing of a start that was taken back.
 * @throws Error when the wording cannot be used
 */
export async function planShares(
  activity: Activity,
  destinations: readonly Destination[],
  rules: SharingRules,
): Promise<Plan> {
  const shared = reveal(activity, rules.reveal);
  const told = destinations.filter(({ standing }) => !standing);
  const moment = momentOf(activity, rules);
  const needsText = destinations.some((destination) => !destination.standing && moment) || rules.ask === 'always';
  const text = needsText ? await textOf(activity, rules) : '';
  const offer = (destination: Destination, its: Moment): Offer => ({
    destination,
    moment: its,
    activity: shared,
    text,
    ask: rules.ask === 'always' || (rules.ask === 'public' && destination.public),
    lastsMs: LASTS[its],
    dailyCap: rules.dailyCap,
  });
  return {
    offers: [
      ...destinations.filter(({ standing }) => standing).map((destination) => offer(destination, 'activity')),
      ...(moment ? told.map((destination) => offer(destination, moment)) : []),
    ],
    withdrawals: told.flatMap(({ id }) =>
      untrue(activity).map((its) => ({ target: id, activityId: activity.id, moment: its })),
    ),
  };

  function textOf(of: Activity, { startedText, finishedText, language }: SharingRules): Promise<string> {
    const its = of.state === 'finished' ? 'finished' : 'started';
    return word(shared, { template: its === 'finished' ? finishedText : startedText, moment: its, language });
  }
}

function momentOf({ state }: Activity, { when }: SharingRules): 'started' | 'finished' | undefined {
  if (state !== 'started' && state !== 'finished') return undefined;
  return when === 'both' || when === state ? state : undefined;
}

/** A start taken back was none; an activity that goes on has not finished yet. */
function untrue({ state }: Activity): Moment[] {
  if (state === 'discarded') return ['started', 'finished'];
  return state === 'ongoing' ? ['finished'] : [];
}
