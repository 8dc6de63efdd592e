import assert from 'node:assert/strict';
import { toPublication } from '../../matching/server/rules/publication.js';
import type { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { newId } from '../../vocabulary/index.js';
import { freshEngine } from './sqlite-engine.js';
import { iso, NOW } from './store-conformance.js';
import { VIENNA } from './support.js';

const HOUR = 3_600_000;

describe('habits and ranks in the sqlite store', () => {
  let db: Database;
  let engine: Engine;
  freshEngine((opened) => ({ db, engine } = opened));

  const callOf = (index: number) => ({ credential: new Uint8Array(32).fill(index), now: NOW });
  function join6(): void {
    for (let index = 1; index <= 6; index++) {
      engine.operations.createUser({ ...callOf(index), name: `User ${index}`, discoverable: true, cell: VIENNA });
    }
  }
  function publish(index: number, revision = 1, id = newId(NOW), seconds = 600): string {
    const startedAt = iso(NOW - HOUR);
    const parameters = { power: { mean: 600 + index } };
    const given = { revision, activity: 'coffee', state: 'finished', startedAt, seconds, parameters } as const;
    engine.operations.publish({ ...callOf(index), publication: toPublication(id, given, NOW) });
    return id;
  }
  function placeOf(index: number): [number | undefined, number | undefined] {
    const question = { activity: 'coffee', timeZone: 'UTC', today: Math.floor(NOW / (24 * HOUR)) };
    const asked = { ...question, measures: ['count'], period: 'week', among: ['everyone'] } as const;
    const [place] = engine.operations.ranks({ ...callOf(index), question: asked }).ranks;
    return [place?.rank, place?.people];
  }

  /** What is written from now on. */
  function logged(): string[] {
    const log: string[] = [];
    for (const name of ['run', 'get', 'all'] as const) {
      const original = db[name].bind(db) as (sql: string, ...values: never[]) => never;
      db[name] = ((sql: string, ...values: never[]) => {
        if (/^\s*(INSERT|UPDATE|DELETE)[^;]*\bfeature\b/.test(sql)) log.push(sql);
        return original(sql, ...values);
      }) as never;
    }
    return log;
  }

  it('cost one row for what counts, and nothing for what does not', () => {
    join6();
    const log = logged();
    const id = publish(1);
    assert.equal(log.length, 1);
    publish(1, 1, id);
    assert.equal(log.length, 1);
    const started = { revision: 1, activity: 'coffee', state: 'started', startedAt: iso(NOW) } as const;
    const publication = toPublication(newId(NOW), started, NOW);
    engine.operations.publish({ ...callOf(1), publication });
    engine.operations.publish({ ...callOf(1), publication: { ...publication, revision: 2 } });
    assert.equal(log.length, 1);
    publish(1, 2, id, 1200);
    assert.equal(log.length, 2);
  });

  it('are counted anew, to the same, when that is due', () => {
    join6();
    for (let index = 1; index <= 6; index++) for (let times = 0; times < index; times++) publish(index);
    const rows = () => db.all('SELECT * FROM feature ORDER BY user, topic');
    const before = rows();
    assert.equal(before.length, 6);
    db.run('DELETE FROM feature');
    db.run('INSERT INTO feature_due SELECT key FROM user');
    engine = new Engine(db);
    assert.deepEqual(rows(), before);
    assert.equal(db.get('SELECT * FROM feature_due'), undefined);
    assert.deepEqual(placeOf(2), [5, 6]);
  });

  it('take back what a transaction takes back', () => {
    join6();
    for (let index = 1; index <= 6; index++) publish(index);
    assert.deepEqual(placeOf(1), [1, 6]);
    const spoilt = () =>
      db.transaction(() => {
        publish(2);
        assert.deepEqual(placeOf(1), [2, 6]);
        throw new Error('the disk is full');
      });
    assert.throws(spoilt, /the disk is full/);
    engine.forget();
    assert.deepEqual(placeOf(1), [1, 6]);
  });
});
