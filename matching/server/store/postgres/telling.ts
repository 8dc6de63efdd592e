import { randomBytes } from 'node:crypto';
import { MAX_MATCHES, type Person } from '../../../schema/index.js';
import { BLOCKED, BLOCKS } from '../../rules/friends.js';
import type { Found } from '../../rules/gathering.js';
import { claimIn, homeOfUser, isCurrent, type StoredSpan, spansIn, tieOf } from '../../rules/live.js';
import { longestMinutes } from '../../rules/publication.js';
import { chanceOf, MOST_CANDIDATES } from '../../rules/ranking.js';
import { MOMENT } from '../../rules/sharing.js';
import { minuteOf } from '../../rules/time.js';
import type { Database, Statements } from './database.js';
import type { Feed } from './feed.js';
import { type FoundPerson, hiddenFrom, showAll } from './people.js';
import type { Kept } from './publishing.js';
import { type Entry, type LiveQuery, searchFriends, searchLive } from './search.js';

/** The people of the moment for one publish, and whom it has been told. */
export interface Told {
  matches: Person[];
  told: string[];
}

/** One publish whose activity can be found, and whom it was found with. */
interface Meeting {
  kept: Kept;
  found: FoundPerson[];
  /** The ids of its matches, by the other side's user and activity. */
  ids: Map<string, string>;
  /** Whether the people are still to be told. */
  isNew: boolean;
  told: string[];
}

/** A match for both sides. */
interface NewMatch {
  id: string;
  kept: Kept;
  found: FoundPerson;
}

const NONE: Told = { matches: [], told: [] };
const keyOf = ({ entry }: FoundPerson): string => `${entry.user}/${entry.id}`;
const ownKeyOf = ({ kept }: Meeting): string => `${kept.user.key}/${kept.row.id}`;

/**
 * Tells people of each other. It begins when the activities are committed: of two who begin at the same time on different
 * processes, the one who is committed last finds the other, and each pair is told once, whoever of them is first.
 */
export class Telling {
  constructor(
    private readonly db: Database,
    private readonly feed: Feed,
    /** Whether matches are looked for and told. */
    private readonly tells: boolean,
  ) {}

  /** The people of the moment of each publish. */
  async tell(batch: readonly Kept[]): Promise<Told[]> {
    const meetings = this.tells ? await this.#meet(batch) : new Map<Kept, Meeting>();
    if (meetings.size === 0) return batch.map(() => NONE);
    const open = [...meetings.values()];
    const anew = open.filter(({ isNew }) => isNew);
    await readIds(
      this.db,
      open.filter(({ isNew }) => !isNew),
    );
    if (anew.length > 0) await this.#record(anew);
    return batch.map((kept) => {
      const meeting = meetings.get(kept);
      return meeting ? answerOf(meeting) : NONE;
    });
  }

  /** Whom each publish is found with, of those that can be found. */
  async #meet(batch: readonly Kept[]): Promise<Map<Kept, Meeting>> {
    const kept = await findable(this.db, batch);
    const looks = kept.map((one) => lookOf(one));
    const results = await searchAll(this.db, looks);
    const sights = looks.flatMap(({ looking, as }, index) =>
      (results[index]?.rows ?? []).map((entry) => ({ looking, entry, as, kept: kept[index] as Kept })),
    );
    const shown = await showAll(this.db, sights);
    const meetings = new Map<Kept, Meeting>();
    // Of one activity in several revisions at once, the first one tells.
    const looked = new Set<string>();
    for (const one of kept) {
      const key = `${one.user.key}/${one.row.id}`;
      const isNew = (!one.row.looked || one.row.told === null) && !looked.has(key);
      looked.add(key);
      meetings.set(one, { kept: one, found: [], ids: new Map(), isNew, told: [] });
    }
    for (const [index, found] of shown.entries())
      if (found) meetings.get(sights[index]?.kept as Kept)?.found.push(found);
    return meetings;
  }

  /** Writes down who is told of whom, all of it or nothing. */
  async #record(meetings: readonly Meeting[]): Promise<void> {
    const waiting = await this.db.transaction(
      async (tx) => {
        for (const meeting of meetings) Object.assign(meeting, { ids: new Map(), told: [] });
        const seqs = await lockUsers(tx, meetings);
        await readIds(tx, meetings);
        const { matches, counts } = await decide(tx, meetings, seqs);
        await writeCounts(tx, meetings, counts);
        if (matches.length === 0) return [];
        await writeMatches(tx, matches, seqs);
        return await this.feed.post(
          tx,
          matches.flatMap(({ kept, found }) => [kept.user.key, found.entry.user]),
        );
      },
      { idempotent: true },
    );
    this.feed.hint(waiting);
  }
}

