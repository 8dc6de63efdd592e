import { MAX_MATCHES, MAX_STRANGERS, type PublishAnswer } from '../../../schema/index.js';
import { isNearby, NEARBY_KM } from '../../rules/cells.js';
import { claimIn, isCurrent, type StoredSpan, shownSpans, spansIn, storedSpans } from '../../rules/live.js';
import {
  bodyOf,
  type ActivityRow as KeptRow,
  type Publication,
  spansOf,
  tooManyActivities,
  tooManyBegun,
} from '../../rules/publication.js';
import { MOMENT, secondsOf } from '../../rules/sharing.js';
import { MINUTE_MS } from '../../rules/time.js';
import type { PublishCall, Published } from '../store.js';
import type { Database } from './database.js';
import type { CountedActivity, Features } from './features.js';
import type { Friends } from './friends/friends.js';
import type { KnownUsers } from './known.js';
import { type LiveIndex, positionOf } from './live.js';
import type { Matches, NewMatch } from './matches.js';
import type { OwnActivity } from './meetings.js';
import type { Looking, People } from './people.js';
import type { PeopleText } from './people-text.js';
import { PublishedText } from './published-text.js';
import { type Entry, hasLooked, toldWith } from './run.js';
import type { Topics } from './topics.js';
import type { UserRow, Users } from './users.js';
import type { Waiter } from './waiting.js';

interface ActivityRow extends Omit<KeptRow, 'spans'> {
  key: number;
}

type Outcome = PublishAnswer['outcome'];

/** An activity as it was stored, as far as a newer revision of it is to know. */
type Before = CountedActivity & { key: number; revision: number; spans: string };

/** An activity as it is stored now. */
interface Stored {
  row: ActivityRow;
  /** Where it is found, when its owner is. */
  shown: StoredSpan[];
  outcome: Outcome;
}

const COLUMNS = 'key, id, revision, activity, state, started, ended, closes, body';
const NOBODY: ReadonlySet<number> = new Set();

/** Takes activities in: once each, the newest revision only, and found at once by whoever may find them. */
export class Publishing {
  constructor(
    private readonly db: Database,
    private readonly users: Users,
    private readonly known: KnownUsers,
    private readonly topics: Topics,
    private readonly live: LiveIndex,
    private readonly matches: Matches,
    private readonly people: People,
    private readonly friends: Friends,
    private readonly features: Features,
    /** Whether matches are looked for and told. */
    private readonly tells: boolean,
  ) {}

  publish(call: PublishCall): Published {
    const user = this.users.caller(call);
    const stored = this.#store(user, call);
    const { people, told } = this.#match(user, stored, call.now);
    const friendRequests = this.friends.requests.count(user, call.now);
    return new PublishedText(stored.outcome, stored.row, people, told, friendRequests);
  }

