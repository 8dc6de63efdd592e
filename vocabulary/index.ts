/**
 * The words that two or more rooms share, as types and the small checks that go with them.
 * No I/O, no state, no dependency on any other room.
 */
export * from './activity.js';
export * from './control.js';
export * from './id.js';
export * from './instant.js';
export * from './never-matched.js';
export * from './parameter.js';
export * from './reading.js';
