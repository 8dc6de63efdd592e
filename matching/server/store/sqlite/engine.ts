import type { ActivityPage, ConcurrentUsers, Event, Ranks, StoredActivity } from '../../../schema/index.js';
import { meOf, shownSinceOf } from '../../rules/accounts.js';
import { localDay } from '../../rules/features/local-time.js';
import { type Shown, shownSpans, spansIn } from '../../rules/live.js';
import { type ActivityRow, activityOf, EXPORTED_AT_ONCE, pageOf } from '../../rules/publication.js';
import { minuteOf } from '../../rules/time.js';
import { readOf } from '../../rules/told.js';
import type { Caller, ExportedWhole, OperationName, RanksQuestion, Search, Store, StoreOptions } from '../store.js';
import { type Database, SWEPT_AT_ONCE } from './database.js';
import { type CountedActivity, Features } from './features.js';
import { Friends } from './friends/friends.js';
import { Relations } from './friends/relations.js';
import { KnownUsers } from './known.js';
import { LiveIndex } from './live.js';
import { Matches } from './matches.js';
import { Meetings } from './meetings.js';
import { MEMORY } from './memory.js';
import { People } from './people.js';
import { Publishing } from './publishing.js';
import { Sequence } from './sequence.js';
import { Topics } from './topics.js';
import { type UserRow, Users } from './users.js';

const DAY_MS = 86_400_000;

/** A store's methods as they run inside a transaction: at once, and not as promises. */
type Operations = {
  [Name in OperationName]: (call: Parameters<Store[Name]>[0]) => Awaited<ReturnType<Store[Name]>>;
};

type Forgotten = CountedActivity & { user: number; key: number; id: string; spans: string };

type FriendOperations = Pick<
  Operations,
  | 'requestFriend'
  | 'answerFriendRequest'
  | 'friendRequests'
  | 'friends'
  | 'removeFriend'
  | 'blocks'
  | 'block'
  | 'unblock'
  | 'invite'
>;

/** What the store does, over one SQLite file. Every method is a part of a transaction that its caller opens. */
export class Engine {
  readonly #live: LiveIndex;
  readonly #matches: Matches;
  readonly #friends: Friends;
  readonly #users: Users;
  readonly #topics: Topics;
  readonly #known: KnownUsers;
  readonly #sequence: Sequence;
  readonly #people: People;
  readonly #publishing: Publishing;
  readonly #features: Features;
  readonly #relations: Relations;

  readonly operations: Operations;

