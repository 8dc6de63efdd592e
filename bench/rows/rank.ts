import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../matching/server/index.js';
import { localDay } from '../../matching/server/rules/features/local-time.js';
import { rowOf } from '../../matching/server/rules/features/row.js';
import { count, emptyTally } from '../../matching/server/rules/features/tally.js';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { newId } from '../../vocabulary/index.js';
import { type Row, ratio } from '../harness.js';
import { credentialOf, placesOf, random } from './endpoint-people.js';
import { benchFolder } from './endpoint-processes.js';

const PEOPLE = 1_000_000;
const READS = 2000;
const COUNTS = 50;

const now = Date.now();
const today = localDay('UTC', now);
const chance = random(3);

/** How often somebody has had coffee today: many a few times, few very often. */
function* timesOfPeople(): Generator<number> {
  const own = random(13);
  for (let index = 0; index < PEOPLE; index++) yield Math.ceil(Math.exp(own() * 4));
}

/** A store with a row of coffee for each of a million users, written straight into the tables. */
async function peopleStore(): Promise<string> {
  const file = join(benchFolder(), `ranks-${PEOPLE}.sqlite`);
  if (existsSync(file)) return file;
  await (await openStore(`sqlite:${file}`)).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -400000; BEGIN');
  db.exec("INSERT INTO topic (key, name) VALUES (1, 'coffee')");
  const user = db.prepare(
    `INSERT INTO user (key, id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created)
     VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
  );
  const feature = db.prepare('INSERT INTO feature VALUES (?, 1, ?, ?)');
  const key = new Uint8Array(16).fill(7);
  const place = placesOf(11);
  let index = 0;
  for (const times of timesOfPeople()) {
    const tally = emptyTally();
    for (let done = 0; done < times; done++) count(tally, { day: today, hour: 8, seconds: 300, parameters: [] }, 1);
    const row = rowOf(tally);
    const { cell } = place();
    user.run(index + 1, newId(), `User ${index}`, credentialOf(index), key, cell, cell, now, now);
    feature.run(index + 1, row?.sums ?? '', row?.days ?? key);
    index++;
  }
  db.exec('COMMIT');
  db.close();
  return file;
}

/** What a newcomer writes: who has done what how often in which week, and an index to count those who have more. */
function countingStore(): DatabaseSync {
  const db = new DatabaseSync(join(benchFolder(), 'counting.sqlite'));
  db.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -400000;
    CREATE TABLE tally (user INTEGER PRIMARY KEY, activity TEXT NOT NULL, week INTEGER NOT NULL, times INTEGER NOT NULL);
    BEGIN`);
  const insert = db.prepare("INSERT INTO tally VALUES (?, 'coffee', 1, ?)");
  let index = 0;
  for (const times of timesOfPeople()) insert.run(++index, times);
  db.exec('COMMIT; CREATE INDEX tally_times ON tally (activity, week, times); ANALYZE');
  return db;
}

let database: Database;
let engine: Engine;
let counting: DatabaseSync;

/** Microseconds for each of so many turns. */
function microseconds(turns: number, turn: (person: number) => void): number {
  const begin = performance.now();
  for (let done = 0; done < turns; done++) turn(Math.floor(chance() * PEOPLE));
  return (1000 * (performance.now() - begin)) / turns;
}

function ranks(turns: number): number {
  const question = { activity: 'coffee', measures: ['count'], period: 'week', among: ['everyone'] } as const;
  return microseconds(turns, (person) => {
    const call = { credential: credentialOf(person), now };
    engine.operations.ranks({ ...call, question: { ...question, timeZone: 'UTC', today } });
  });
}

/**
 * Where somebody stands this week among 10⁶ people who had coffee. Ours is the whole answer: the token, the consent, the
 * caller's own figures, their friends and the histogram; the neighbour is the two statements alone. Both in the bench's own
 * thread, and for anybody. The first answer, which makes the histograms, is given before and not measured.
 */
export const rankVersusCount: Row = {
  name: 'rank_count_vs_ours',
  what: 'a place among 10⁶ people, COUNT(*) on an index against ours; in µs',
  floor: { atLeast: 100 },
  rounds: 5,
  async prepare() {
    database = Database.open(await peopleStore());
    engine = new Engine(database);
    counting = countingStore();
    ranks(1);
    return async () => {
      database.close();
      counting.close();
      rmSync(join(benchFolder(), 'counting.sqlite'));
    };
  },
  async round(reversed) {
    const own = counting.prepare('SELECT times FROM tally WHERE user = ?');
    const above = counting.prepare(
      "SELECT count(*) AS above FROM tally WHERE activity = 'coffee' AND week = 1 AND times > ?",
    );
    const { value, parts } = await ratio(
      reversed,
      async () => ranks(READS),
      async () =>
        microseconds(COUNTS, (person) => {
          const { times } = own.get(person + 1) as { times: number };
          above.get(times);
        }),
    );
    return { value: 1 / value, parts };
  },
};
