import type { PublishAnswer } from '../../../schema/index.js';
import type { Refusal } from '../../refusal.js';
import { isFreshSince, OPEN } from '../../rules/friends.js';
import {
  homeOfUser,
  isCurrent,
  MOST_OF_USER,
  type StoredSpan,
  shownIn,
  shownSpans,
  spansGone,
  spansIn,
  storedSpans,
} from '../../rules/live.js';
import {
  type ActivityRow,
  bodyOf,
  type Publication,
  spansOf,
  tooManyActivities,
  tooManyBegun,
} from '../../rules/publication.js';
import type { PublishCall } from '../store.js';
import type { Database, Statements } from './database.js';
import type { Features } from './features.js';
import { countEntries, type LiveSpan, putLive, removeLive } from './live.js';
import { forgetMatchesOfActivities } from './matches.js';
import { APART, FRIENDS } from './people.js';
import type { Topics } from './topics.js';
import { USER_COLUMNS, type UserRow, unauthorised } from './users.js';

/** Who publishes, with whoever is apart from them, and how many requests wait for their answer. */
export interface Publisher extends UserRow {
  apart: number[];
  friends: number[];
  requests: number;
}

/** An activity as it is kept, with how far its people have been told. */
export interface KeptRow extends ActivityRow {
  /** Given when it is written first. */
  number?: number;
  told: number | null;
  looked: boolean;
}

/** Of an activity, as USER_COLUMNS of a user. */
export const ACTIVITY_COLUMNS =
  'user_key, id, number, revision, activity, state, started, ended, closes, body, spans, received, told, looked';

/** What has become of one publish; whom it is matched with is another matter. */
export interface Kept {
  user: Publisher;
  row: KeptRow;
  outcome: PublishAnswer['outcome'];
  now: number;
}

/** One activity while a batch is carried out. */
interface Draft {
  user: Publisher;
  /** As it was before the batch. */
  before: KeptRow | undefined;
  row: KeptRow | undefined;
  received: number;
  /** The spans that are to be found, and how many of them are found already. */
  found: StoredSpan[];
  entries: number;
  isForgotten: boolean;
}

/** Takes activities in, many at a time: once each, the newest revision only, and found at once by whoever may find them. */
export class Publishing {
  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
    private readonly features: Features,
  ) {}

  /** Keeps a batch in one transaction. For each call what became of it, or why it is refused. */
  async keep(calls: readonly PublishCall[]): Promise<(Kept | Refusal)[]> {
    const names = calls.flatMap(({ publication }) => spansOf(publication).map(({ topic }) => topic));
    const topics = await this.topics.keysOf(names);
    return await this.db.transaction((tx) => new Batch(tx, this.features, calls, topics).carryOut(), {
      idempotent: true,
    });
  }
}

/** One transaction of publishes. */
class Batch {
  #publishers = new Map<string, Publisher>();
  readonly #drafts = new Map<string, Draft>();
  #entries = new Map<number, number>();

  constructor(
    private readonly tx: Statements,
    private readonly features: Features,
    private readonly calls: readonly PublishCall[],
    private readonly topics: ReadonlyMap<string, number>,
  ) {}

  async carryOut(): Promise<(Kept | Refusal)[]> {
    await this.#readPublishers();
    await this.#readDrafts();
    const results = this.calls.map((call) => {
      const user = this.#publisherOf(call);
      if (!user) return unauthorised();
      return this.#take(user, call);
    });
    await this.#write();
    return results;
  }

