import type { ConcurrentUsers, Person, Window } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { type Home, isNearby, NEARBY_KM } from '../../rules/cells.js';
import { ShownIds } from '../../rules/people.js';
import { longestMinutes } from '../../rules/publication.js';
import {
  type Bookmark,
  beganIn,
  type Chance,
  chanceOf,
  compareRanks,
  lotOf,
  MOST_CANDIDATES,
  type Rank,
  readBookmark,
  tenthsShared,
  writeBookmark,
} from '../../rules/ranking.js';
import { type Interval, MINUTE_MS, minuteOf, sharedSeconds, windowAt } from '../../rules/time.js';
import type { Search } from '../store.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import { searchFriends } from './friends/search.js';
import type { KnownUsers } from './known.js';
import { claimIn, homeOfUser, type LiveIndex, type StoredSpan, spansIn } from './live.js';
import type { Matches, OwnActivity } from './matches.js';
import type { Entry } from './run.js';
import { type Found, type LiveQuery, searchLive } from './search.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

interface ActivityTimes {
  started: number;
  closes: number;
}

/** Own activities that are looked at, the newest first: more than anybody has in a day and a night. */
const MOST_OWN = 40;

/** The time of one's own that others are to share. */
interface OwnTime {
  minutes: Interval;
  /** The same exactly, in epoch milliseconds. */
  exact: Interval;
}

type ShownAs = Pick<Search, 'activity' | 'action' | 'radiusKm' | 'window'>;

/** How long an answer can be read on: it is of the moment in which its first page was asked for. */
const PAGES_LAST_MS = 60 * MINUTE_MS;

/** How people are shown for a publish. */
const MOMENT = { window: 'overlap' } as const;

