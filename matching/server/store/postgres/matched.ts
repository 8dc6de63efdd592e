import type { Person } from '../../../schema/index.js';
import { homeOfUser, type Shown, type StoredSpan, shownIn, spansIn, tieOf } from '../../rules/live.js';
import { type Looking, MOMENT } from '../../rules/sharing.js';
import type { Statements } from './database.js';
import { type Sight, showAll } from './people.js';
import type { Kept } from './publishing.js';
import type { UserRow } from './users.js';

/** An activity, and how its owner looks at others: friends alone, when none of its minutes was claimed in time. */
interface Asking {
  kept: Kept;
  look: { looking: Looking & { user: UserRow }; isClaimed: boolean };
}

interface MatchedRow extends Shown {
  n: number;
  other: number;
  theirs: string;
  number: number;
  spans: string;
  closes: number;
  cell: string | null;
}

/**
 * Whom each activity has been matched with, as they are shown to its owner now: in the order of what is random in their
 * ids, which tells nothing of how they came.
 */
export async function matchedWith(db: Statements, asking: readonly Asking[]): Promise<Person[][]> {
  const rows = await db.all<MatchedRow>(
    `SELECT v.n, match.other, match.theirs, activity.number, activity.spans, activity.closes,
       users.cell, users.shown_since
     FROM unnest($1::int[], $2::bigint[], $3::uuid[]) AS v (n, user_key, mine)
     JOIN match ON match.user_key = v.user_key AND match.mine = v.mine
     JOIN activity ON activity.user_key = match.other AND activity.id = match.theirs
     JOIN users ON users.key = match.other`,
    ...[asking.map((_, n) => n), asking.map(({ kept }) => kept.user.key), asking.map(({ kept }) => kept.row.id)],
  );
  const sights = rows.flatMap((row) => sightOf(asking[row.n] as Asking, row) ?? []);
  sights.sort((a, b) => a.entry.tie - b.entry.tie);
  const shown = await showAll(db, sights);
  const people: Person[][] = asking.map(() => []);
  for (const [index, { n }] of sights.entries()) {
    const person = shown[index];
    if (person && (asking[n]?.look.isClaimed || person.relation === 'friend')) people[n]?.push(person);
  }
  return people;
}

/** @returns undefined when their times have nothing in common any more */
function sightOf({ kept, look }: Asking, row: MatchedRow): (Sight & { n: number }) | undefined {
  const { looking } = look;
  const [topic] = spansIn(kept.row)[0] as StoredSpan;
  const [whole] = shownIn(row, row);
  if (!whole || whole[0] !== topic || whole[1] >= looking.minutes.to || whole[2] <= looking.minutes.from)
    return undefined;
  const { n, other: user, theirs: id, number: activity } = row;
  const entry = { user, id, activity, from: whole[1], ended: whole[2], tie: tieOf(id), home: homeOfUser(row) };
  return { n, looking, entry, as: { activity: kept.row.activity, ...MOMENT }, own: kept.row.id };
}