  #publisherOf({ credential }: PublishCall): Publisher | undefined {
    return this.#publishers.get(Buffer.from(credential).toString('latin1'));
  }

  /** Nobody else changes anything of theirs until the transaction ends. */
  async #readPublishers(): Promise<void> {
    const hashes = new Set(this.calls.map(({ credential }) => Buffer.from(credential).toString('latin1')));
    const fresh = isFreshSince(Math.max(...this.calls.map(({ now }) => now)));
    const rows = await this.tx.all<Publisher>(
      `SELECT ${USER_COLUMNS}, ${APART}, ${FRIENDS}, (SELECT count(*) FROM friend_request
         WHERE target = users.key AND state = ${OPEN} AND made > $2) AS requests
       FROM users WHERE token_hash = ANY($1::bytea[]) ORDER BY key FOR NO KEY UPDATE`,
      ...[[...hashes].map((hash) => Buffer.from(hash, 'latin1')), fresh],
    );
    this.#publishers = new Map(rows.map((row) => [row.token_hash.toString('latin1'), row]));
  }

  async #readDrafts(): Promise<void> {
    const users = [...this.#publishers.values()].map(({ key }) => key);
    if (users.length === 0) return;
    const asked = this.calls.flatMap((call) => {
      const user = this.#publisherOf(call);
      return user ? [{ user, id: call.publication.id, now: call.now }] : [];
    });
    const rows = await this.tx.all<KeptRow & { user_key: number; received: number }>(
      `SELECT ${ACTIVITY_COLUMNS} FROM unnest($1::bigint[], $2::uuid[]) AS v (user_key, id)
       JOIN activity USING (user_key, id)`,
      ...[asked.map(({ user }) => user.key), asked.map(({ id }) => id)],
    );
    const known = new Map(rows.map((row) => [`${row.user_key}/${row.id}`, row]));
    const counted = await countEntries(
      this.tx,
      users,
      asked.map(({ id }) => id),
    );
    this.#entries = new Map([...counted].map(([user, { count }]) => [user, count]));
    for (const { user, id, now } of asked) {
      const row = known.get(`${user.key}/${id}`);
      const received = row?.received ?? now;
      const found = row ? shownIn(row, user) : [];
      const entries = counted.get(user.key)?.ids.filter((one) => one === id).length ?? 0;
      const draft = { user, before: row, row, received, found, entries, isForgotten: false };
      if (!this.#drafts.has(`${user.key}/${id}`)) this.#drafts.set(`${user.key}/${id}`, draft);
    }
  }

  #take(user: Publisher, { publication, now, beginsIn }: PublishCall): Kept | Refusal {
    const draft = this.#drafts.get(`${user.key}/${publication.id}`) as Draft;
    const before = draft.row;
    if (before && before.revision >= publication.revision) return { user, row: before, outcome: 'unchanged', now };
    const entries = this.#entries.get(user.key) ?? 0;
    if (!before && beginsIn !== undefined) return tooManyBegun(beginsIn);
    if (!before && entries >= MOST_OF_USER) return tooManyActivities();
    if (!before) draft.received = now;
    const spans = this.#spansOf(publication, before, now);
    // What is discarded, or turns out to be something else, or of a time long gone, or hidden, is no match any more.
    const shown = shownSpans(spans, publication.closes, user);
    const [was] = before ? shownIn(before, user) : [];
    const [is] = shown;
    const isLongGone = was?.[1] !== is?.[1] && !isCurrent(publication.closes, now);
    if (was && (was[0] !== is?.[0] || isLongGone)) draft.isForgotten = true;
    // What is more than one user may have is left out; what is found already stays.
    const others = entries - draft.entries;
    const room = Math.max(0, MOST_OF_USER - others);
    draft.found = user.discoverable && isCurrent(publication.closes, now) ? shown.slice(0, room) : [];
    draft.entries = draft.found.length;
    this.#entries.set(user.key, others + draft.entries);
    draft.row = rowOf(publication, spans, { was, is: draft.found[0] }, before);
    return { user, row: draft.row, outcome: before ? 'updated' : 'created', now };
  }

  #spansOf(publication: Publication, before: KeptRow | undefined, now: number): StoredSpan[] {
    const keyOf = (topic: string): number => this.topics.get(topic) as number;
    return storedSpans(spansOf(publication), keyOf, before ? spansIn(before) : [], now);
  }

  async #write(): Promise<void> {
    const changed = [...this.#drafts.values()].filter(({ row, before }) => row !== before);
    if (changed.length === 0) return;
    await this.#writeActivities(changed);
    await this.features.change(
      this.tx,
      changed.map(({ user, before, row }) => ({ user: user.key, before, after: row })),
    );
    await forgetMatchesOfActivities(
      this.tx,
      changed
        .filter(({ isForgotten }) => isForgotten)
        .map(({ user, before, row }) => ({ user: user.key, id: (before ?? row)?.id as string })),
    );
    const shown = changed.filter(({ user }) => user.discoverable);
    await removeLive(
      this.tx,
      shown.flatMap((draft) => liveOf(draft, goneOf(draft))),
    );
    await putLive(
      this.tx,
      shown.flatMap((draft) => liveOf(draft, draft.found)),
    );
  }

  async #writeActivities(drafts: readonly Draft[]): Promise<void> {
    const rows = drafts.map(({ user, row, received }) => ({ user_key: user.key, received, ...(row as KeptRow) }));
    const column = <Name extends keyof (typeof rows)[number]>(name: Name) => rows.map((row) => row[name]);
    const numbered = await this.tx.all<{ user_key: number; id: string; number: number }>(
      `INSERT INTO activity
         (user_key, id, revision, activity, state, started, ended, closes, body, spans, received, told, looked)
       SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
           $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::int[], $13::boolean[])
         AS v (user_key, id, revision, activity, state, started, ended, closes, body, spans, received, told, looked)
       ORDER BY user_key, id
       ON CONFLICT (user_key, id) DO UPDATE SET revision = excluded.revision, activity = excluded.activity,
         state = excluded.state, started = excluded.started, ended = excluded.ended, closes = excluded.closes,
         body = excluded.body, spans = excluded.spans, told = excluded.told, looked = excluded.looked
       RETURNING user_key, id, number`,
      ...[column('user_key'), column('id'), column('revision'), column('activity'), column('state'), column('started')],
      ...[column('ended'), column('closes'), column('body'), column('spans'), column('received'), column('told')],
      column('looked'),
    );
    const numbers = new Map(numbered.map(({ user_key, id, number }) => [`${user_key}/${id}`, number]));
    for (const { user, row } of drafts) {
      const number = row && numbers.get(`${user.key}/${row.id}`);
      if (row && number !== undefined) row.number = number;
    }
  }
}

/** What is found of it no more. */
function goneOf({ user, before, found }: Draft): StoredSpan[] {
  return before ? spansGone(shownIn(before, user), found) : [];
}

/** @param found where it was and is found, all of it */
function rowOf(
  given: Publication,
  spans: StoredSpan[],
  { was, is }: { was: StoredSpan | undefined; is: StoredSpan | undefined },
  before: KeptRow | undefined,
): KeptRow {
  const { id, revision, activity, state, started, ended, closes } = given;
  // What begins at another time, or as something else, is told anew.
  const stays = was !== undefined && is !== undefined && was[0] === is[0] && was[1] === is[1];
  return {
    ...{ id, revision, activity, state, started, ended, closes, body: bodyOf(given) },
    spans: JSON.stringify(spans),
    ...(stays && before ? { told: before.told, looked: before.looked } : { told: null, looked: false }),
    ...(before?.number === undefined ? {} : { number: before.number }),
  };
}

function liveOf({ user, row }: Draft, spans: readonly StoredSpan[]): LiveSpan[] {
  const home = homeOfUser(user);
  const { id, number } = row as KeptRow & { number: number };
  return spans.map((span) => ({ user: user.key, id, number, span, home }));
}
