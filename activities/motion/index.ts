/** Actions of a cup, or of the hand that holds it, from acceleration. */
export { type MotionState, motionRecogniser } from './recogniser.js';
