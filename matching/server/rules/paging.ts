import type { ConcurrentUsers, Relation } from '../../schema/index.js';
import { Refusal } from '../refusal.js';
import type { Search } from '../store/store.js';
import type { Found, LiveQuery, Sighting } from './gathering.js';
import type { Shown } from './live.js';
import { longestMinutes } from './publication.js';
import {
  type Bookmark,
  beganIn,
  chanceOf,
  compareRanks,
  lotOf,
  MOST_CANDIDATES,
  type Rank,
  readBookmark,
  tenthsShared,
  writeBookmark,
} from './ranking.js';
import { type ActivityTimes, admitSearch, type Looking, type OwnTime, ownTimeOf } from './sharing.js';
import { type Interval, MINUTE_MS, minuteOf } from './time.js';

/** How long an answer can be read on: it is of the moment in which its first page was asked for. */
export const PAGES_LAST_MS = 60 * MINUTE_MS;

/** Who asks, as stores keep them. */
export interface Asker extends Shown {
  key: number;
  relation_key: Uint8Array;
  discoverable: number | boolean;
  cell: string | null;
}

/** A question for one page, with what it is about. */
export interface Question<Own> {
  asker: Asker;
  search: Search;
  page: Bookmark | undefined;
  looking: Looking;
  /** The activity of the asker's that lets them see strangers. */
  own?: Own;
}

/**
 * The moment that a page is about, and where the page before it ended.
 * @throws Refusal bad-request
 */
function pageAsked(
  { relation_key: key }: Asker,
  search: Search,
  asked: number,
): { page: Bookmark | undefined; now: number; at: number } {
  const page = bookmarkOf(key, search, asked);
  // A later page is of the moment in which the first one was asked for.
  const now = page?.asOf ?? asked;
  return { page, now, at: search.at === asked ? now : search.at };
}

/**
 * What somebody asks.
 * @param own their activities that may touch a window, newest first
 * @throws Refusal not-discoverable, no-cell, bad-request
 */
export function questionOf<Own extends ActivityTimes & { spans: string }>(
  asker: Asker,
  search: Search,
  asked: number,
  topic: number | undefined,
  own: (window: Interval) => Iterable<Own>,
): Question<Own> {
  const home = admitSearch(asker, search);
  const { page, now, at } = pageAsked(asker, search, asked);
  const when = { window: search.window, at };
  const { own: shown, ...time }: OwnTime & { own?: Own } = ownTimeOf(own, topic, when, asker);
  return { asker, search, page, looking: { home, ...time, now }, ...(shown ? { own: shown } : {}) };
}

/** The search in the match index for a question. @param newest the greatest number that an activity has now */
export function queryOf<Own>(
  { asker, search, page, looking: { home, minutes } }: Question<Own>,
  topic: number,
  newest: () => number,
): Omit<LiveQuery, 'isHidden'> {
  return {
    ...{ topic, minutes, window: search.window, turn: chanceOf(asker.relation_key, minutes.from).turn },
    longest: longestMinutes(search.activity),
    ...(search.radiusKm !== undefined && home !== null ? { near: { home, km: search.radiusKm } } : {}),
    newest: page?.newest ?? newest(),
    limit: MOST_CANDIDATES,
    atOnce: MOST_CANDIDATES + 1000,
  };
}

/** The page that was asked for, of those who were found. @param show the people of these rows */
export function pageOf<Own, Row extends Sighting>(
  question: Question<Own>,
  { newest }: Pick<LiveQuery, 'newest'>,
  { rows, truncated }: Found<Row>,
  relationTo: (user: number) => Relation,
): { rows: Row[] } & Pick<ConcurrentUsers, 'truncated' | 'next'> {
  const { asker, search, page, looking } = question;
  const chance = chanceOf(asker.relation_key, looking.minutes.from);
  const soFar = (to: number): number => Math.min(to, minuteOf(looking.now) + 1);
  const mine = { from: looking.minutes.from, to: soFar(looking.minutes.to) };
  const rankOf = ({ from, ended, user }: Row): Rank => ({
    isFriend: relationTo(user) === 'friend',
    tenths: tenthsShared({ from, to: soFar(ended) }, mine, search.window),
    began: beganIn(from, looking.minutes, search.window),
    lot: lotOf(chance, user),
    user,
  });
  const ranked = rows
    .map((row) => ({ row, rank: rankOf(row) }))
    .filter(({ rank }) => !page || compareRanks(rank, page.rank) > 0)
    .sort((a, b) => compareRanks(a.rank, b.rank));
  const shown = ranked.slice(0, search.limit);
  const last = ranked.length > shown.length ? shown.at(-1) : undefined;
  const next = last && writeBookmark(asker.relation_key, { asOf: looking.now, newest, rank: last.rank });
  return {
    rows: shown.map(({ row }) => row),
    truncated: truncated || next !== undefined,
    ...(next === undefined ? {} : { next }),
  };
}

/** An answer without its people. */
export function answerTo<Own>({ looking, own, search }: Question<Own>): ConcurrentUsers {
  const reason = own || search.among === 'friends' ? {} : ({ reason: 'nothing-of-yours' } as const);
  return { asOf: new Date(looking.now).toISOString(), truncated: false, people: [], ...reason };
}

/** @throws Refusal bad-request */
function bookmarkOf(key: Uint8Array, { after }: Search, now: number): Bookmark | undefined {
  if (after === undefined) return undefined;
  const page = readBookmark(key, after);
  if (!page) throw new Refusal('bad-request', 'querystring/after is not from an answer to you');
  if (now - page.asOf > PAGES_LAST_MS) throw new Refusal('bad-request', 'That answer is too old: ask without after');
  return page;
}
