/**
 * Understanding: turns readings into activities and actions, as pure steps (state, reading) → (state, events).
 * No I/O and no clock of its own: whoever calls says what time it is. All state is plain JSON, so it can be saved.
 */
export { exerciseRecogniser } from './exercise/index.js';
export type { Explanation, Fact } from './explanation.js';
export { type MotionState, motionRecogniser } from './motion/index.js';
export * from './picture/index.js';
export { POWER_PROFILES, type PowerKind, powerRecogniser } from './power/index.js';
export * from './recogniser.js';
export * from './recognisers.js';
export { soundRecogniser } from './sound/index.js';
export { isWordKnown, phaseOf, stateRecogniser } from './state/index.js';
export { SUMMARISED } from './summary.js';
export * from './tracker.js';
export type { Correction } from './tracker-correction.js';
export { explainTracker, type ListedCorrection, listCorrections } from './tracker-explain.js';
export { knownRuns, offsetOf, type Run, type TrackerState } from './tracker-state.js';
export type { Told } from './tracker-turn.js';
export { weightRecogniser } from './weight/index.js';
