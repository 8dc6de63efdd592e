import { randomBytes } from 'node:crypto';
import { MAX_MATCHES, MAX_STRANGERS, type Person } from '../../../schema/index.js';
import { BLOCKED, BLOCKS, FRIEND } from '../../rules/friends.js';
import { claimIn, homeOfUser, isCurrent, type Shown, type StoredSpan, shownIn, tieOf } from '../../rules/live.js';
import { longestMinutes } from '../../rules/publication.js';
import { chanceOf, MOST_CANDIDATES } from '../../rules/ranking.js';
import { MOMENT, shareOf } from '../../rules/sharing.js';
import type { Interval } from '../../rules/time.js';
import type { Database, Statements } from './database.js';
import type { Feed } from './feed.js';
import { matchedWith } from './matched.js';
import { type LockedUser, type NewMatch, writeMatches } from './matches.js';
import { hiddenFrom } from './people.js';
import type { Kept } from './publishing.js';
import type { LiveQuery } from './reading.js';
import type { Entry } from './runs.js';
import { searchEach } from './search.js';
import { searchFriends } from './search-friends.js';

/** Whom the activity of one publish has been matched with, and who is told now. */
export interface Told {
  matches: Person[];
  told: string[];
}

type Look = ReturnType<typeof lookOf>;

/** One publish whose activity can be found, and whom it may be matched with. */
interface Meeting {
  kept: Kept;
  look: Look;
  found: Entry[];
  /** Whom it has been matched with, by their user and activity. */
  met: Set<string>;
  /** Whether the people are still to be told. */
  isNew: boolean;
  told: string[];
}

/** Whoever is told of somebody, or somebody of them. */
type Met = LockedUser & Shown;

/** What is kept of an activity that was found. */
interface Claimed {
  spans: string;
  closes: number;
}

const NONE: Told = { matches: [], told: [] };
const keyOf = ({ user, id }: Pick<Entry, 'user' | 'id'>): string => `${user}/${id}`;
const ownKeyOf = ({ kept: { user, row } }: Meeting): string => `${user.key}/${row.id}`;

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

  /** Whom the activity of each publish has been matched with. */
  async tell(batch: readonly Kept[]): Promise<Told[]> {
    const meetings = this.tells ? await this.#meet(batch) : [];
    if (meetings.length === 0) return batch.map(() => NONE);
    const anew = meetings.filter(({ isNew }) => isNew);
    if (anew.length > 0) await this.#record(anew);
    const matches = await matchedWith(this.db, meetings);
    const answers = new Map(
      meetings.map(({ kept, told }, index) => [
        kept,
        { matches: matches[index] as Person[], told: told.length > 0 ? [...told, kept.user.id] : told },
      ]),
    );
    return batch.map((kept) => answers.get(kept) ?? NONE);
  }

  /** Whom each publish may be matched with, of those that can be found. */
  async #meet(batch: readonly Kept[]): Promise<Meeting[]> {
    // Of one activity in several revisions at once, the first one tells.
    const looked = new Set<string>();
    const meetings = (await findable(this.db, batch)).map((kept): Meeting => {
      const key = `${kept.user.key}/${kept.row.id}`;
      const isNew = (!kept.row.looked || kept.row.told === null) && !looked.has(key);
      looked.add(key);
      return { kept, look: lookOf(kept), found: [], met: new Set(), isNew, told: [] };
    });
    const anew = meetings.filter(({ isNew }) => isNew);
    const found = await searchAll(
      this.db,
      anew.map(({ look }) => look),
    );
    for (const [index, meeting] of anew.entries()) meeting.found = found[index] as Entry[];
    return meetings;
  }

  /** Writes down who is told of whom, all of it or nothing. */
  async #record(meetings: readonly Meeting[]): Promise<void> {
    const waiting = await this.db.transaction(
      async (tx) => {
        for (const meeting of meetings) Object.assign(meeting, { met: new Set(), told: [] });
        const users = await lockUsers(tx, meetings);
        await readMet(tx, meetings);
        const { matches, counts } = await decide(tx, meetings, users);
        await writeCounts(tx, meetings, counts);
        if (matches.length === 0) return [];
        await writeMatches(tx, matches, users);
        return await this.feed.post(
          tx,
          matches.flatMap(({ kept, entry }) => [kept.user.key, entry.user]),
        );
      },
      { idempotent: true },
    );
    this.feed.hint(waiting);
  }
}

