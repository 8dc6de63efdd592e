import { randomUUID } from 'node:crypto';
import type { Feed as StoreFeed, UserId } from '../store.js';
import type { Database, Statements } from './database.js';
import type { Hints } from './hints.js';
import { ANSWER_MS } from './servers.js';

/** How often a process looks into its inbox, and shows that it is there. */
const DRAIN_MS = 100;
const SEEN_MS = 10_000;
/** A process that was not seen for so long is taken for dead. */
const DEAD_MS = 60_000;
const MOST_AT_ONCE = 1000;
/**
 * Whoever tells somebody something looks who follows them, and commits later. What was on its way like that when somebody
 * began to be followed is in no inbox, and not to be read yet: they look again after so long, and when no statement lasts any more.
 */
const LOOK_AGAIN_MS = [1000, ANSWER_MS + 1000];

/** By the server's clock, which all processes have in common. Epoch milliseconds. */
export const NOW = '(extract(epoch FROM now()) * 1000)::bigint';

/**
 * Tells the processes over one database of what concerns the streams that they serve. Each has an inbox: whoever tells a user
 * something puts a row into the inboxes of the processes that follow that user, in the same transaction. A process looks
 * into its inbox every 100 ms; a hint makes it look sooner, and is not needed. What is in the inbox is only that something
 * is there: streams read it from where they stand, so that a row that comes twice, or late, changes nothing.
 */
export class Feed implements StoreFeed {
  readonly #id = randomUUID();
  readonly #followed = new Set<UserId>();
  /** Users whose being followed is not yet written down as it is. */
  readonly #changed = new Set<UserId>();
  #listener: (users: readonly UserId[]) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #drainable = false;
  /** By the clock that nobody sets. */
  #seenAt = Number.NEGATIVE_INFINITY;
  /** What came in meanwhile may not have been heard: everybody is told to look. */
  #isBehind = false;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly db: Database,
    private readonly hints: Hints,
  ) {
    hints.listen(this.#id, () => this.#soon());
    this.#plan();
  }

  onTold(listener: (users: readonly UserId[]) => void): void {
    this.#listener = listener;
  }

  follow(user: UserId): void {
    this.#followed.add(user);
    this.#changed.add(user);
    this.#soon();
  }

  unfollow(user: UserId): void {
    this.#followed.delete(user);
    this.#changed.add(user);
  }

  /** Leaves word for whichever other process follows these users. @returns the processes, for `hint` after the commit */
  async post(tx: Statements, userKeys: readonly number[]): Promise<string[]> {
    const rows = await tx.all<{ api: string }>(
      `INSERT INTO inbox (api, user_id)
       SELECT session.api, users.id FROM session JOIN users ON users.key = session.user_key
       WHERE session.user_key = ANY($1::bigint[]) AND session.api <> $2 ORDER BY session.api, users.id RETURNING api`,
      ...[[...new Set(userKeys)], this.#id],
    );
    return [...new Set(rows.map(({ api }) => api))];
  }

  /** These have something in their inbox. */
  hint(processes: readonly string[]): void {
    if (processes.length > 0) this.hints.send(processes);
  }

  /** Forgets processes that have died, and what was left for them. */
  async sweep(): Promise<void> {
    const sql = `DELETE FROM api WHERE seen < ${NOW} - ${DEAD_MS} RETURNING id`;
    await this.db.run(sql);
    for (const table of ['session', 'inbox']) {
      await this.db.run(`DELETE FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM api WHERE api.id = ${table}.api)`);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    this.hints.close();
    for (const sql of ['DELETE FROM session WHERE api = $1', 'DELETE FROM inbox WHERE api = $1'])
      await this.db.run(sql, this.#id);
    await this.db.run('DELETE FROM api WHERE id = $1', this.#id);
  }

  #soon(): void {
    if (this.#drainable || this.#closed) return;
    this.#drainable = true;
    clearTimeout(this.#timer);
    setImmediate(() => this.#run());
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#run(), DRAIN_MS);
    this.#timer.unref();
  }

  /** One turn after the other. */
  #run(): void {
    this.#turn = this.#turn.then(() => this.#once()).then(() => this.#plan());
  }

  async #once(): Promise<void> {
    this.#drainable = false;
    if (this.#closed) return;
    // Nobody listens: nothing can be in the inbox.
    if (this.#followed.size === 0 && this.#changed.size === 0) return;
    try {
      await this.#appear();
      const anew = await this.#writeFollowed();
      const told = await this.#drain();
      const everybody = this.#isBehind;
      this.#isBehind = false;
      this.#listener(everybody ? [...this.#followed] : [...new Set([...anew, ...told])]);
      if (anew.length > 0) for (const ms of LOOK_AGAIN_MS) setTimeout(() => this.#lookAgain(anew), ms).unref();
    } catch {
      // Away: whoever asks the store is told. When it is back, everybody looks for what was missed.
      for (const user of this.#followed) this.#changed.add(user);
      this.#isBehind = true;
      this.#seenAt = Number.NEGATIVE_INFINITY;
    }
  }

  #lookAgain(users: readonly UserId[]): void {
    if (!this.#closed) this.#listener(users);
  }

  async #appear(): Promise<void> {
    if (performance.now() - this.#seenAt < SEEN_MS) return;
    const there = await this.db.run(`UPDATE api SET seen = ${NOW} WHERE id = $1`, this.#id);
    if (there === 0) {
      await this.db.run(`INSERT INTO api (id, seen) VALUES ($1, ${NOW}) ON CONFLICT (id) DO NOTHING`, this.#id);
      // The first time; or it was taken for dead, and its inbox thrown away.
      for (const user of this.#followed) this.#changed.add(user);
      this.#isBehind = true;
    }
    this.#seenAt = performance.now();
  }

  /** @returns who is followed from now on: what came before is theirs to read */
  async #writeFollowed(): Promise<UserId[]> {
    const changed = [...this.#changed].sort();
    if (changed.length === 0) return [];
    // While this is written down, some may change once more: those stay to be written.
    this.#changed.clear();
    const begun = changed.filter((user) => this.#followed.has(user));
    const ended = changed.filter((user) => !this.#followed.has(user));
    await this.db.run(
      `INSERT INTO session (user_key, api) SELECT key, $2 FROM users WHERE id = ANY($1::uuid[]) ORDER BY key
       ON CONFLICT (user_key, api) DO NOTHING`,
      ...[begun, this.#id],
    );
    await this.db.run(
      'DELETE FROM session WHERE api = $2 AND user_key IN (SELECT key FROM users WHERE id = ANY($1::uuid[]))',
      ...[ended, this.#id],
    );
    return begun;
  }

  async #drain(): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: string }>(
      `DELETE FROM inbox WHERE api = $1 AND key IN
         (SELECT key FROM inbox WHERE api = $1 ORDER BY key LIMIT ${MOST_AT_ONCE}) RETURNING user_id`,
      this.#id,
    );
    if (rows.length === MOST_AT_ONCE) this.#soon();
    return rows.map(({ user_id }) => user_id);
  }
}
