import type { Person, Relation } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import type { Search } from '../store/store.js';
import { type Home, isNearby, NEARBY_KM } from './cells.js';
import type { Sighting } from './gathering.js';
import { claimIn, homeOfUser, LONGEST, type Shown, shownSpans, sinceShown, spansIn } from './live.js';
import { type Interval, MINUTE_MS, minuteOf, sharedSeconds, windowAt } from './time.js';

/** Activities of one user that are looked at, the newest first: more than anybody has in a day and a night. */
export const MOST_OWN = 40;

/**
 * Where the ids begin of what can still have gone on at a moment, by a hub's clock that is right. From there on as much as a user
 * can have at once is looked at by its times; before it the newest. A clock that was ahead leaves ids that stay the newest for as long, and they
 * are not to take the place of what has come since.
 * @param ms epoch milliseconds
 */
export function idsReaching(ms: number): string {
  const hex = Math.max(0, ms - LONGEST * MINUTE_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

export interface ActivityTimes {
  started: number;
  closes: number;
}

/** The time of one's own that others are to share. */
export interface OwnTime {
  minutes: Interval;
  /** The same exactly, in epoch milliseconds. */
  exact: Interval;
}

/** Who looks, and for what time. */
export interface Looking extends OwnTime {
  home: Home | null;
  now: number;
}

export type ShownAs = Pick<Search, 'activity' | 'action' | 'radiusKm' | 'window'>;

/** How people are shown for a publish. */
export const MOMENT = { window: 'overlap' } as const;

/**
 * Whether somebody may search like that.
 * @returns where they live, as far as they say
 * @throws Refusal not-discoverable, no-cell
 */
export function admitSearch(
  user: { discoverable: number | boolean; cell: string | null },
  search: Search,
): Home | null {
  if (!user.discoverable) {
    throw new Refusal('not-discoverable', 'Turn discoverable on to see others; they then see you, too');
  }
  const home = homeOfUser(user);
  if (search.radiusKm !== undefined && home === null) {
    throw new Refusal('no-cell', 'Publish the cell you live in first, or ask without radiusKm');
  }
  return home;
}

/** The topic of a search, by name. */
export function topicOf({ activity, action }: Pick<Search, 'activity' | 'action'>): string {
  return action ? `${activity}/${action}` : activity;
}

/**
 * The window at a moment, and what of the user's own under the topic it touches that they told of in time, and showed:
 * about strangers one sees no more than one shows. For `overlap` it is that own time itself; of a window in which they
 * began to show themselves, it is the rest.
 * @param own the user's activities that may touch a window, newest first
 */
export function ownTimeOf<Own extends ActivityTimes & { spans: string }>(
  own: (window: Interval) => Iterable<Own>,
  topic: number | undefined,
  { window, at }: Pick<Search, 'window' | 'at'>,
  shown: Shown,
): OwnTime & { own?: Own } {
  const minutes = windowAt(minuteOf(at), window);
  const exact = { from: minutes.from * MINUTE_MS, to: minutes.to * MINUTE_MS };
  const touches = ({ from, to }: Interval): boolean => from < to && from < minutes.to && minutes.from < to;
  let late: OwnTime | undefined;
  for (const row of own(minutes)) {
    const spans = spansIn(row).filter(([of, from, to]) => of === topic && touches({ from, to }));
    const claimed = shownSpans(spans, row.closes, shown).map(claimIn).find(touches);
    const time = { from: row.started, to: row.closes };
    if (claimed && window === 'overlap') return { minutes: claimed, exact: time, own: row };
    if (claimed) return { minutes: sinceShown(minutes, shown), exact, own: row };
    const [span] = spans;
    if (span && window === 'overlap') late ??= { minutes: { from: span[1], to: span[2] }, exact: time };
  }
  return late ?? { minutes, exact };
}

/** How long somebody has shared so far, as strangers may know it, and whether they are near. */
export function shareOf(
  looking: Looking,
  entry: Sighting,
  { window, radiusKm = NEARBY_KM }: Omit<ShownAs, 'activity'>,
) {
  return {
    seconds: secondsOf(looking, entry.from, entry.ended, { window }),
    nearby: isNearby(looking.home, entry.home, radiusKm),
  };
}

/** How long somebody has shared so far, as strangers may know it. */
export function secondsOf(
  { minutes, now }: Pick<Looking, 'minutes' | 'now'>,
  from: number,
  ended: number,
  { window }: Pick<ShownAs, 'window'>,
): number {
  // What still goes on has been shared up to this minute, and not up to the end that is foreseen.
  return sharedSeconds({ from, to: Math.min(ended, minuteOf(now) + 1) }, minutes, window);
}

/**
 * Somebody who was found, as far as their consent allows it.
 * @param exactTimes gives the times of the activity found, asked for only about a friend
 */
export function personOf(
  looking: Looking,
  user: Person['user'],
  relation: Relation,
  { seconds, nearby }: ReturnType<typeof shareOf>,
  { activity, action, window }: ShownAs,
  exactTimes: () => ActivityTimes,
): Person {
  const isExact = relation === 'friend' && !action;
  return {
    user,
    activity,
    ...(action ? { action } : {}),
    window,
    overlapSeconds: isExact ? exactSeconds(exactTimes(), looking) : seconds,
    nearby,
    relation,
  } as Person;
}

/** What a friend and the user have really shared. */
export function exactSeconds({ started, closes }: ActivityTimes, { exact, now }: Looking): number {
  const ms = Math.min(closes, exact.to, now) - Math.max(started, exact.from);
  return Math.max(0, Math.round(ms / 1000));
}
