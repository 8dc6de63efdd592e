import type { ActivityPage, PublishAnswer, StoredActivity } from '../../../schema/index.js';
import { Refusal } from '../../refusal.js';
import { meOf, shownSinceOf } from '../../rules/accounts.js';
import { localDay } from '../../rules/features/local-time.js';
import { NOBODY } from '../../rules/friends.js';
import { LONGEST } from '../../rules/live.js';
import { type ActivityRow, activityOf, EXPORTED_AT_ONCE, pageOf } from '../../rules/publication.js';
import { minuteOf } from '../../rules/time.js';
import {
  type Caller,
  type Counts,
  type ExportedWhole,
  type OperationName,
  type PublishCall,
  type Published,
  type Store,
  StoreFailure,
  type StoreOptions,
} from '../store.js';
import { parseAddress } from './address.js';
import { Batches, type Grouping } from './batches.js';
import { Database, type Statements } from './database.js';
import { eventsOf, matchesOf } from './events.js';
import { Features } from './features.js';
import { Feed } from './feed.js';
import { block, blocksOf, exportFriends, invite, remove, unblock, useInvitation } from './friends.js';
import { Hints } from './hints.js';
import { migrate } from './migrate.js';
import { People } from './people.js';
import { ACTIVITY_COLUMNS, type Kept, Publishing } from './publishing.js';
import { friendsOf } from './relations.js';
import { answer, ask, listRequests, type Outcome } from './requests.js';
import { loadDriver, Servers } from './servers.js';
import { Checks, Sweep } from './sweep.js';
import { Telling } from './telling.js';
import { Topics } from './topics.js';
import { callerOf, Users } from './users.js';

export interface PostgresOptions extends StoreOptions {
  grouping?: Grouping;
  /** Whether processes wake each other: true when missing. Without, a stream hears of others' doing up to 100 ms later. */
  hints?: boolean;
}

const GROUPING: Grouping = { most: 256, atOnce: 2 };

/**
 * The store of any number of endpoint processes: one PostgreSQL, or several of which one is the primary at a time. It does
 * not stop when the server is away: calls are refused as `unavailable` until it is back.
 * @param rest what follows `postgres:` in the address
 * @throws StoreFailure when the address is none, the driver is not installed, or the server cannot be used
 */
export async function openPostgresStore(rest: string, options: PostgresOptions = {}): Promise<Store> {
  const address = parseAddress(rest);
  const { grouping = GROUPING } = options;
  const servers = new Servers(loadDriver(), address, Math.max(16, grouping.atOnce * 2));
  const db = new Database(servers, address.secrets);
  try {
    await migrate(db, address.schema);
    await refuseUnfinished(db);
  } catch (error) {
    await db.close();
    throw error;
  }
  const hints = new Hints(options.hints === false ? undefined : servers);
  return new PostgresStore(db, new Feed(db, hints), grouping, options.matches ?? true);
}

/** @throws StoreFailure while something is being moved into it */
async function refuseUnfinished(db: Database): Promise<void> {
  if (await db.get('SELECT 1 FROM imported WHERE finished IS NULL LIMIT 1')) {
    throw new StoreFailure('The PostgreSQL store is being filled by "kindred-endpoint import": finish that first');
  }
}

class PostgresStore implements Record<OperationName, unknown>, Store {
  /** Never: it waits for its server. */
  readonly ended = new Promise<never>(() => {});
  readonly #users: Users;
  readonly #features: Features;
  readonly #publishing: Publishing;
  readonly #telling: Telling;
  readonly #people: People;
  readonly #batches: Batches;
  readonly #sweep: Sweep;
  readonly #checks: Checks;

  constructor(
    private readonly db: Database,
    readonly feed: Feed,
    grouping: Grouping,
    tells: boolean,
  ) {
    const topics = new Topics(db);
    this.#users = new Users(db);
    this.#features = new Features(db, topics);
    this.#publishing = new Publishing(db, topics, this.#features);
    this.#telling = new Telling(db, feed, tells);
    this.#people = new People(db, topics);
    this.#batches = new Batches((calls) => this.#publishAll(calls), grouping);
    this.#sweep = new Sweep(db, this.#features, feed);
    this.#checks = new Checks(db);
  }

  createUser: Store['createUser'] = (call) => this.#users.create(call);
  me: Store['me'] = (call) => this.#users.me(call);
  updateMe: Store['updateMe'] = (call) => this.#users.update(call, this.feed);
  publish: Store['publish'] = (call) => this.#batches.add(call);
  concurrentUsers: Store['concurrentUsers'] = (call) => this.#people.concurrent(call);
  features: Store['features'] = (call) => this.#features.features(call);
  ranks: Store['ranks'] = (call) => this.#features.ranks(call);
  events: Store['events'] = (call) => eventsOf(this.db, call);
  sweep: Store['sweep'] = (call) => this.#sweep.run(call);