  #store(user: UserRow, { publication: given, now, beginsIn }: PublishCall): Stored {
    const isFull = this.live.isFull(user.key);
    // What begins is hardly ever there already: it is looked for only when it cannot be added.
    const added =
      given.state === 'started' && !isFull && beginsIn === undefined ? this.#add(user, given, now) : undefined;
    if (added) return added;
    const before = this.#find(user, given.id);
    if (before) return this.#change(user, before, given, now);
    if (beginsIn !== undefined) throw tooManyBegun(beginsIn);
    const late = isFull ? undefined : this.#add(user, given, now);
    if (!late) throw tooManyActivities();
    return late;
  }

  /** An activity as it is counted; what has not finished is not counted in habits, and needs no body. */
  #find(user: UserRow, id: string): Before | undefined {
    return this.db.get<Before>(
      `SELECT key, revision, spans, activity, state, started, closes, CASE state WHEN 'finished' THEN body END AS body
       FROM activity WHERE user = ? AND id = ?`,
      ...[user.key, id],
    );
  }

  /** @returns undefined when it is there already */
  #add(user: UserRow, given: Publication, now: number): Stored | undefined {
    const spans = this.#spansOf(given, [], now);
    const key = this.db.insert(
      `INSERT INTO activity (user, id, revision, activity, state, started, ended, closes, body, spans, received)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[user.key, given.id, given.revision, given.activity, given.state, given.started, given.ended],
      ...[given.closes, bodyOf(given), JSON.stringify(spans), now],
    );
    if (key === undefined) return undefined;
    const row = rowOf(key, given);
    this.features.change(user.key, undefined, row);
    const shown = shownSpans(spans, row.closes, user);
    this.#show(user, row, [], shown, now);
    return { row, shown, outcome: 'created' };
  }

  #change(user: UserRow, before: Before, given: Publication, now: number): Stored {
    const spansBefore = spansIn(before);
    const shownBefore = shownSpans(spansBefore, before.closes, user);
    if (before.revision >= given.revision) {
      const row = this.db.get<ActivityRow>(`SELECT ${COLUMNS} FROM activity WHERE key = ?`, before.key) as ActivityRow;
      return { row, shown: shownBefore, outcome: 'unchanged' };
    }
    const spans = this.#spansOf(given, spansBefore, now);
    const row = rowOf(this.#update(before.key, given, spans), given);
    this.features.change(user.key, before, row);
    const shown = shownSpans(spans, row.closes, user);
    this.#takeBack(before, shownBefore, shown, isCurrent(row.closes, now));
    this.#show(user, row, shownBefore, shown, now);
    return { row, shown, outcome: 'updated' };
  }

  #spansOf(given: Publication, before: StoredSpan[], now: number): StoredSpan[] {
    return storedSpans(spansOf(given), (topic) => this.topics.keyOf(topic), before, now);
  }

  /** Brings the match index in step. */
  #show(user: UserRow, row: ActivityRow, before: StoredSpan[], after: StoredSpan[], now: number): void {
    if (user.discoverable) this.live.change(user, row, before, isCurrent(row.closes, now) ? after : []);
  }

  #update(key: number, given: Publication, spans: StoredSpan[]): number {
    this.db.run(
      `UPDATE activity SET revision = ?, activity = ?, state = ?, started = ?, ended = ?, closes = ?, body = ?, spans = ?
       WHERE key = ?`,
      ...[given.revision, given.activity, given.state, given.started, given.ended],
      ...[given.closes, bodyOf(given), JSON.stringify(spans), key],
    );
    return key;
  }

  /** What is discarded, or turns out to be something else, or of a time long gone, or hidden, is no match any more. */
  #takeBack({ key, closes }: Before, [before]: StoredSpan[], [after]: StoredSpan[], isMatched: boolean): void {
    if (!before) return;
    const [topic, from] = before;
    const isElsewhen = from !== after?.[1];
    if (topic !== after?.[0] || (isElsewhen && !isMatched)) this.matches.forgetActivity({ key, topic, closes });
    else if (isElsewhen) this.matches.moved({ key, topic, closes });
  }

  /**
   * Whom an activity has been matched with. When it begins to be found, friends and those who wait are told of it, and its
   * owner of them, as far as neither has been told of enough: whoever begins later will do the same.
   */
  #match(user: UserRow, { row, shown, outcome }: Stored, now: number): { people?: PeopleText; told: string[] } {
    const [whole] = shown;
    const mine = whole && this.live.find(whole[0], positionOf(whole[1], row));
    if (!this.tells || !whole || !mine) return { told: [] };
    const own = { key: row.key, topic: whole[0], closes: row.closes };
    const exact = { from: row.started, to: row.closes };
    const claimed = claimIn(whole);
    const isClaimed = claimed.from < claimed.to;
    const minutes = isClaimed ? claimed : { from: whole[1], to: whole[2] };
    const looking = this.people.look(user, { minutes, exact }, now);
    if (outcome === 'created') this.matches.begin(row.key);
    const told = hasLooked(mine) ? [] : this.#meet(looking, mine, own, outcome === 'created', isClaimed);
    const people = this.people.matched(looking, own, row.activity, isClaimed);
    if (row.ended !== null) this.matches.end(row.key);
    return { people, told: told.length > 0 ? [...told, user.id] : told };
  }

  /** Tells an activity of others, and them of it. @returns the ids of the users who are told */
  #meet(looking: Looking, mine: Entry, own: OwnActivity, isNew: boolean, isClaimed: boolean): string[] {
    const met = isNew ? NOBODY : this.matches.othersOf(own);
    const fresh = this.#fresh(looking, own.topic, met, isClaimed);
    this.live.alter(mine, { told: met.size + fresh.length });
    const self = this.known.get(looking.user.key);
    if (!self || fresh.length === 0) return [];
    const { home } = looking;
    const matches: NewMatch[] = [];
    for (const { entry, claimed } of fresh) {
      const user = this.known.get(entry.user);
      if (!user) continue;
      this.live.alter(entry, { told: toldWith(entry, 1) });
      // Of strangers each side is told what both have claimed, and no more.
      const seconds = secondsOf(looking, claimed.from, claimed.to, MOMENT);
      matches.push({ entry, user, seconds, nearby: isNearby(home, entry.home, NEARBY_KM) });
    }
    this.matches.tell(own.topic, { entry: mine, user: self }, matches, looking.now);
    return matches.map(({ user }) => user.row.id);
  }

  /** Who has not been told of this one: friends, and those who wait, when its minutes were claimed in time. */
  #fresh(looking: Looking, topic: number, met: ReadonlySet<number>, isClaimed: boolean): Waiter[] {
    const { minutes, relations, isHidden } = looking;
    const isTaken = ({ activity, user }: Entry): boolean => met.has(activity) || isHidden(user);
    const friends = this.people
      .friends(looking, topic)
      .filter((entry) => !isTaken(entry) && this.#hasRoom(topic, entry))
      .slice(0, Math.max(0, MAX_MATCHES - met.size))
      .map((entry) => ({ entry, claimed: { from: entry.from, to: entry.ended } }));
    const most = MAX_STRANGERS - met.size - friends.length;
    if (!isClaimed || most <= 0) return friends;
    const others = this.live.waiting.find(topic, minutes, most, (entry) => {
      return isTaken(entry) || relations.to(entry.user) === 'friend';
    });
    return friends.length > 0 ? [...friends, ...others] : others;
  }

  /** Whether an activity has not been matched with as many as there may be. */
  #hasRoom(topic: number, { activity, ended }: Entry): boolean {
    return this.matches.othersOf({ key: activity, topic, closes: ended * MINUTE_MS }).size < MAX_MATCHES;
  }
}

function rowOf(key: number, given: Publication): ActivityRow {
  const { id, revision, activity, state, started, ended, closes } = given;
  return { key, id, revision, activity, state, started, ended, closes, body: bodyOf(given) };
}
