import type { Scenario } from './house.js';
import { MOVING } from './moving.js';
import { PROCESSES } from './processes.js';
import { SERVERS } from './servers.js';

/** Everything that is broken, for the tests and for docs/failures-postgres.md. */
export const SCENARIOS: readonly Scenario[] = [...SERVERS, ...PROCESSES, MOVING];
export type { Outcome, Scenario } from './house.js';
