import type { ConcurrentUsers, Person } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { type Home, isNearby, NEARBY_KM } from '../../rules/cells.js';
import { ShownIds } from '../../rules/people.js';
import { longestMinutes } from '../../rules/publication.js';
import { type Interval, MINUTE_MS, minuteOf, sharedSeconds, windowAt } from '../../rules/time.js';
import type { Search } from '../store.js';
import type { Card, Cards } from './cards.js';
import type { Database } from './database.js';
import type { Relations, Relationships } from './friends/relations.js';
import { searchFriends } from './friends/search.js';
import { claimIn, homeOfUser, type LiveIndex, spansIn } from './live.js';
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

/** Own activities that are looked at, the newest first: more than anybody has in a day and a night. */
const MOST_OWN = 40;

/** The time of one's own that others are to share. */
interface OwnTime {
  minutes: Interval;
  /** The same exactly, in epoch milliseconds. */
  exact: Interval;
}

type ShownAs = Pick<Search, 'activity' | 'action' | 'radiusKm' | 'window'>;

/** Who looks, and for what time. */
interface Looking extends OwnTime {
  user: UserRow;
  home: Home | null;
  relations: Relationships;
  now: number;
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly cards: Cards,
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
    const { isOwn, ...time } = this.#timeOf(user, topic, search);
    const reason = isOwn || search.among === 'friends' ? {} : ({ reason: 'nothing-of-yours' } as const);
    if (topic === undefined) return { asOf, truncated: false, people: [], ...reason };
    const looking = this.#look(user, time, now);
    const query = {
      topic,
      minutes: looking.minutes,
      window: search.window,
      longest: longestMinutes(search.activity),
      ...(search.radiusKm !== undefined && home !== null ? { near: { home, km: search.radiusKm } } : {}),
      isHidden: hiddenFrom(looking),
      limit: search.limit,
    };
    const { rows, truncated } = this.#search(query, isOwn ? search.among : 'friends', looking.relations);
    const ids = this.matches.idsFor(user);
    const people = this.#show(looking, rows, search).map(({ person, entry }) => {
      const matchId = ids.get(entry.activity);
      return matchId ? { ...person, matchId } : person;
    });
    return { asOf, truncated, people, ...reason };
  }

  /** Whose minutes overlap with those that the user has claimed of an activity; without any, which friends' do with all of it. */
  during(
    user: UserRow,
    activity: string,
    { claimed, ...time }: OwnTime & { claimed: Interval },
    limit: number,
    now: number,
  ): FoundPerson[] {
    const isClaimed = claimed.from < claimed.to;
    const looking = this.#look(user, isClaimed ? { ...time, minutes: claimed } : time, now);
    const query: LiveQuery = {
      topic: this.topics.keyOf(activity),
      minutes: looking.minutes,
      window: 'overlap',
      longest: longestMinutes(activity),
      isHidden: hiddenFrom(looking),
      limit,
    };
    const { rows } = this.#search(query, isClaimed ? 'everyone' : 'friends', looking.relations);
    return this.#show(looking, rows, { activity, window: 'overlap' });
  }

  #look(user: UserRow, time: OwnTime, now: number): Looking {
    return { user, home: homeOfUser(user), relations: this.relations.seenBy(user, now), ...time, now };
  }

  #search(query: LiveQuery, among: Search['among'], relations: Relationships): Found {
    return among === 'friends' ? searchFriends(this.db, query, relations.friends()) : searchLive(this.live, query);
  }

  /**
   * The window at a moment, and whether it touches something of the user's own under the topic that they told of in time:
   * about strangers one sees no more than one shows. For `overlap` it is that own time itself.
   */
  #timeOf(user: UserRow, topic: number | undefined, { window, at }: Search): OwnTime & { isOwn: boolean } {
    const minutes = windowAt(minuteOf(at), window);
    const exact = { from: minutes.from * MINUTE_MS, to: minutes.to * MINUTE_MS };
    const sql = `SELECT spans, started, closes FROM activity WHERE user = ? ORDER BY id DESC LIMIT ${MOST_OWN}`;
    const touches = ({ from, to }: Interval): boolean => from < to && from < minutes.to && minutes.from < to;
    let late: OwnTime | undefined;
    for (const row of this.db.all<ActivityTimes & { spans: string }>(sql, user.key)) {
      const spans = spansIn(row).filter(([of, from, to]) => of === topic && touches({ from, to }));
      const claimed = spans.map(claimIn).find(touches);
      const own = { from: row.started, to: row.closes };
      if (claimed)
        return window === 'overlap' ? { minutes: claimed, exact: own, isOwn: true } : { minutes, exact, isOwn: true };
      const [span] = spans;
      if (span && window === 'overlap') late ??= { minutes: { from: span[1], to: span[2] }, exact: own };
    }
    if (late) return { ...late, isOwn: false };
    return { minutes, exact, isOwn: false };
  }

  #show(looking: Looking, rows: Entry[], as: ShownAs): FoundPerson[] {
    const found = rows.flatMap((entry) => {
      const card = this.cards.of(entry.user);
      return card ? [{ entry, card }] : [];
    });
    const ids = new ShownIds(looking.user.relation_key).ofAll(found.map(({ card }) => card.bytes));
    return found.map(({ entry, card }, index) => this.#showOne(looking, entry, card, ids[index] as string, as));
  }

  #showOne(looking: Looking, entry: Entry, card: Card, id: string, as: ShownAs): FoundPerson {
    const { home, relations, minutes, exact, now } = looking;
    const { activity, action, window, radiusKm = NEARBY_KM } = as;
    // What still goes on has been shared up to this minute, and not up to the end that is foreseen.
    const soFar = Math.min(entry.ended, minuteOf(now) + 1);
    const seconds = sharedSeconds({ from: entry.from, to: soFar }, minutes, window);
    const nearby = isNearby(home, entry.home, radiusKm);
    const relation = relations.to(entry.user);
    const person = {
      user: { id, name: card.name },
      activity,
      ...(action ? { action } : {}),
      window,
      overlapSeconds: relation === 'friend' && !action ? this.#exactSeconds(entry, exact, now) : seconds,
      nearby,
      relation,
    } as Person;
    const match = { other: entry.user, theirs: entry.activity, at: minuteOf(now), seconds, nearby };
    return { person, userId: card.id, entry, match };
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
