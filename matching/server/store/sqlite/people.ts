import type { ConcurrentUsers, Person } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { isNearby, NEARBY_KM } from '../../rules/cells.js';
import { ShownIds } from '../../rules/people.js';
import { longestMinutes } from '../../rules/publication.js';
import { type Interval, minuteOf, sharedSeconds, windowAt } from '../../rules/time.js';
import type { Search } from '../store.js';
import type { Database } from './database.js';
import { homeOfUser, type LiveRow, minuteOfSlot, spansIn } from './live.js';
import type { Matches, NewMatch } from './matches.js';
import { searchLive } from './search.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

interface FoundPerson {
  person: Person;
  userId: string;
  match: Pick<NewMatch, 'other' | 'theirs' | 'at' | 'seconds' | 'nearby'>;
}

/** Finds the people, and shows of them what their consent allows. */
export class People {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly matches: Matches,
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
    // Nobody has a friend here yet, and so there is none among them.
    if (topic === undefined || search.among === 'friends') return { asOf, truncated: false, people: [] };
    const minutes = this.#minutesOf(user, topic, search);
    const { rows, truncated } = searchLive(this.db, {
      topic,
      minutes,
      window: search.window,
      longest: longestMinutes(search.activity),
      ...(search.radiusKm !== undefined && home !== null ? { near: { home, km: search.radiusKm } } : {}),
      except: user.key,
      limit: search.limit,
    });
    const ids = this.matches.idsFor(user);
    const shown = new ShownIds(user.relation_key);
    const people = rows.flatMap((row) => {
      const found = this.#show(user, shown, row, search, minutes, now);
      const matchId = ids.get(row.activity);
      return found ? [{ ...found.person, ...(matchId ? { matchId } : {}) }] : [];
    });
    return { asOf, truncated, people };
  }

  /** Whose minutes overlap with an activity of the user's. */
  during(user: UserRow, activity: string, minutes: Interval, limit: number, now: number): FoundPerson[] {
    const { rows } = searchLive(this.db, {
      topic: this.topics.keyOf(activity),
      minutes,
      window: 'overlap',
      longest: longestMinutes(activity),
      except: user.key,
      limit,
    });
    const shown = new ShownIds(user.relation_key);
    return rows.flatMap((row) => this.#show(user, shown, row, { activity, window: 'overlap' }, minutes, now) ?? []);
  }

  /** The window at a moment; for `overlap` the user's own activity of that moment, or its minute when there is none. */
  #minutesOf(user: UserRow, topic: number, { window, at }: Search): Interval {
    const minute = minuteOf(at);
    if (window === 'overlap') {
      const sql = 'SELECT spans FROM activity WHERE user = ? ORDER BY id DESC LIMIT 20';
      for (const row of this.db.all<{ spans: string }>(sql, user.key)) {
        const span = spansIn(row).find(([of, from, to]) => of === topic && from <= minute && minute < to);
        if (span) return { from: span[1], to: span[2] };
      }
    }
    return windowAt(minute, window);
  }

  #show(
    user: UserRow,
    shown: ShownIds,
    row: LiveRow,
    { activity, action, window, radiusKm = NEARBY_KM }: Pick<Search, 'activity' | 'action' | 'radiusKm' | 'window'>,
    minutes: Interval,
    now: number,
  ): FoundPerson | undefined {
    const other = this.db.get<{ id: string; name: string }>('SELECT id, name FROM user WHERE key = ?', row.user);
    if (!other) return undefined;
    // What still goes on has been shared up to this minute, and not up to the end that is foreseen.
    const soFar = Math.min(row.ended, minuteOf(now) + 1);
    const seconds = sharedSeconds({ from: minuteOfSlot(row.slot), to: soFar }, minutes, window);
    const nearby = isNearby(homeOfUser(user), row.home, radiusKm);
    const person = {
      user: { id: shown.of(other.id), name: other.name },
      activity,
      ...(action ? { action } : {}),
      window,
      overlapSeconds: seconds,
      nearby,
      relation: 'stranger',
    } as Person;
    return {
      person,
      userId: other.id,
      match: { other: row.user, theirs: row.activity, at: minuteOf(now), seconds, nearby },
    };
  }
}
