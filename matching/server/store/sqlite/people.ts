import type { ConcurrentUsers, Person } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { isNearby, NEARBY_KM } from '../../rules/cells.js';
import { ShownIds } from '../../rules/people.js';
import { longestMinutes } from '../../rules/publication.js';
import { type Interval, MINUTE_MS, minuteOf, sharedSeconds, windowAt } from '../../rules/time.js';
import type { Search } from '../store.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import { searchFriends } from './friends/search.js';
import { homeOfUser, type LiveIndex, spansIn } from './live.js';
import type { Matches, NewMatch } from './matches.js';
import type { Entry } from './run.js';
import { type Found, type LiveQuery, searchLive } from './search.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

export interface FoundPerson {
  person: Person;
  userId: string;
  entry: Entry;
  match: Pick<NewMatch, 'other' | 'theirs' | 'at' | 'seconds' | 'nearby'>;
}

interface ActivityTimes {
  started: number;
  closes: number;
}

/** The time of one's own that others are to share. */
interface OwnTime {
  minutes: Interval;
  /** The same exactly, in epoch milliseconds. */
  exact: Interval;
}

/** Who looks, and for what time. */
interface Looking extends OwnTime {
  user: UserRow;
  shown: ShownIds;
  relations: Relationships;
  now: number;
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly relations: Relations,
  ) {}

  /** @throws Refusal not-discoverable, no-cell */
  concurrent(user: UserRow, search: Search, now: number): ConcurrentUsers {
    if (!user.discoverable) {
      throw new Refusal('not-discoverable', 'Turn discoverable on to see others; they then see you, too');
    }
    const home = homeOfUser(user);
    if (search.radiusKm !== undefined && home === null) {
      throw new Refusal('no-cell', 'Publish the cell you live in first, or ask without radiusKm');
    }
    const asOf = new Date(now).toISOString();
    const name = search.action ? `${search.activity}/${search.action}` : search.activity;
    const topic = this.topics.find(name);
    if (topic === undefined) return { asOf, truncated: false, people: [] };
    const looking = this.#look(user, this.#timeOf(user, topic, search), now);
    const query = {
      topic,
      minutes: looking.minutes,
      window: search.window,
      longest: longestMinutes(search.activity),
      ...(search.radiusKm !== undefined && home !== null ? { near: { home, km: search.radiusKm } } : {}),
      isHidden: hiddenFrom(looking),
      limit: search.limit,
    };
    const { rows, truncated } = this.#search(query, search.among, looking.relations);
    const ids = this.matches.idsFor(user);
    const people = rows.flatMap((row) => {
      const found = this.#show(looking, row, search);
      const matchId = ids.get(row.activity);
      return found ? [{ ...found.person, ...(matchId ? { matchId } : {}) }] : [];
    });
    return { asOf, truncated, people };
  }

  /** Whose minutes overlap with an activity of the user's. */
  during(user: UserRow, activity: string, time: OwnTime, limit: number, now: number): FoundPerson[] {
    const looking = this.#look(user, time, now);
    const { rows } = searchLive(this.live, {
      topic: this.topics.keyOf(activity),
      minutes: looking.minutes,
      window: 'overlap',
      longest: longestMinutes(activity),
      isHidden: hiddenFrom(looking),
      limit,
    });
    return rows.flatMap((row) => this.#show(looking, row, { activity, window: 'overlap' }) ?? []);
  }

  #look(user: UserRow, time: OwnTime, now: number): Looking {
    const { relation_key: key } = user;
    return { user, shown: new ShownIds(key), relations: this.relations.seenBy(user, now), ...time, now };
  }

  #search(query: LiveQuery, among: Search['among'], relations: Relationships): Found {
    return among === 'friends' ? searchFriends(this.db, query, relations.friends()) : searchLive(this.live, query);
  }

  /** The window at a moment; for `overlap` the user's own activity of that moment, or its minute when there is none. */
  #timeOf(user: UserRow, topic: number, { window, at }: Search): OwnTime {
    const minute = minuteOf(at);
    if (window === 'overlap') {
      const sql = 'SELECT spans, started, closes FROM activity WHERE user = ? ORDER BY id DESC LIMIT 20';
      for (const row of this.db.all<ActivityTimes & { spans: string }>(sql, user.key)) {
        const span = spansIn(row).find(([of, from, to]) => of === topic && from <= minute && minute < to);
        if (span) return { minutes: { from: span[1], to: span[2] }, exact: { from: row.started, to: row.closes } };
      }
    }
    const minutes = windowAt(minute, window);
    return { minutes, exact: { from: minutes.from * MINUTE_MS, to: minutes.to * MINUTE_MS } };
  }

  #show(
    { user, shown, relations, minutes, exact, now }: Looking,
    row: Entry,
    { activity, action, window, radiusKm = NEARBY_KM }: Pick<Search, 'activity' | 'action' | 'radiusKm' | 'window'>,
  ): FoundPerson | undefined {
    const other = this.db.get<{ id: string; name: string }>('SELECT id, name FROM user WHERE key = ?', row.user);
    if (!other) return undefined;
    // What still goes on has been shared up to this minute, and not up to the end that is foreseen.
    const soFar = Math.min(row.ended, minuteOf(now) + 1);
    const seconds = sharedSeconds({ from: row.from, to: soFar }, minutes, window);
    const nearby = isNearby(homeOfUser(user), row.home, radiusKm);
    const relation = relations.to(row.user);
    const person = {
      user: { id: shown.of(other.id), name: other.name },
      activity,
      ...(action ? { action } : {}),
      window,
      overlapSeconds: relation === 'friend' && !action ? this.#exactSeconds(row, exact, now) : seconds,
      nearby,
      relation,
    } as Person;
    return {
      person,
      userId: other.id,
      entry: row,
      match: { other: row.user, theirs: row.activity, at: minuteOf(now), seconds, nearby },
    };
  }

  /** What a friend and the user have really shared. */
  #exactSeconds({ activity }: Entry, mine: Interval, now: number): number {
    const sql = 'SELECT started, closes FROM activity WHERE key = ?';
    const { started, closes } = this.db.get<ActivityTimes>(sql, activity) as ActivityTimes;
    const ms = Math.min(closes, mine.to, now) - Math.max(started, mine.from);
    return Math.max(0, Math.round(ms / 1000));
  }
}

function hiddenFrom({ user, relations }: Looking): (other: number) => boolean {
  return (other) => other === user.key || relations.isHidden(other);
}
