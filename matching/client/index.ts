/**
 * The door for everybody who asks a matching endpoint: a typed client, its errors, and the conversion of a place to the
 * cell that may leave the house. Loads nothing of the server; HTTP is loaded with the first call.
 */
export type * from '../schema/index.js';
export { seldomMs } from './backoff.js';
export { cellOf } from './cell.js';
export { KindredClient } from './client.js';
export { EndpointError } from './error.js';
export type { WatchState } from './watch.js';
