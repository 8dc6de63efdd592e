import type { Features as FeaturesAnswer, Habits, Ranks } from '../../../schema/index.js';
import { admitRanks, DRINKS_IN, habitsFrom } from '../../rules/features/answers.js';
import { binsOf } from '../../rules/features/bins.js';
import { type Contribution, contributionOf } from '../../rules/features/contribution.js';
import { Crowd, regionOf, type Visibility } from '../../rules/features/crowd.js';
import { ranksOf } from '../../rules/features/ranks.js';
import { changeRow, daysOf, type FeatureRow, tallyOf } from '../../rules/features/row.js';
import { FRIEND } from '../../rules/friends.js';
import type { Caller, FeaturesQuestion, RanksQuestion, Today } from '../store.js';
import type { Database, Statements } from './database.js';
import type { Topics } from './topics.js';
import { callerOf, type UserRow } from './users.js';

type Counted = Parameters<typeof contributionOf>[0] & { activity: string };

/** One activity as it was, and as it is. */
export interface CountedChange {
  user: number;
  before: Counted | undefined;
  after: Counted | undefined;
}

/** One activity, counted out of a row, or into it. */
interface Step {
  user: number;
  activity: string;
  out: Contribution | undefined;
  into: Contribution | undefined;
}

/**
 * A drink's name in a body, still as JSON: what PostgreSQL makes of JSON itself has no place for U+0000 and half characters. A
 * quote in any other text of the body stands behind a backslash.
 */
const DRINK = '"drink":("(?:[^"\\\\]|\\\\.)*")';
/** A crowd of more people than this takes a while to make, and is kept; a smaller one is made anew for every answer. */
const MANY = 2000;
const KEPT_MS = 60_000;

/** Habits and ranks: one row for each user and kind of activity, always as if all of it were counted anew. */
export class Features {
  readonly #crowds = new Map<number, { counted: Promise<{ crowd: Crowd }>; until: number }>();

  constructor(
    private readonly db: Database,
    private readonly topics: Topics,
  ) {}

  /** Follows activities as they come, change or go; their users are locked. */
  async change(tx: Statements, changes: readonly CountedChange[]): Promise<void> {
    const steps = changes.flatMap(stepsOf);
    if (steps.length === 0) return;
    const topics = await this.topics.keysOf(steps.map(({ activity }) => activity));
    const keyOf = ({ user, activity }: Step): string => `${user}/${topics.get(activity)}`;
    const rows = await this.#read(tx, steps, topics);
    for (const step of steps) rows.set(keyOf(step), changeRow(rows.get(keyOf(step)), step.out, step.into).row);
    await write(tx, rows);
  }

  async features(call: Caller & { question: FeaturesQuestion }): Promise<FeaturesAnswer> {
    const { activity, timeZone, today } = call.question;
    const user = await callerOf(this.db, call);
    return { asOf: new Date(call.now).toISOString(), timeZone, features: await this.habits(user, today, activity) };
  }

  /** Of one kind of activity, also when there is nothing yet, or of all of them. */
  async habits(user: UserRow, today: Today['today'], activity?: string): Promise<Habits[]> {
    const rows = await this.db.all<FeatureRow & { name: string }>(
      `SELECT topic.name, feature.sums, feature.days FROM feature JOIN topic ON topic.key = feature.topic
       WHERE feature.user_key = $1`,
      user.key,
    );
    const drinks = await this.db.all<{ activity: string; drink: string }>(
      `SELECT activity, drink FROM
         (SELECT id, activity, state, substring(body FROM '${DRINK}') AS drink
          FROM activity WHERE user_key = $1 ORDER BY id DESC LIMIT ${DRINKS_IN}) AS newest
       WHERE state = 'finished' AND drink IS NOT NULL ORDER BY id DESC`,
      user.key,
    );
    // Here, and not there: what comes before what is a matter of the database's language.
    rows.sort((a, b) => (a.name < b.name ? -1 : 1));
    const named = drinks.map(({ drink, ...one }) => ({ ...one, drink: JSON.parse(drink) as string }));
    return habitsFrom(rows, named, today, activity);
  }

  /** @throws Refusal not-discoverable, no-cell */
  async ranks(call: Caller & { question: RanksQuestion }): Promise<Ranks> {
    const { question, now } = call;
    const user = await callerOf(this.db, call);
    const among = admitRanks(user, question.among);
    const topic = await this.topics.find(question.activity);
    const asOf = new Date(now).toISOString();
    const crowd = topic === undefined ? new Crowd() : await this.#crowdOf(topic);
    const { cell } = user;
    const sources = {
      days: topic === undefined ? [] : await this.#daysOf(user.key, topic),
      friends: topic === undefined ? [] : await this.#friendsOf(user, topic),
      read: (series: string, value: number) => ({
        everyone: crowd.read(series, value),
        ...(cell === null ? {} : { area: crowd.read(series, value, cell) }),
      }),
    };
    return ranksOf({ ...question, among }, sources, asOf);
  }