/** Those whose activity is in the match index: what was just put there is; for the others it is looked up. */
async function findable(db: Statements, batch: readonly Kept[]): Promise<Kept[]> {
  const able = batch.filter(({ user, row }) => user.discoverable && spansIn(row).length > 0);
  const old = able.filter(({ outcome }) => outcome === 'unchanged');
  const there = new Set<string>();
  if (old.length > 0) {
    const spans = old.map(({ row }) => spansIn(row)[0] as [number, number, number]);
    const rows = await db.all<{ user_key: number; id: string }>(
      `SELECT live.user_key, live.id FROM unnest($1::int[], $2::int[], $3::int[], $4::bigint[], $5::uuid[])
         AS v (topic, slot, tie, user_key, id)
       JOIN live ON live.topic = v.topic AND live.cell = 0 AND live.slot = v.slot AND live.tie = v.tie
         AND live.user_key = v.user_key AND live.id = v.id`,
      ...[spans.map(([topic]) => topic), spans.map(([, from]) => -from), old.map(({ row }) => tieOf(row.id))],
      ...[old.map(({ user }) => user.key), old.map(({ row }) => row.id)],
    );
    for (const { user_key, id } of rows) there.add(`${user_key}/${id}`);
  }
  return able.filter(({ outcome, user, row, now }) =>
    outcome === 'unchanged' ? there.has(`${user.key}/${row.id}`) : isCurrent(row.closes, now),
  );
}

/** Among everyone in the minutes that were claimed in time; without any, among friends in all of it. */
function lookOf({ user, row, now }: Kept) {
  const whole = spansIn(row)[0] as StoredSpan;
  const claimed = claimIn(whole);
  const isClaimed = claimed.from < claimed.to;
  const minutes = isClaimed ? claimed : { from: whole[1], to: whole[2] };
  const exact = { from: row.started, to: row.closes };
  const query: LiveQuery = {
    ...{ topic: whole[0], minutes, ...MOMENT, longest: longestMinutes(row.activity) },
    ...{ self: user.key, isHidden: hiddenFrom(user.key, user.apart), limit: MAX_MATCHES },
    ...{ turn: chanceOf(user.relation_key, minutes.from).turn, newest: Number.POSITIVE_INFINITY },
    atOnce: MOST_CANDIDATES,
  };
  const looking = { user, home: homeOfUser(user), minutes, exact, now };
  return { query, looking, isClaimed, as: { activity: row.activity, ...MOMENT } };
}

async function searchAll(db: Statements, looks: readonly ReturnType<typeof lookOf>[]): Promise<Found<Entry>[]> {
  const claimed = looks.filter(({ isClaimed }) => isClaimed);
  const found = await searchLive(
    db,
    claimed.map(({ query }) => query),
  );
  const byLook = new Map(claimed.map((look, index) => [look, found[index] as Found<Entry>]));
  return await Promise.all(
    looks.map(async (look) => {
      const found = byLook.get(look) ?? (await searchFriends(db, look.query, look.looking.user.friends));
      return { ...found, rows: found.rows.slice(0, MAX_MATCHES) };
    }),
  );
}

/** Reads the matches that these activities have. */
async function readIds(db: Statements, meetings: readonly Meeting[]): Promise<void> {
  if (meetings.length === 0) return;
  const rows = await db.all<{ n: number; other: number; theirs: string; id: string }>(
    `SELECT v.n, match.other, match.theirs, match.id FROM unnest($1::int[], $2::bigint[], $3::uuid[]) AS v (n, user_key, mine)
     JOIN match ON match.user_key = v.user_key AND match.mine = v.mine`,
    ...[meetings.map((_, n) => n), meetings.map(({ kept }) => kept.user.key), meetings.map(({ kept }) => kept.row.id)],
  );
  for (const { n, other, theirs, id } of rows) meetings[n]?.ids.set(`${other}/${theirs}`, id);
}

/** Nobody else changes anything of these users until the transaction ends. @returns their sequence numbers, by key */
async function lockUsers(tx: Statements, meetings: readonly Meeting[]): Promise<Map<number, number>> {
  const keys = meetings.flatMap(({ kept, found }) => [kept.user.key, ...found.map(({ entry }) => entry.user)]);
  const rows = await tx.all<{ key: number; seq: number; discoverable: boolean }>(
    'SELECT key, seq, discoverable FROM users WHERE key = ANY($1::bigint[]) ORDER BY key FOR NO KEY UPDATE',
    [...new Set(keys)],
  );
  return new Map(rows.flatMap(({ key, seq, discoverable }) => (discoverable ? [[key, seq] as const] : [])));
}