/** Those whose activity is in the match index: what was just put there is; for the others it is looked up. */
async function findable(db: Statements, batch: readonly Kept[]): Promise<Kept[]> {
  const able = batch.filter(({ user, row }) => user.discoverable && shownIn(row, user).length > 0);
  const old = able.filter(({ outcome }) => outcome === 'unchanged');
  const there = new Set<string>();
  if (old.length > 0) {
    const spans = old.map(({ user, row }) => shownIn(row, user)[0] as StoredSpan);
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
  const whole = shownIn(row, user)[0] as StoredSpan;
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
  return { query, looking, isClaimed };
}

/** Friends first, as many as there may be, and then the newest others. */
async function searchAll(db: Statements, looks: readonly Look[]): Promise<Entry[][]> {
  const claimed = looks.filter(({ isClaimed }) => isClaimed);
  const found = await searchEach(
    db,
    claimed.map(({ query }) => query),
  );
  const others = new Map(claimed.map((look, index) => [look, found[index]?.rows ?? []]));
  return await Promise.all(
    looks.map(async (look) => {
      const friends = (await searchFriends(db, look.query, look.looking.user.friends)).rows;
      const known = new Set(friends.map(keyOf));
      const strangers = (others.get(look) ?? []).filter((entry) => !known.has(keyOf(entry)));
      return [...friends.slice(0, MAX_MATCHES), ...strangers.slice(0, MAX_MATCHES)];
    }),
  );
}

/** Reads whom these activities have been matched with. */
async function readMet(db: Statements, meetings: readonly Meeting[]): Promise<void> {
  const rows = await db.all<{ n: number; other: number; theirs: string }>(
    `SELECT v.n, match.other, match.theirs FROM unnest($1::int[], $2::bigint[], $3::uuid[]) AS v (n, user_key, mine)
     JOIN match ON match.user_key = v.user_key AND match.mine = v.mine`,
    ...[meetings.map((_, n) => n), meetings.map(({ kept }) => kept.user.key), meetings.map(({ kept }) => kept.row.id)],
  );
  for (const { n, other, theirs } of rows) meetings[n]?.met.add(`${other}/${theirs}`);
}

/** Nobody else changes anything of these users until the transaction ends. @returns those who want to be found, by key */
async function lockUsers(tx: Statements, meetings: readonly Meeting[]): Promise<Map<number, Met>> {
  const keys = meetings.flatMap(({ kept, found }) => [kept.user.key, ...found.map(({ user }) => user)]);
  const rows = await tx.all<Met & { discoverable: boolean }>(
    `SELECT key, id, seq, discoverable, shown_since FROM users WHERE key = ANY($1::bigint[])
     ORDER BY key FOR NO KEY UPDATE`,
    [...new Set(keys)],
  );
  return new Map(rows.flatMap((row) => (row.discoverable ? [[row.key, row] as const] : [])));
}

/** Who is told of whom, as far as neither has been told of enough: whoever begins later does the same. */
async function decide(
  tx: Statements,
  meetings: readonly Meeting[],
  users: ReadonlyMap<number, Met>,
): Promise<{ matches: NewMatch[]; counts: Map<string, number> }> {
  const pairs = meetings.flatMap((meeting) => meeting.found.map((entry) => ({ meeting, entry })));
  const rows = await tx.all<Claimed & { n: number; told: number | null; state: number }>(
    `SELECT v.n, other.told, other.spans, other.closes, coalesce(relation.state, 0) AS state
     FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[]) AS v (n, user_key, mine, other, theirs)
     JOIN activity own ON own.user_key = v.user_key AND own.id = v.mine AND own.state <> 'discarded'
     JOIN activity other ON other.user_key = v.other AND other.id = v.theirs AND other.state <> 'discarded'
     LEFT JOIN relation ON relation.user_key = v.user_key AND relation.other = v.other ORDER BY v.n`,
    ...[pairs.map((_, n) => n), pairs.map(({ meeting }) => meeting.kept.user.key)],
    pairs.map(({ meeting }) => meeting.kept.row.id),
    ...[pairs.map(({ entry }) => entry.user), pairs.map(({ entry }) => entry.id)],
  );
  const byActivity = new Map(meetings.map((meeting) => [ownKeyOf(meeting), meeting]));
  const counts = new Map<string, number>();
  const matches: NewMatch[] = [];
  for (const { n, told, state, ...theirs } of rows) {
    const { meeting, entry } = pairs[n] as (typeof pairs)[number];
    const { kept, look, met } = meeting;
    const other = users.get(entry.user);
    if (!other || !users.has(kept.user.key) || state & (BLOCKS | BLOCKED) || met.has(keyOf(entry))) continue;
    const count = counts.get(keyOf(entry)) ?? told ?? 0;
    const isFriend = (state & FRIEND) !== 0;
    const most = isFriend ? MAX_MATCHES : MAX_STRANGERS;
    const shared = isFriend ? entry : claimedPartOf(entry, theirs, other, look.looking.minutes);
    if (!shared || met.size >= most || count >= most) continue;
    counts.set(keyOf(entry), count + 1);
    met.add(keyOf(entry));
    // Whoever is in the same batch knows it by this, and does not tell it again.
    byActivity.get(keyOf(entry))?.met.add(ownKeyOf(meeting));
    meeting.told.push(other.id);
    // Nothing made of the time: the second in which a stranger began stays unknown.
    const id = randomBytes(16).toString('base64url');
    matches.push({ id, kept, entry, share: shareOf(look.looking, shared, MOMENT) });
  }
  for (const meeting of meetings) counts.set(ownKeyOf(meeting), meeting.met.size);
  return { matches, counts };
}

/**
 * What its owner has claimed in time, and shown, of an activity that was found: of strangers each side is told what
 * both have claimed.
 * @returns undefined when that has nothing in common with those minutes
 */
function claimedPartOf(entry: Entry, row: Claimed, owner: Shown, minutes: Interval): Entry | undefined {
  const [whole] = shownIn(row, owner);
  if (!whole) return undefined;
  const { from, to } = claimIn(whole);
  return Math.max(from, minutes.from) < Math.min(to, minutes.to) ? { ...entry, from, ended: to } : undefined;
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