/** Who looks, and for what time. */
export interface Looking extends OwnTime {
  user: UserRow;
  home: Home | null;
  relations: Relationships;
  /** Oneself, and whoever is blocked either way. */
  isHidden: (user: number) => boolean;
  now: number;
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly known: KnownUsers,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly relations: Relations,
  ) {}

  /** @throws Refusal not-discoverable, no-cell, bad-request */
  concurrent(user: UserRow, search: Search, asked: number): ConcurrentUsers {
    const home = this.#homeFor(user, search);
    const page = bookmarkOf(user, search, asked);
    // A later page is of the moment in which the first one was asked for.
    const now = page?.asOf ?? asked;
    const asOf = new Date(now).toISOString();
    const topic = this.topics.find(search.action ? `${search.activity}/${search.action}` : search.activity);
    const { own, ...time } = this.#timeOf(user, topic, search.at === asked ? { ...search, at: now } : search);
    const reason = own || search.among === 'friends' ? {} : ({ reason: 'nothing-of-yours' } as const);
    if (topic === undefined) return { asOf, truncated: false, people: [], ...reason };
    const looking = this.look(user, time, now);
    const chance = chanceOf(user.relation_key, looking.minutes.from);
    const query = {
      ...{ topic, minutes: looking.minutes, window: search.window, turn: chance.turn, isHidden: looking.isHidden },
      longest: longestMinutes(search.activity),
      ...(search.radiusKm !== undefined && home !== null ? { near: { home, km: search.radiusKm } } : {}),
      newest: page?.newest ?? this.#newest(),
      limit: MOST_CANDIDATES,
    };
    const { rows, truncated } = this.#search(query, own ? search.among : 'friends', looking.relations);
    const ranked = rows
      .map((entry) => ({ entry, rank: this.#rank(looking, entry, search.window, chance) }))
      .filter(({ rank }) => !page || compareRanks(rank, page.rank) > 0)
      .sort((a, b) => compareRanks(a.rank, b.rank));
    const shown = ranked.slice(0, search.limit);
    const last = ranked.length > shown.length ? shown.at(-1) : undefined;
    return {
      asOf,
      truncated: truncated || last !== undefined,
      people: this.#show(
        looking,
        shown.map(({ entry }) => entry),
        search,
        own,
      ),
      ...(last ? { next: writeBookmark(user.relation_key, { asOf: now, newest: query.newest, rank: last.rank }) } : {}),
      ...reason,
    };
  }

  #homeFor(user: UserRow, { radiusKm }: Search): Home | null {
    if (!user.discoverable) {
      throw new Refusal('not-discoverable', 'Turn discoverable on to see others; they then see you, too');
    }
    const home = homeOfUser(user);
    if (radiusKm !== undefined && home === null) {
      throw new Refusal('no-cell', 'Publish the cell you live in first, or ask without radiusKm');
    }
    return home;
  }

  #newest(): number {
    return this.db.get<{ key: number }>('SELECT key FROM activity ORDER BY key DESC LIMIT 1')?.key ?? 0;
  }

  #rank({ minutes, now, relations }: Looking, entry: Entry, window: Window, chance: Chance): Rank {
    const soFar = (to: number): number => Math.min(to, minuteOf(now) + 1);
    const theirs = { from: entry.from, to: soFar(entry.ended) };
    const mine = { from: minutes.from, to: soFar(minutes.to) };
    return {
      isFriend: relations.to(entry.user) === 'friend',
      tenths: tenthsShared(theirs, mine, window),
      began: beganIn(entry.from, window),
      lot: lotOf(chance, entry.user),
      user: entry.user,
    };
  }

  /**
   * Whose minutes overlap with an activity of the user's: first those who are given, then the newest others; of friends
   * alone, when the user has claimed none of those minutes in time.
   * @param limit of all together
   */
  during(
    looking: Looking,
    own: OwnActivity,
    activity: string,
    first: Entry[],
    isClaimed: boolean,
    limit: number,
  ): Entry[] {
    const given = new Set(first.map(({ user }) => user));
    const more = limit - first.length;
    if (more <= 0) return first;
    const query: LiveQuery = {
      ...{ topic: own.topic, minutes: looking.minutes, window: 'overlap' as const, limit: more },
      isHidden: (user) => given.has(user) || looking.isHidden(user),
      longest: longestMinutes(activity),
      turn: chanceOf(looking.user.relation_key, looking.minutes.from).turn,
      newest: Number.POSITIVE_INFINITY,
    };
    if (isClaimed) return [...first, ...searchLive(this.live, query).rows];
    const friends = looking.relations.friends().filter((friend) => !given.has(friend));
    return [...first, ...searchFriends(this.db, query, friends).rows.slice(0, more)];
  }

  /**
   * The people of a moment as JSON, with the id of their match with an own activity where there is one. Written straight
   * from what is in memory: by way of objects it costs three times as much.
   */
  write(looking: Looking, own: OwnActivity, activity: string, entries: Entry[], met: ReadonlySet<number>): string {
    const ids = this.#idsOf(looking, entries);
    const matched = entries.filter((entry) => met.has(entry.activity)).map((entry) => entry.activity);
    const matchIds = this.matches.idsOf(own.key, own.topic, matched);
    let [json, next] = ['', 0];
    for (const [index, entry] of entries.entries()) {
      const relation = looking.relations.to(entry.user);
      const { seconds, nearby } = this.share(looking, entry, MOMENT);
      const shown = relation === 'friend' ? this.#exactSeconds(entry, looking) : seconds;
      const matchId = entry.activity === matched[next] ? `","matchId":"${matchIds[next++]}` : '';
      json +=
        `${index > 0 ? ',' : ''}{"user":{"id":"${ids[index]}","name":${this.known.get(entry.user)?.json}},"activity":"${activity}` +
        `","window":"overlap","overlapSeconds":${shown},"nearby":${nearby},"relation":"${relation}${matchId}"}`;
    }
    return json;
  }

  /** How long somebody has shared so far, as strangers may know it, and whether they are near. */
  share({ home, minutes, now }: Looking, entry: Entry, { window, radiusKm = NEARBY_KM }: Omit<ShownAs, 'activity'>) {
    // What still goes on has been shared up to this minute, and not up to the end that is foreseen.
    const soFar = { from: entry.from, to: Math.min(entry.ended, minuteOf(now) + 1) };
    return { seconds: sharedSeconds(soFar, minutes, window), nearby: isNearby(home, entry.home, radiusKm) };
  }

  look(user: UserRow, time: OwnTime, now: number): Looking {
    const relations = this.relations.seenBy(user, now);
    const isHidden = (other: number): boolean => other === user.key || relations.isHidden(other);
    return { user, home: homeOfUser(user), relations, isHidden, ...time, now };
  }

  /** In a crowd friends are found beside it, so that none is missing. */
  #search(query: LiveQuery, among: Search['among'], relations: Relationships): Found {
    if (among === 'friends') return searchFriends(this.db, query, relations.friends());
    const found = searchLive(this.live, query);
    if (!found.truncated) return found;
    const users = new Set(found.rows.map(({ user }) => user));
    const friends = relations.friends().filter((friend) => !users.has(friend));
    return { ...found, rows: [...found.rows, ...searchFriends(this.db, query, friends).rows] };
  }

  /**
   * The window at a moment, and whether it touches something of the user's own under the topic that they told of in time:
   * about strangers one sees no more than one shows. For `overlap` it is that own time itself.
   */
  #timeOf(user: UserRow, topic: number | undefined, { window, at }: Search): OwnTime & { own?: OwnActivity } {
    const minutes = windowAt(minuteOf(at), window);
    const exact = { from: minutes.from * MINUTE_MS, to: minutes.to * MINUTE_MS };
    const sql = `SELECT key, spans, started, closes FROM activity WHERE user = ? ORDER BY id DESC LIMIT ${MOST_OWN}`;
    const touches = ({ from, to }: Interval): boolean => from < to && from < minutes.to && minutes.from < to;
    let late: OwnTime | undefined;
    for (const row of this.db.all<ActivityTimes & { key: number; spans: string }>(sql, user.key)) {
      const all = spansIn(row);
      const spans = all.filter(([of, from, to]) => of === topic && touches({ from, to }));
      const claimed = spans.map(claimIn).find(touches);
      const whole = { from: row.started, to: row.closes };
      if (claimed) {
        const own = { key: row.key, topic: (all[0] as StoredSpan)[0], closes: row.closes };
        return window === 'overlap' ? { minutes: claimed, exact: whole, own } : { minutes, exact, own };
      }
      const [span] = spans;
      if (span && window === 'overlap') late ??= { minutes: { from: span[1], to: span[2] }, exact: whole };
    }
    return late ?? { minutes, exact };
  }

  /** @param own the activity whose matches they may be */
  #show(looking: Looking, entries: Entry[], as: ShownAs, own?: OwnActivity): Person[] {
    const ids = this.#idsOf(looking, entries);
    const met = own && entries.length > 0 ? this.matches.met(own) : undefined;
    return entries.map((entry, index) => {
      const { seconds, nearby } = this.share(looking, entry, as);
      const relation = looking.relations.to(entry.user);
      const isMatch = own && met?.has(entry.activity);
      return {
        user: { id: ids[index] as string, name: this.known.get(entry.user)?.row.name ?? '' },
        activity: as.activity,
        ...(as.action ? { action: as.action as NonNullable<Person['action']> } : {}),
        window: as.window,
        overlapSeconds: relation === 'friend' && !as.action ? this.#exactSeconds(entry, looking) : seconds,
        nearby,
        relation,
        ...(isMatch ? { matchId: this.matches.idsOf(own.key, own.topic, [entry.activity])[0] as string } : {}),
      };
    });
  }

  #idsOf({ user }: Looking, entries: Entry[]): string[] {
    if (entries.length === 0) return [];
    let bytes = '';
    for (const entry of entries) bytes += this.known.get(entry.user)?.bytes;
    return new ShownIds(user.relation_key).ofAll(bytes);
  }

  /** What a friend and the user have really shared. */
  #exactSeconds({ activity }: Entry, { exact: mine, now }: Looking): number {
    const sql = 'SELECT started, closes FROM activity WHERE key = ?';
    const { started, closes } = this.db.get<ActivityTimes>(sql, activity) as ActivityTimes;
    const ms = Math.min(closes, mine.to, now) - Math.max(started, mine.from);
    return Math.max(0, Math.round(ms / 1000));
  }
}

/** @throws Refusal bad-request */
function bookmarkOf({ relation_key: key }: UserRow, { after }: Search, now: number): Bookmark | undefined {
  if (after === undefined) return undefined;
  const page = readBookmark(key, after);
  if (!page) throw new Refusal('bad-request', 'querystring/after is not from an answer to you');
  if (now - page.asOf > PAGES_LAST_MS) throw new Refusal('bad-request', 'That answer is too old: ask without after');
  return page;
}
