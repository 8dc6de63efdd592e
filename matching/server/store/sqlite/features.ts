import type { Features as FeaturesAnswer, Habits, Ranks } from '../../../schema/index.js';
import { admitRanks, DRINKS_IN, habitsFrom } from '../../rules/features/answers.js';
import { binsOf } from '../../rules/features/bins.js';
import { type Contribution, contributionOf } from '../../rules/features/contribution.js';
import { regionOf } from '../../rules/features/crowd.js';
import { type RankSources, ranksOf } from '../../rules/features/ranks.js';
import { changeRow, daysOf, type FeatureRow, rowOf, tallyOf } from '../../rules/features/row.js';
import { count, emptyTally, type Tally } from '../../rules/features/tally.js';
import type { FeaturesQuestion, RanksQuestion, Today } from '../store.js';
import { Crowds } from './crowds.js';
import type { Database } from './database.js';
import type { Relationships } from './friends/relations.js';
import type { Topics } from './topics.js';
import type { UserRow } from './users.js';

/** An activity as far as it is counted. */
export interface CountedActivity {
  activity: string;
  state: string;
  started: number;
  closes: number;
  body: string | null;
}

/** Habits and ranks: one row for each user and kind of activity, always as if all of it were counted anew. */
export class Features {
  readonly #crowds: Crowds;

  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
  ) {
    this.#crowds = new Crowds(db);
    this.#countDue();
  }

  /** Follows one activity as it comes, changes or goes; nothing, when neither its old form nor its new one counts. */
  change(user: number, before: CountedActivity | undefined, after: CountedActivity | undefined): void {
    const [out, into] = [before && contributionOf(before), after && contributionOf(after)];
    if (before && after && before.activity === after.activity) {
      this.#count(user, after.activity, out, into);
      return;
    }
    if (before) this.#count(user, before.activity, out, undefined);
    if (after) this.#count(user, after.activity, undefined, into);
  }

  /** Follows a change of visibility or cell. */
  move(before: UserRow, after: UserRow): void {
    for (const { topic, days } of this.#rowsOf(after.key)) {
      if (!this.#crowds.has(topic)) continue;
      const bins = binsOf(daysOf(days));
      this.#crowds.move(topic, bins, before, after);
    }
  }

  forgetUser(user: UserRow): void {
    this.move(user, { ...user, discoverable: 0 });
    this.db.run('DELETE FROM feature WHERE user = ?', user.key);
  }

  /** After a transaction was taken back. */
  forget(): void {
    this.#crowds.forget();
  }

  features(user: UserRow, { activity, timeZone, today }: FeaturesQuestion, now: number): FeaturesAnswer {
    return { asOf: new Date(now).toISOString(), timeZone, features: this.habits(user, today, activity) };
  }

  /** Of one kind of activity, also when there is nothing yet, or of all of them. */
  habits(user: UserRow, today: Today['today'], activity?: string): Habits[] {
    return habitsFrom(this.#rowsOf(user.key), this.#drinksOf(user.key), today, activity);
  }

  /** @throws Refusal not-discoverable, no-cell */
  ranks(user: UserRow, question: RanksQuestion, relations: Relationships, now: number): Ranks {
    const among = admitRanks(user, question.among);
    const topic = this.topics.find(question.activity);
    return ranksOf({ ...question, among }, this.#sources(user, topic, relations), new Date(now).toISOString());
  }

  #sources(user: UserRow, topic: number | undefined, relations: Relationships): RankSources {
    if (topic === undefined) return { days: [], friends: [], read: () => ({ everyone: { above: 0, people: 0 } }) };
    const region = user.cell === null ? undefined : regionOf(user.cell);
    const friends = relations.friends().flatMap((friend) => {
      const row = this.db.get<{ days: Uint8Array; cell: string | null }>(
        `SELECT days, cell FROM feature JOIN user ON user.key = feature.user
         WHERE feature.user = ? AND topic = ? AND discoverable = 1`,
        ...[friend, topic],
      );
      if (!row) return [];
      return {
        days: daysOf(row.days),
        isInArea: region !== undefined && row.cell !== null && regionOf(row.cell) === region,
      };
    });
    const { cell } = user;
    return {
      days: tallyOf(this.#row(user.key, topic)).days,
      friends,
      read: (series, value) => ({
        everyone: this.#crowds.read(topic, series, value),
        ...(cell === null ? {} : { area: this.#crowds.read(topic, series, value, cell) }),
      }),
    };
  }

  #count(user: number, activity: string, out: Contribution | undefined, into: Contribution | undefined): void {
    if (!out && !into) return;
    const topic = this.topics.keyOf(activity);
    const before = this.#row(user, topic);
    const { row, binsBefore, binsAfter } = changeRow(before, out, into);
    if (row) this.#put(user, topic, row);
    else this.db.run('DELETE FROM feature WHERE user = ? AND topic = ?', user, topic);
    if (!this.#crowds.has(topic)) return;
    const sql = 'SELECT discoverable, cell FROM user WHERE key = ?';
    const who = this.db.get<Pick<UserRow, 'discoverable' | 'cell'>>(sql, user);
    if (who) this.#crowds.change(topic, who, binsBefore(), binsAfter());
  }

  #row(user: number, topic: number): FeatureRow | undefined {
    return this.db.get<FeatureRow>('SELECT sums, days FROM feature WHERE user = ? AND topic = ?', user, topic);
  }

  #put(user: number, topic: number, { sums, days }: FeatureRow): void {
    this.db.run(
      `INSERT INTO feature VALUES (?, ?, ?, ?)
       ON CONFLICT (user, topic) DO UPDATE SET sums = excluded.sums, days = excluded.days`,
      ...[user, topic, sums, days],
    );
  }

  #rowsOf(user: number): (FeatureRow & { topic: number; name: string })[] {
    return this.db.all(
      'SELECT topic, name, sums, days FROM feature JOIN topic ON topic.key = topic WHERE user = ? ORDER BY name',
      user,
    );
  }

  /** The newest first. */
  #drinksOf(user: number): { activity: string; drink: string }[] {
    return this.db.all(
      `SELECT activity, body ->> 'drink' AS drink FROM
         (SELECT activity, state, body FROM activity WHERE user = ? ORDER BY id DESC LIMIT ${DRINKS_IN})
       WHERE state = 'finished' AND drink IS NOT NULL`,
      user,
    );
  }

  /** Counts the users anew who are due, from their activities. */
  #countDue(): void {
    for (;;) {
      const due = this.db.all<{ user: number }>('SELECT user FROM feature_due LIMIT 100');
      if (due.length === 0) return;
      this.db.transaction(() => {
        for (const { user } of due) {
          this.#countAnew(user);
          this.db.run('DELETE FROM feature_due WHERE user = ?', user);
        }
      });
    }
  }

  #countAnew(user: number): void {
    const tallies = new Map<string, Tally>();
    const sql = `SELECT activity, state, started, closes, body FROM activity WHERE user = ? AND state = 'finished'`;
    for (const row of this.db.all<CountedActivity>(sql, user)) {
      const contribution = contributionOf(row);
      const tally = tallies.get(row.activity) ?? emptyTally();
      if (contribution) count(tally, contribution, 1);
      tallies.set(row.activity, tally);
    }
    this.db.run('DELETE FROM feature WHERE user = ?', user);
    for (const [activity, tally] of tallies) {
      const row = rowOf(tally);
      if (row) this.#put(user, this.topics.keyOf(activity), row);
    }
  }
}
