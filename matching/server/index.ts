/**
 * The door of the matching endpoint itself: the routes, the live matches and the store. Knows nothing of who serves it:
 * its own process (cli), or a server that hands it the requests under a path.
 */
export { AuditLog } from './audit-log.js';
export { Complaints } from './complaints.js';
export { openEndpoint } from './open.js';
export type {
  AuditEntry,
  Endpoint,
  EndpointEvent,
  EndpointOptions,
  Limits,
  MetricsFor,
  Registration,
} from './options.js';
export { patiently } from './patiently.js';
export { openStore, type Store, StoreFailure, shownAddress } from './store/index.js';
export { type BuildOptions, buildEndpoint } from './web/endpoint.js';
