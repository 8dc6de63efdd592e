import { clockSet } from './clock.js';
import {
  header,
  logDeleted,
  logDeletedRunning,
  logFlipped,
  logSalvaged,
  middle,
  storeDeletedRunning,
  truncated,
} from './damage.js';
import { full, readOnlyFile, readOnlyFolder, unwritable } from './disk.js';
import { killed, second } from './kill.js';
import type { Scenario } from './scenario.js';

export { type Outcome, Place, type Scenario } from './scenario.js';

/** Everything that is broken, in the order of the table in docs/failures.md. */
export const SCENARIOS: readonly Scenario[] = [
  killed,
  second,
  full,
  unwritable,
  readOnlyFile,
  readOnlyFolder,
  header,
  middle,
  truncated,
  logFlipped,
  logSalvaged,
  logDeleted,
  logDeletedRunning,
  storeDeletedRunning,
  clockSet,
];
