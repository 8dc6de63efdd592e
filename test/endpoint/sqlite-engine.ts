import { join } from 'node:path';
import { Database } from '../../matching/server/store/sqlite/database.js';
import { Engine } from '../../matching/server/store/sqlite/engine.js';
import { Cleanup, temporaryFolder } from './support.js';

/**
 * Each test of the suite that this is called in has an engine on a file of its own.
 * @param take gets it before each test
 */
export function freshEngine(
  take: (opened: { db: Database; engine: Engine; operations: Engine['operations'] }) => void,
): void {
  const cleanup = new Cleanup();
  beforeEach(() => {
    const db = Database.open(join(temporaryFolder(cleanup), 'kindred.sqlite'));
    cleanup.add(() => db.close());
    const engine = new Engine(db);
    take({ db, engine, operations: engine.operations });
  });
  afterEach(() => cleanup.run());
}
