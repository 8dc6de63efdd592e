import { MAX_MATCHES, MAX_STRANGERS, type PublishAnswer } from '../../../schema/index.js';
import { claimIn, isCurrent, type StoredSpan, spansIn, storedSpans } from '../../rules/live.js';
import {
  bodyOf,
  type ActivityRow as KeptRow,
  type Publication,
  spansOf,
  tooManyActivities,
} from '../../rules/publication.js';
import { MOMENT, shareOf } from '../../rules/sharing.js';
import { MINUTE_MS } from '../../rules/time.js';
import type { Caller, Published } from '../store.js';
import type { Database } from './database.js';
import type { CountedActivity, Features } from './features.js';
import type { Friends } from './friends/friends.js';
import type { KnownUsers } from './known.js';
import { type LiveIndex, positionOf } from './live.js';
import type { Matches } from './matches.js';
import type { OwnActivity } from './meetings.js';
import type { Looking, People } from './people.js';
import type { PeopleText } from './people-text.js';
import { type Entry, NEVER } from './run.js';
import type { Topics } from './topics.js';
import type { UserRow, Users } from './users.js';
import type { Waiter } from './waiting.js';

interface ActivityRow extends Omit<KeptRow, 'spans'> {
  key: number;
}

type Outcome = PublishAnswer['outcome'];

/** An activity as it is stored now. */
interface Stored {
  row: ActivityRow;
  spans: StoredSpan[];
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

  publish(call: Caller & { publication: Publication }): Published {
    const user = this.users.caller(call);
    const stored = this.#store(user, call.publication, call.now);
    const { people, told } = this.#match(user, stored, call.now);
    const { row, outcome } = stored;
    const friendRequests = this.friends.requests.count(user, call.now);
    // Written out here and not from objects: it is most of what a publish would cost otherwise.
    const head = `{"outcome":"${outcome}","activity":${jsonOf(row)},"matches":[`;
    return {
      ...{ outcome, activity: row.activity, state: row.state, told },
      // When it is asked for, because ids are made together for all publishes of a transaction.
      get json() {
        return `${head}${people}],"friendRequests":${friendRequests}}`;
      },
    };
  }

  #store(user: UserRow, given: Publication, now: number): Stored {
    // What has not finished is not counted in habits, and needs no body.
    const before = this.db.get<CountedActivity & { key: number; revision: number; spans: string }>(
      `SELECT key, revision, spans, activity, state, started, closes, CASE state WHEN 'finished' THEN body END AS body
       FROM activity WHERE user = ? AND id = ?`,
      ...[user.key, given.id],
    );
    if (before && before.revision >= given.revision) {
      const row = this.db.get<ActivityRow>(`SELECT ${COLUMNS} FROM activity WHERE key = ?`, before.key) as ActivityRow;
      return { row, spans: spansIn(before), outcome: 'unchanged' };
    }
    if (!before && this.live.isFull(user.key)) throw tooManyActivities();
    const spansBefore = before ? spansIn(before) : [];
    const keyOf = (topic: string): number => this.topics.keyOf(topic);
    const spans = given.state === 'discarded' ? [] : storedSpans(spansOf(given), keyOf, spansBefore, now);
    const key = before ? this.#update(before.key, given, spans) : this.#insert(user, given, spans, now);
    const { id, revision, activity, state, started, ended, closes } = given;
    const row = { key, id, revision, activity, state, started, ended, closes, body: bodyOf(given) };
    this.features.change(user.key, before, row);
    this.#takeBack(row, spansBefore, spans);
    if (user.discoverable) {
      const found = isCurrent(given.closes, now) ? spans : [];
      this.live.change(user, row, spansBefore, found);
    }
    return { row, spans, outcome: before ? 'updated' : 'created' };
  }

  #insert(user: UserRow, given: Publication, spans: StoredSpan[], now: number): number {
    return this.db.insert(
      `INSERT INTO activity (user, id, revision, activity, state, started, ended, closes, body, spans, received)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[user.key, given.id, given.revision, given.activity, given.state, given.started, given.ended],
      ...[given.closes, bodyOf(given), JSON.stringify(spans), now],
    );
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

  /** What is discarded, or turns out to be something else, is no match any more. */
  #takeBack({ key, closes }: ActivityRow, [before]: StoredSpan[], [after]: StoredSpan[]): void {
    if (!before) return;
    const [topic, from] = before;
    if (topic !== after?.[0]) this.matches.forgetActivity({ key, topic, closes });
    else if (from !== after[1]) this.matches.moved({ key, topic, closes });
  }

  /**
   * Whom an activity has been matched with. When it begins to be found, friends and those who wait are told of it, and its
   * owner of them, as far as neither has been told of enough: whoever begins later will do the same.
   */
  #match(user: UserRow, { row, spans, outcome }: Stored, now: number): { people: PeopleText | ''; told: string[] } {
    const whole = spans[0];
    const mine = whole && this.live.find(whole[0], positionOf(whole[1], row));
    if (!this.tells || !whole || !mine) return { people: '', told: [] };
    const own = { key: row.key, topic: whole[0], closes: row.closes };
    const exact = { from: row.started, to: row.closes };
    const claimed = claimIn(whole);
    const isClaimed = claimed.from < claimed.to;
    const minutes = isClaimed ? claimed : { from: whole[1], to: whole[2] };
    const looking = this.people.look(user, { minutes, exact }, now);
    if (outcome === 'created') this.matches.begin(row.key);
    const told = mine.told === NEVER ? this.#meet(looking, mine, own, outcome === 'created', isClaimed) : [];
    const people = this.people.matched(looking, own, row.activity, isClaimed);
    if (row.ended !== null) this.matches.end(row.key);
    return { people, told: told.length > 0 ? [...told, user.id] : told };
  }

  /** Tells an activity of others, and them of it. @returns the ids of the users who are told */
  #meet(looking: Looking, mine: Entry, own: OwnActivity, isNew: boolean, isClaimed: boolean): string[] {
    const met = isNew ? NOBODY : this.matches.met(own);
    const fresh = this.#fresh(looking, own.topic, met, isClaimed);
    this.live.alter(mine, { told: met.size + fresh.length });
    const self = this.known.get(looking.user.key);
    if (!self || fresh.length === 0) return [];
    const matches = fresh.flatMap(({ entry, claimed }) => {
      const user = this.known.get(entry.user);
      if (!user) return [];
      this.live.alter(entry, { told: Math.max(0, entry.told) + 1 });
      // Of strangers each side is told what both have claimed, and no more.
      const shared = { ...entry, from: claimed.from, ended: claimed.to };
      return { entry, user, ...shareOf(looking, shared, MOMENT) };
    });
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
    return this.matches.met({ key: activity, topic, closes: ended * MINUTE_MS }).size < MAX_MATCHES;
  }
}

/** An activity as its owner gets it back, as JSON. */
function jsonOf({ id, revision, activity, state, started, ended, closes, body }: ActivityRow): string {
  const end =
    ended !== null
      ? `,"endedAt":"${new Date(ended).toISOString()}"`
      : state !== 'discarded'
        ? `,"endsAt":"${new Date(closes).toISOString()}"`
        : '';
  const head =
    `{"id":"${id}","revision":${revision},"activity":"${activity}","state":"${state}",` +
    `"startedAt":"${new Date(started).toISOString()}"${end}`;
  return body === null ? `${head}}` : `${head},${body.slice(1)}`;
}