/** Who is told of whom, as far as neither has been told of enough: whoever begins later does the same. */
async function decide(
  tx: Statements,
  meetings: readonly Meeting[],
  seqs: ReadonlyMap<number, number>,
): Promise<{ matches: NewMatch[]; counts: Map<string, number> }> {
  const pairs = meetings.flatMap((meeting) => meeting.found.map((found) => ({ meeting, found })));
  const rows = await tx.all<{ n: number; told: number | null; state: number }>(
    `SELECT v.n, other.told, coalesce(relation.state, 0) AS state
     FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[]) AS v (n, user_key, mine, other, theirs)
     JOIN activity own ON own.user_key = v.user_key AND own.id = v.mine AND own.state <> 'discarded'
     JOIN activity other ON other.user_key = v.other AND other.id = v.theirs AND other.state <> 'discarded'
     LEFT JOIN relation ON relation.user_key = v.user_key AND relation.other = v.other ORDER BY v.n`,
    ...[pairs.map((_, n) => n), pairs.map(({ meeting }) => meeting.kept.user.key)],
    pairs.map(({ meeting }) => meeting.kept.row.id),
    ...[pairs.map(({ found }) => found.entry.user), pairs.map(({ found }) => found.entry.id)],
  );
  const byActivity = new Map(meetings.map((meeting) => [ownKeyOf(meeting), meeting]));
  const counts = new Map<string, number>();
  const matches: NewMatch[] = [];
  for (const { n, told, state } of rows) {
    const { meeting, found } = pairs[n] as (typeof pairs)[number];
    const { kept, ids } = meeting;
    const isGone = state & (BLOCKS | BLOCKED) || !seqs.has(kept.user.key) || !seqs.has(found.entry.user);
    const count = counts.get(keyOf(found)) ?? told ?? 0;
    if (isGone || ids.has(keyOf(found)) || ids.size >= MAX_MATCHES || count >= MAX_MATCHES) continue;
    // Nothing made of the time: the second in which a stranger began stays unknown.
    const id = randomBytes(16).toString('base64url');
    counts.set(keyOf(found), count + 1);
    ids.set(keyOf(found), id);
    // Whoever is in the same batch knows it by this, and does not tell it again.
    byActivity.get(keyOf(found))?.ids.set(ownKeyOf(meeting), id);
    meeting.told.push(found.userId);
    matches.push({ id, kept, found });
  }
  for (const meeting of meetings) counts.set(ownKeyOf(meeting), meeting.ids.size);
  return { matches, counts };
}

/** How many others each activity was matched with, and that its owner has looked. */
async function writeCounts(
  tx: Statements,
  meetings: readonly Meeting[],
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  const own = new Set(meetings.map(ownKeyOf));
  const rows = [...counts].map(([key, told]) => {
    const [user, id] = key.split('/') as [string, string];
    return { user: Number(user), id, told, looked: own.has(key) };
  });
  await tx.run(
    `UPDATE activity SET told = v.told, looked = activity.looked OR v.looked
     FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::boolean[]) AS v (user_key, id, told, looked)
     WHERE activity.user_key = v.user_key AND activity.id = v.id`,
    ...[rows.map(({ user }) => user), rows.map(({ id }) => id), rows.map(({ told }) => told)],
    rows.map(({ looked }) => looked),
  );
}

/** Writes both sides of each match, behind everything that either was told before. */
async function writeMatches(tx: Statements, matches: readonly NewMatch[], seqs: Map<number, number>): Promise<void> {
  const next = (user: number): number => {
    const seq = (seqs.get(user) ?? 0) + 1;
    seqs.set(user, seq);
    return seq;
  };
  const sides = matches.flatMap(({ id, kept: { user, row, now }, found: { entry, share } }) => {
    const common = { id, activity: row.activity, at: minuteOf(now), ...share };
    return [
      { ...common, user: user.key, mine: row.id, other: entry.user, theirs: entry.id, seq: next(user.key) },
      { ...common, user: entry.user, mine: entry.id, other: user.key, theirs: row.id, seq: next(entry.user) },
    ];
  });
  const concerned = [...new Set(sides.map(({ user }) => user))];
  await tx.run(
    'UPDATE users SET seq = v.seq FROM unnest($1::bigint[], $2::bigint[]) AS v (key, seq) WHERE users.key = v.key',
    ...[concerned, concerned.map((user) => seqs.get(user))],
  );
  const column = <Name extends keyof (typeof sides)[number]>(name: Name) => sides.map((side) => side[name]);
  await tx.run(
    `INSERT INTO match (user_key, mine, other, theirs, seq, id, activity, at, seconds, nearby)
     SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::text[], $7::text[],
         $8::int[], $9::int[], $10::boolean[])
       AS v (user_key, mine, other, theirs, seq, id, activity, at, seconds, nearby)
     ORDER BY user_key, mine, other, theirs`,
    ...[column('user'), column('mine'), column('other'), column('theirs'), column('seq'), column('id')],
    ...[column('activity'), column('at'), column('seconds'), column('nearby')],
  );
}

function answerOf({ kept, found, ids, told }: Meeting): Told {
  const matches = found.map((one) => {
    const matchId = ids.get(keyOf(one));
    return matchId === undefined ? one.person : { ...one.person, matchId };
  });
  return { matches, told: told.length > 0 ? [...told, kept.user.id] : told };
}