  async #read(
    tx: Statements,
    steps: readonly Step[],
    topics: ReadonlyMap<string, number>,
  ): Promise<Map<string, FeatureRow | undefined>> {
    const rows = await tx.all<FeatureRow & { user_key: number; topic: number }>(
      `SELECT DISTINCT feature.user_key, feature.topic, feature.sums, feature.days
       FROM unnest($1::bigint[], $2::int[]) AS v (user_key, topic)
       JOIN feature ON feature.user_key = v.user_key AND feature.topic = v.topic`,
      ...[steps.map(({ user }) => user), steps.map(({ activity }) => topics.get(activity))],
    );
    return new Map(rows.map(({ user_key, topic, ...row }) => [`${user_key}/${topic}`, row]));
  }

  async #daysOf(user: number, topic: number) {
    const sql = 'SELECT sums, days FROM feature WHERE user_key = $1 AND topic = $2';
    return tallyOf(await this.db.get<FeatureRow>(sql, user, topic)).days;
  }

  /** Friends who are visible. */
  async #friendsOf(user: UserRow, topic: number) {
    const region = user.cell === null ? undefined : regionOf(user.cell);
    const rows = await this.db.all<{ days: Buffer; cell: string | null }>(
      `SELECT feature.days, users.cell FROM relation
       JOIN users ON users.key = relation.other AND users.discoverable
       JOIN feature ON feature.user_key = relation.other AND feature.topic = $2
       WHERE relation.user_key = $1 AND relation.state & ${FRIEND} <> 0`,
      ...[user.key, topic],
    );
    return rows.map(({ days, cell }) => ({
      days: daysOf(days),
      isInArea: region !== undefined && cell !== null && regionOf(cell) === region,
    }));
  }

  /**
   * The crowd of one kind of activity, from the rows that there are. With many people that takes a while: then it is kept, and
   * what they did in the last minute may not be in it.
   */
  async #crowdOf(topic: number): Promise<Crowd> {
    const known = this.#crowds.get(topic);
    if (known && known.until > performance.now()) return (await known.counted).crowd;
    const counted = this.#count(topic);
    // When it was a large one, whoever asks meanwhile waits for this one.
    if (known) this.#crowds.set(topic, { counted, until: performance.now() + KEPT_MS });
    try {
      const { crowd, people } = await counted;
      if (people > MANY) this.#crowds.set(topic, { counted, until: performance.now() + KEPT_MS });
      else this.#crowds.delete(topic);
      return crowd;
    } catch (error) {
      this.#crowds.delete(topic);
      throw error;
    }
  }

  async #count(topic: number): Promise<{ crowd: Crowd; people: number }> {
    const crowd = new Crowd();
    let people = 0;
    const sql = `SELECT feature.user_key, feature.days, users.cell, users.discoverable FROM feature
      JOIN users ON users.key = feature.user_key AND users.discoverable
      WHERE feature.topic = $1 AND feature.user_key > $2 ORDER BY feature.user_key LIMIT 10000`;
    for (let last = 0; ; ) {
      const rows = await this.db.all<Visibility & { user_key: number; days: Buffer }>(sql, topic, last);
      for (const row of rows) crowd.put(row, binsOf(daysOf(row.days)), 1);
      people += rows.length;
      const next = rows.at(-1)?.user_key;
      if (next === undefined) return { crowd, people };
      last = next;
    }
  }
}

/** What has to be counted, as far as anything has. */
function stepsOf({ user, before, after }: CountedChange): Step[] {
  const [out, into] = [before && contributionOf(before), after && contributionOf(after)];
  const steps: Step[] =
    before && after && before.activity === after.activity
      ? [{ user, activity: after.activity, out, into }]
      : [
          ...(before ? [{ user, activity: before.activity, out, into: undefined }] : []),
          ...(after ? [{ user, activity: after.activity, out: undefined, into }] : []),
        ];
  return steps.filter((step) => step.out || step.into);
}

async function write(tx: Statements, rows: ReadonlyMap<string, FeatureRow | undefined>): Promise<void> {
  const all = [...rows].map(([key, row]) => {
    const [user, topic] = key.split('/').map(Number);
    return { user, topic, row };
  });
  const kept = all.filter(({ row }) => row);
  const gone = all.filter(({ row }) => !row);
  await tx.run(
    `INSERT INTO feature (user_key, topic, sums, days)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bytea[]) AS v (user_key, topic, sums, days)
     ORDER BY user_key, topic
     ON CONFLICT (user_key, topic) DO UPDATE SET sums = excluded.sums, days = excluded.days`,
    ...[kept.map(({ user }) => user), kept.map(({ topic }) => topic), kept.map(({ row }) => row?.sums)],
    kept.map(({ row }) => Buffer.from(row?.days ?? [])),
  );
  if (gone.length === 0) return;
  await tx.run(
    `DELETE FROM feature USING unnest($1::bigint[], $2::int[]) AS v (user_key, topic)
     WHERE feature.user_key = v.user_key AND feature.topic = v.topic`,
    ...[gone.map(({ user }) => user), gone.map(({ topic }) => topic)],
  );
}
