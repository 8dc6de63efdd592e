import assert from 'node:assert/strict';
import { Gathering, turned } from '../../matching/server/rules/gathering.js';
import { RING } from '../../matching/server/rules/ranking.js';
import type { Statements } from '../../matching/server/store/postgres/database.js';
import { type LiveQuery, Reading } from '../../matching/server/store/postgres/reading.js';
import type { Entry, Stretch } from '../../matching/server/store/postgres/runs.js';
import { searchEach } from '../../matching/server/store/postgres/search.js';
import { Random } from '../support/random.js';

const random = new Random(20261126);
const LONGEST = 60;

/** A run of the index in its order: a few minutes, some of them with a crowd. */
function someRun(): Entry[] {
  const crowds = Array.from({ length: random.between(1, 8) }, () => random.pick([3, 40, 250, 1500]));
  const users = random.pick([30, 400, 100_000]);
  const rows = crowds.flatMap((size, minute) =>
    Array.from({ length: random.between(0, size) }, (_, index) => {
      const ended = 120 - minute + random.between(1, 9);
      const tie = random.between(0, RING - 1);
      const id = `${String(minute * 10_000 + index).padStart(30, '0')}${tie.toString(16).padStart(6, '0')}`;
      return { from: 120 - minute, tie, user: random.between(1, users), id, ended, activity: index, home: null };
    }),
  );
  return rows.sort((a, b) => b.from - a.from || a.tie - b.tie || a.user - b.user || (a.id < b.id ? -1 : 1));
}

function someQuery(): LiveQuery {
  const [limit, atOnce] = random.pick([
    [20, 200],
    [200, 1200],
  ] as const);
  const from = random.between(112, 121);
  const hidden = random.between(0, 50);
  return {
    ...{ topic: 1, minutes: { from, to: random.between(from + 1, 124) }, longest: LONGEST },
    ...{ window: random.pick(['minute', 'quarter-hour', 'overlap'] as const), turn: random.between(0, RING - 1) },
    ...{ self: random.between(1, 30), isHidden: (user: number) => user < hidden, limit, atOnce },
    newest: random.pick([Number.POSITIVE_INFINITY, 800]),
  };
}

/** Everything in the order in which it counts, as a store with everybody in memory takes it. */
function expected(run: readonly Entry[], query: LiveQuery): unknown {
  const { minutes, turn, self } = query;
  const gathering = new Gathering<Entry>(query);
  const touching = run.filter(
    ({ from, ended, user }) =>
      from < minutes.to && ended > minutes.from && from >= minutes.from - LONGEST && user !== self,
  );
  touching.sort((a, b) => b.from - a.from || turned(a, turn) - turned(b, turn));
  for (const row of touching) if (!gathering.take(row)) break;
  return named(gathering.found);
}

const named = ({ rows, truncated }: { rows: Entry[]; truncated: boolean }) => [rows.map(({ id }) => id), truncated];

function isBehind(row: Entry, { behind, until }: Stretch): boolean {
  const order = behind.from - row.from || row.tie - behind.tie || row.user - behind.user;
  const isAfter = order > 0 || (order === 0 && row.id > behind.id);
  return isAfter && (row.from > until.from || (row.from === until.from && row.tie < until.tie));
}

describe('reading the match index page by page', () => {
  it('finds whom a store with everybody in memory finds', () => {
    let pages = 0;
    let searches = 0;
    for (; searches < 400; searches++) {
      const [run, query] = [someRun(), someQuery()];
      const reading = new Reading(query);
      for (let turns = 0; !reading.isDone; turns++) {
        assert.ok(turns < 40, 'it never ends');
        const { stretch, page } = reading.next;
        const { since, self } = reading.asked;
        const left = run.filter((row) => row.ended > since && row.user !== self && isBehind(row, stretch));
        const rows = left.slice(0, page);
        reading.take(rows, rows.length < page ? undefined : rows.at(-1));
        pages++;
      }
      assert.deepEqual(named(reading.found), expected(run, query));
    }
    assert.ok(pages > 1.5 * searches, 'no crowd was read');
  });

  it('finds the same for many at a time', async () => {
    for (let times = 0; times < 60; times++) {
      const run = someRun();
      const queries = Array.from({ length: random.between(1, 12) }, someQuery);
      const found = await searchEach(answering(run), queries);
      assert.deepEqual(
        found.map(named),
        queries.map((query) => expected(run, query)),
      );
    }
  });
});

/** Answers as PostgreSQL does the statement for many searches. */
function answering(run: readonly Entry[]): Statements {
  const all = async (sql: string, ...columns: unknown[]) => {
    const page = Number(/LIMIT (\d+)/.exec(sql)?.[1]);
    const lines = (columns[0] as number[]).map((_, at) => columns.map((column) => (column as unknown[])[at]));
    return lines.map((line) => {
      const [n, , , since, self, slot, tie, user, id, untilSlot, untilTie] = line as number[];
      const behind = { from: -Number(slot), tie, user, id } as unknown as Stretch['behind'];
      const stretch: Stretch = { behind, until: { from: -Number(untilSlot), tie: Number(untilTie) } };
      const rows = run
        .filter((row) => row.ended > Number(since) && row.user !== self && isBehind(row, stretch))
        .slice(0, page)
        .map((row) => [-row.from, row.user, row.id, row.activity, row.ended, ''].join());
      return { n, rows: rows.join(';') };
    });
  };
  return { all, get: assert.fail, run: assert.fail } as unknown as Statements;
}