  rotateToken: Store['rotateToken'] = async (call) => (await this.#users.rotate(call, this.feed)).id;
  deleteMe: Store['deleteMe'] = async (call) => (await this.#users.delete(call, this.feed)).id;

  requestFriend: Store['requestFriend'] = async (call) => {
    const { to } = call;
    return await this.#tellOne((tx) =>
      'invitation' in to ? useInvitation(tx, call, to.invitation) : ask(tx, call, to),
    );
  };
  answerFriendRequest: Store['answerFriendRequest'] = async (call) => await this.#tellOne((tx) => answer(tx, call));
  removeFriend: Store['removeFriend'] = (call) => this.#change((tx) => remove(tx, call));
  block: Store['block'] = (call) => this.#change((tx) => block(tx, call));
  unblock: Store['unblock'] = (call) => this.#change((tx) => unblock(tx, call));
  invite: Store['invite'] = (call) => this.db.transaction((tx) => invite(tx, call));
  blocks: Store['blocks'] = async (call) => await blocksOf(this.db, await callerOf(this.db, call));
  friends: Store['friends'] = async (call) => ({ friends: await friendsOf(this.db, await callerOf(this.db, call)) });
  friendRequests: Store['friendRequests'] = async (call) =>
    await listRequests(this.db, await callerOf(this.db, call), call.now);

  async activities(call: Caller & { before?: string; limit: number }): Promise<ActivityPage> {
    const user = await callerOf(this.db, call);
    const rows = await this.db.all<ActivityRow>(
      `SELECT ${ACTIVITY_COLUMNS} FROM activity WHERE user_key = $1 AND id < $2 AND state <> 'discarded' ORDER BY id DESC LIMIT 101`,
      ...[user.key, call.before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    );
    return pageOf(rows, call.limit);
  }

  async exportMe(call: Caller): Promise<ExportedWhole> {
    const user = await callerOf(this.db, call);
    return {
      exportedAt: new Date(call.now).toISOString(),
      user: meOf(user, call.now),
      lastCell: user.last_cell,
      shownSince: shownSinceOf(user),
      features: await this.#features.habits(user, localDay('UTC', call.now)),
      ...(await exportFriends(this.db, user, call.now)),
    };
  }

  async exportActivities(call: Caller & { after?: string }): Promise<StoredActivity[]> {
    const user = await callerOf(this.db, call);
    const rows = await this.db.all<ActivityRow>(
      `SELECT ${ACTIVITY_COLUMNS} FROM activity WHERE user_key = $1 AND id > $2 ORDER BY id LIMIT ${EXPORTED_AT_ONCE}`,
      ...[user.key, call.after ?? '00000000-0000-0000-0000-000000000000'],
    );
    return rows.map(activityOf);
  }

  exportMatches: Store['exportMatches'] = async (call) =>
    await matchesOf(this.db, await callerOf(this.db, call), call.after, call.now);

  async counts({ now }: { now: number }): Promise<Counts> {
    const minute = minuteOf(now);
    const users = await this.db.get<{ count: number }>('SELECT count(*) AS count FROM users');
    const live = await this.db.get<{ count: number }>(
      `SELECT count(*) AS count FROM topic
       JOIN live ON live.topic = topic.key AND live.cell = 0 AND live.slot <= $2 AND live.ended > $1
       WHERE topic.name NOT LIKE '%/%'`,
      ...[minute, LONGEST - minute],
    );
    return { users: users?.count ?? 0, live: live?.count ?? 0 };
  }

  check: Store['check'] = () => this.#checks.run();

  async close(): Promise<void> {
    await this.#batches.close();
    // When the server is away, what this process leaves behind is swept by others.
    await this.#sweep.close().catch(() => {});
    await this.feed.close().catch(() => {});
    await this.db.close();
  }

  async #publishAll(calls: readonly PublishCall[]): Promise<(Published | Refusal)[]> {
    const results = await this.#publishing.keep(calls);
    const kept = results.filter((result): result is Kept => !(result instanceof Refusal));
    const told = await this.#telling.tell(kept);
    let next = 0;
    return results.map((result) => {
      if (result instanceof Refusal) return result;
      const { outcome, row, user } = result;
      const { matches, told: users } = told[next++] ?? { matches: [], told: [] };
      const friendRequests = user.discoverable ? user.requests : 0;
      const answered: PublishAnswer = { outcome, activity: activityOf(row), matches, friendRequests };
      return { outcome, activity: row.activity, state: row.state, json: JSON.stringify(answered), told: users };
    });
  }

  #change(work: (tx: Statements) => Promise<void>): Promise<void> {
    return this.db.transaction(work, { idempotent: true });
  }

  /** Carries out what one other user may have to be told of. */
  async #tellOne<Answer extends Outcome<unknown>>(
    work: (tx: Statements) => Promise<Answer>,
  ): Promise<Omit<Answer, 'told'> & { told: string[] }> {
    const { outcome, told, waiting } = await this.db.transaction(async (tx) => {
      const result = await work(tx);
      if (result.told === NOBODY) return { outcome: result, told: [], waiting: [] };
      const rows = await tx.all<{ id: string }>('SELECT id FROM users WHERE key = $1', result.told);
      const others = await this.feed.post(tx, [result.told]);
      return { outcome: result, told: rows.map(({ id }) => id), waiting: others };
    });
    this.feed.hint(waiting);
    return { ...outcome, told };
  }
}
