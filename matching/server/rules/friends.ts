import {
  type Export,
  MAX_ASKED,
  MAX_BLOCKS,
  MAX_FRIENDS,
  REQUEST_DAYS,
  type ReceivedRequest,
  type SentRequest,
  type UserCard,
} from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import { isoMinute, MINUTE_MS, minuteOf } from './time.js';

const DAY_MS = 86_400_000;

/** How somebody stands to somebody else, as bits. */
export const FRIEND = 1;
export const BLOCKS = 2;
export const BLOCKED = 4;
export const DECLINED = 8;
/** Those of which it counts since when: never both, and no block that comes or goes changes it. */
export const DATED = FRIEND | DECLINED;

/** What a request is: still to be answered, answered with yes, or open for its asker alone. */
export const OPEN = 0;
export const ACCEPTED = 1;
export const SILENT = 2;

/** No user has this key. What is nobody's takes the same way through the same statements as what is somebody's. */
export const NOBODY = 0;

/** What a user is told beside matches. */
export const REQUESTED = 0;
export const ANSWERED = 1;

/** How long somebody who was declined cannot ask the same person again so that it is seen. */
const DECLINED_MS = 90 * DAY_MS;

/** What of a user's export is about friends. */
export type FriendsExport = Pick<
  Export,
  'friends' | 'sentRequests' | 'receivedRequests' | 'blocks' | 'declined' | 'invitations'
>;

/** What was made after this still counts. @param now epoch milliseconds */
export function isFreshSince(now: number): number {
  return now - REQUEST_DAYS * DAY_MS;
}

/** Who declined after this is not asked again. */
export function isDeclinedSince(now: number): number {
  return now - DECLINED_MS;
}

/** Who was told of a request after this is not told of another by the same person: asking again is heard once a day. */
export function isToldSince(now: number): number {
  return now - DAY_MS;
}

/** When a request was made, and when it ends: in whole minutes. @param made epoch milliseconds */
export function timesOf(made: number): { at: string; expiresAt: string } {
  const minute = minuteOf(made);
  return { at: isoMinute(minute), expiresAt: isoMinute(minute + (REQUEST_DAYS * DAY_MS) / MINUTE_MS) };
}

/** What somebody has asked for on one day, counted from the epoch. */
export interface Asked {
  asked_on: number;
  asked: number;
}

/** Whether there can be a request that still counts: most people have not asked for a long time, and need no look. */
export function mayHaveAsked({ asked_on }: Asked, now: number): boolean {
  return (asked_on + 1) * DAY_MS > isFreshSince(now);
}

/** One more. @throws Refusal too-many-requests, until the next day (UTC) */
export function askOnceMore({ asked_on, asked }: Asked, now: number): Asked {
  const today = Math.floor(now / DAY_MS);
  const before = asked_on === today ? asked : 0;
  if (before >= MAX_ASKED) {
    const detail = `You can ask ${MAX_ASKED} times a day: go on tomorrow`;
    throw new Refusal('too-many-requests', detail, Math.ceil(((today + 1) * DAY_MS - now) / 1000));
  }
  return { asked_on: today, asked: before + 1 };
}

/** Whom somebody asks: by the id they gave. */
export type Ref = { matchId: string } | { userId: string };

export function refOf(to: Ref): { ref: string; byMatch: number } {
  return 'matchId' in to ? { ref: to.matchId, byMatch: 1 } : { ref: to.userId, byMatch: 0 };
}

/** A request as a store keeps it. @typeParam Id how the store writes an id */
export interface RequestRow<Id> {
  ref: string;
  by_match: number;
  id: Id;
  asker: number;
  /** Nobody's is kept, too. */
  target: number | null;
  state: number;
  activity: string | null;
  made: number;
}

/** A request as its asker sees it. */
export function sentOf({ id, ref, by_match, made }: RequestRow<string>): SentRequest {
  return { id, state: 'open', to: by_match ? { matchId: ref } : { userId: ref }, ...timesOf(made) };
}

/** A request as it is seen by whom it asks. @param user the asker's card, as that one is shown it */
export function receivedOf(
  { id, activity, made }: RequestRow<string>,
  user: UserCard,
  mutualFriends: boolean,
): ReceivedRequest {
  return { id, user, ...(activity === null ? {} : { activity }), mutualFriends, ...timesOf(made) };
}

/** How the one who is asked stands to the asker. */
export interface Standing {
  /** There is such a user, whether they show themselves or not. */
  isSomebody: boolean;
  /** One of the two blocks the other. */
  isApart: boolean;
  /** The bits of the one who is asked, and since when. */
  theirs: { state: number; since: number };
  /** There is a request of the same asker already, made some other way. */
  isAskedAlready: boolean;
}

/**
 * What a new request is: open when the one who is asked gets to see it, silent otherwise. Who does not show sees none, and
 * finds those that are open when they show again.
 */
export function stateOfNew({ isSomebody, isApart, theirs, isAskedAlready }: Standing, now: number): number {
  const hasDeclined = (theirs.state & DECLINED) !== 0 && theirs.since > isDeclinedSince(now);
  return isSomebody && !isApart && !hasDeclined && !isAskedAlready ? OPEN : SILENT;
}

/** @throws Refusal not-discoverable */
export function admitAsking({ discoverable }: { discoverable: number | boolean }): void {
  if (!discoverable)
    throw new Refusal('not-discoverable', 'Turn discoverable on to ask others; they then see you, too');
}

/** Of a block of their own the asker is told: it is on their list, under the id they ask by. */
export function blockedByYou(): Refusal {
  return new Refusal('blocked-by-you', 'You block this person, who would not get your request: unblock them first');
}

export function noSuchRequest(): Refusal {
  return new Refusal('not-found', 'There is no such request, or not any more');
}

/** For every reason there is. */
export function noSuchInvitation(): Refusal {
  return new Refusal('not-found', 'This invitation does not exist, or not any more: ask for another one');
}

export function tooManyFriends(): Refusal {
  return new Refusal('limit-reached', `One of you has ${MAX_FRIENDS} friends already`);
}

export function tooManyBlocks(): Refusal {
  return new Refusal('limit-reached', `You block ${MAX_BLOCKS} people: unblock somebody first`);
}
