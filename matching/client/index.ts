/**
 * The door for everybody who asks a matching endpoint: a typed client, its errors, and the conversion of a place to the
 * cell that may leave the house. Loads nothing of the server; HTTP is loaded with the first call.
 */
export type * from '../schema/index.js';
export { cellOf } from './cell.js';
export { type ClientOptions, KindredClient } from './client.js';
export { EndpointError, type EndpointErrorKind } from './error.js';
export { EventStreamParser, type StreamEvent } from './event-stream.js';
export type { WatchOptions, WatchState } from './watch.js';
