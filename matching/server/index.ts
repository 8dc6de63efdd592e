/**
 * The door of the matching endpoint itself: the routes, the live matches and the store. Knows nothing of who serves it:
 * its own process (cli), or a server that hands it the requests under a path.
 */
export type { Endpoint, EndpointEvent, EndpointOptions, Registration } from './options.js';
