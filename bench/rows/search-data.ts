import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../matching/server/index.js';
import { newId } from '../../vocabulary/index.js';
import { credentialOf, durationsOf, NAMES, type Place, placesOf, random, zipf } from './endpoint-people.js';
import { benchFolder } from './endpoint-processes.js';

export interface LivePerson {
  activity: string;
  place: Place;
  /** Epoch milliseconds. */
  started: number;
  ended: number;
}

/** So many people, each in the middle of one activity now: begun anywhere in its length, which is log-normal. */
export function* livePeople(count: number, now: number): Generator<LivePerson> {
  const chance = random(11);
  const [place, activity, duration] = [placesOf(11), zipf(NAMES, chance), durationsOf(chance)];
  for (let index = 0; index < count; index++) {
    const ms = Math.max(120, duration()) * 1000;
    const started = Math.floor(now - chance() * (ms - 60_000));
    yield { activity: activity(), place: place(), started, ended: started + ms };
  }
}

const MINUTE_MS = 60_000;

/**
 * A store with so many live activities, one for each user, made once a run. Written straight into the tables, with nothing
 * waiting for the disk: publishing a million would take minutes, and leave the same rows.
 */
export async function liveStore(count: number, now: number): Promise<string> {
  const file = join(benchFolder(), `live-${count}.sqlite`);
  if (existsSync(file)) return file;
  await (await openStore(`sqlite:${file}`)).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -400000; BEGIN');
  const topic = db.prepare('INSERT INTO topic (key, name) VALUES (?, ?)');
  for (const [index, name] of NAMES.entries()) topic.run(index + 1, name);
  const user = db.prepare(
    `INSERT INTO user (id, name, token_hash, relation_key, discoverable, cell, last_cell, cell_set_at, created)
     VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)`,
  );
  const activity = db.prepare(
    `INSERT INTO activity (user, id, revision, activity, state, started, ended, closes, body, spans, received)
     VALUES (?, ?, 1, ?, 'started', ?, NULL, ?, '{"actions":[]}', ?, ?)`,
  );
  const key = new Uint8Array(16).fill(7);
  let index = 0;
  for (const { activity: name, place, started, ended } of livePeople(count, now)) {
    const { cell } = place;
    user.run(newId(), `User ${index}`, credentialOf(index), key, cell, cell, now, now);
    const minutes = [Math.floor(started / MINUTE_MS), Math.ceil(ended / MINUTE_MS)];
    const spans = JSON.stringify([[NAMES.indexOf(name as never) + 1, ...minutes]]);
    activity.run(++index, newId(started), name, started, ended, spans, now);
  }
  db.exec('COMMIT');
  db.close();
  return file;
}

/** What a newcomer writes: two tables, an index on activity and start, and the distance worked out for each row. */
export function naiveStore(count: number, now: number): DatabaseSync {
  const db = new DatabaseSync(join(benchFolder(), 'naive.sqlite'));
  db.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -400000;
    CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE activity (id INTEGER PRIMARY KEY, user INTEGER NOT NULL, activity TEXT NOT NULL, started INTEGER NOT NULL,
      ended INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL);
    BEGIN`);
  const user = db.prepare('INSERT INTO user VALUES (?, ?)');
  const activity = db.prepare('INSERT INTO activity VALUES (?, ?, ?, ?, ?, ?, ?)');
  let index = 0;
  for (const { activity: name, place, started, ended } of livePeople(count, now)) {
    user.run(++index, `User ${index - 1}`);
    activity.run(index, index, name, started, ended, place.latitude, place.longitude);
  }
  db.exec('COMMIT; CREATE INDEX activity_started ON activity (activity, started); ANALYZE');
  return db;
}

export const NAIVE_SQL = `SELECT user.id, user.name, started, ended FROM activity JOIN user ON user.id = activity.user
  WHERE activity = :activity AND started < :until AND ended > :from AND user <> :user
    AND 12742 * asin(sqrt(pow(sin(radians(latitude - :latitude) / 2), 2)
      + cos(radians(latitude)) * cos(radians(:latitude)) * pow(sin(radians(longitude - :longitude) / 2), 2))) <= :km
  ORDER BY started DESC LIMIT 20`;
