/**
 * Understanding: turns readings into activities and actions, as pure steps (state, reading) → (state, events).
 * No I/O and no clock of its own: whoever calls says what time it is. All state is plain JSON, so it can be saved.
 */
export * from './recogniser.js';