  constructor(
    private readonly db: Database,
    options: StoreOptions = {},
    memory = MEMORY,
  ) {
    this.#live = new LiveIndex(db);
    this.#known = new KnownUsers(db, memory);
    this.#topics = new Topics(db);
    this.#sequence = new Sequence(db);
    const relations = new Relations(db, this.#known);
    this.#relations = relations;
    this.#features = new Features(db, this.#topics);
    this.#matches = new Matches(
      db,
      new Meetings(db),
      this.#known,
      this.#topics,
      this.#live,
      relations,
      this.#sequence,
      memory,
    );
    this.#friends = new Friends(db, this.#known, this.#matches, relations, this.#sequence);
    this.#users = new Users(db, this.#known, this.#live, this.#matches, this.#friends, this.#features);
    this.#people = new People(db, this.#topics, this.#known, this.#live, this.#matches, relations);
    const tells = options.matches ?? true;
    this.#publishing = new Publishing(
      db,
      this.#users,
      this.#known,
      this.#topics,
      this.#live,
      this.#matches,
      this.#people,
      this.#friends,
      this.#features,
      tells,
    );
    this.operations = this.#allOperations();
  }

  /** After a transaction was carried out. */
  keep(): void {
    this.#live.keep();
  }

  /** After a transaction was taken back. */
  forget(): void {
    this.#topics.forget();
    this.#known.forget();
    this.#sequence.forget();
    this.#matches.forget();
    this.#live.stepBack();
    this.#features.forget();
  }

  #allOperations(): Operations {
    return {
      createUser: (call) => this.#users.create(call),
      me: (call) => this.#users.me(call),
      updateMe: (call) => this.#users.update(call),
      rotateToken: (call) => this.#users.rotate(call),
      deleteMe: (call) => this.#users.delete(call),
      exportMe: (call) => this.#export(call),
      exportActivities: (call) => this.#exportActivities(call),
      exportMatches: (call) => this.#matches.page(this.#users.caller(call), call.after, call.now),
      publish: (call) => this.#publishing.publish(call),
      activities: (call) => this.#activities(call),
      concurrentUsers: (call) => this.#concurrentUsers(call),
      features: (call) => this.#features.features(this.#users.caller(call), call.question, call.now),
      ranks: (call) => this.#ranks(call),
      events: (call) => this.#events(call),
      ...this.#friendship(),
      sweep: (call) => this.#sweep(call),
      counts: ({ now }) => ({ users: this.#users.count(), live: this.#live.count(now) }),
      check: () => this.db.check(),
    };
  }

  #friendship(): FriendOperations {
    const { requests } = this.#friends;
    const as = (call: Caller): UserRow => this.#users.caller(call);
    return {
      requestFriend: (call) => {
        const { to, now } = call;
        if ('invitation' in to) return this.#friends.useInvitation(as(call), to.invitation, now);
        return requests.ask(as(call), to, now);
      },
      answerFriendRequest: (call) => requests.answer(as(call), call.id, call.state, call.now),
      friendRequests: (call) => requests.list(as(call), call.now),
      friends: (call) => this.#friends.list(as(call)),
      removeFriend: (call) => this.#friends.remove(as(call), call.id, call.now),
      blocks: (call) => this.#friends.blocks(as(call)),
      block: (call) => this.#friends.block(as(call), call.id, call.now),
      unblock: (call) => this.#friends.unblock(as(call), call.id, call.now),
      invite: (call) => this.#friends.invite(as(call), call.hash, call.now),
    };
  }

  #concurrentUsers(call: Caller & { search: Search }): ConcurrentUsers {
    return this.#people.concurrent(this.#users.caller(call), call.search, call.now);
  }

  #ranks(call: Caller & { question: RanksQuestion }): Ranks {
    const user = this.#users.caller(call);
    return this.#features.ranks(user, call.question, this.#relations.seenBy(user, call.now), call.now);
  }

  #activities(call: Caller & { before?: string; limit: number }): ActivityPage {
    const user = this.#users.caller(call);
    const rows = this.db.all<ActivityRow>(
      `SELECT * FROM activity WHERE user = ? AND id < ? AND state <> 'discarded' ORDER BY id DESC LIMIT 101`,
      ...[user.key, call.before ?? 'g'],
    );
    return pageOf(rows, call.limit);
  }

  #export(call: Caller): ExportedWhole {
    const user = this.#users.caller(call);
    return {
      exportedAt: new Date(call.now).toISOString(),
      user: meOf(user, call.now),
      lastCell: user.last_cell,
      shownSince: shownSinceOf(user),
      features: this.#features.habits(user, localDay('UTC', call.now)),
      ...this.#friends.export(user, call.now),
    };
  }

  #exportActivities(call: Caller & { after?: string }): StoredActivity[] {
    const user = this.#users.caller(call);
    const sql = `SELECT * FROM activity WHERE user = ? AND id > ? ORDER BY id LIMIT ${EXPORTED_AT_ONCE}`;
    return this.db.all<ActivityRow>(sql, user.key, call.after ?? '').map(activityOf);
  }

  #events(call: Caller & { after?: number }): { user: string; last: number; events: Event[] } {
    const user = this.#users.caller(call);
    // A number from the future is of another store: start from the beginning, rather than stay silent for ever.
    const last = this.#sequence.last(user.key, call.now);
    const after = call.after === undefined ? last : call.after > last ? 0 : call.after;
    const told = [...this.#matches.events(user, after, call.now), ...this.#friends.events(user, after, call.now)]
      .sort((a, b) => a.seq - b.seq)
      .slice(0, 100);
    return { user: user.id, ...readOf(user, told, after) };
  }

  /**
   * What was taken in before a moment, 500 at most. What a clock that was ahead dates later than tomorrow goes by its own
   * time instead: a clock that is behind must not make everything look like that.
   */
  #forgetActivities(now: number, before: number): number {
    const old = `SELECT key FROM activity WHERE received < ? LIMIT ${SWEPT_AT_ONCE}`;
    const ahead = `SELECT key FROM activity WHERE received > ? AND closes < ? LIMIT ${SWEPT_AT_ONCE}`;
    const returning = 'RETURNING user, key, id, spans, activity, state, started, closes, body';
    const gone = [
      ...this.db.all<Forgotten>(`DELETE FROM activity WHERE key IN (${old}) ${returning}`, before),
      ...this.db.all<Forgotten>(`DELETE FROM activity WHERE key IN (${ahead}) ${returning}`, now + DAY_MS, before),
    ];
    for (const row of gone) {
      const spans = spansIn(row);
      this.#features.change(row.user, row, undefined);
      // It may go on, or have gone on lately: what was taken in long ago can have been moved to another time since.
      const owner = this.db.get<Shown>('SELECT shown_since FROM user WHERE key = ?', row.user);
      this.#live.remove(row, owner ? shownSpans(spans, row.closes, owner) : spans);
      this.#matches.forgetOld(row, spans, now);
    }
    return gone.length;
  }

  /** There is more to do where as much was found as is forgotten at once: a little comes due at any time, and waits. */
  #sweep({ now, retentionMs }: { now: number; retentionMs: number }): boolean {
    const live = this.#live.sweep(now);
    const matches = this.#matches.sweep(minuteOf(now));
    const forgotten = this.#forgetActivities(now, now - retentionMs);
    const cells = this.#users.forgetCells(now);
    const friends = this.#friends.sweep(now);
    return live > 0 || matches > 0 || Math.max(forgotten, cells, friends) >= SWEPT_AT_ONCE;
  }
}
