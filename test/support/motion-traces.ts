import type { Reading } from '../../vocabulary/index.js';

/**
 * Acceleration as physics makes it: gravity as a turning sensor feels it, the shaking of the hand, a little noise. What
 * a gesture does is given in a frame whose z axis points up; the sensor sits in it as `turned` says.
 */

export type Vector = [number, number, number];

const G = 9.80665;
const START = Date.UTC(2026, 10, 23, 8);

/** What a hand does at one moment: how far it is tilted (radians) and how it is accelerated (m/s²). */
interface Pose {
  tilt: number;
  shake: Vector;
}
export type Gesture = { seconds: number; at(t: number): Pose };

export const still = (seconds: number): Gesture => ({ seconds, at: () => ({ tilt: 0, shake: [0, 0, 0] }) });

/** From 0 to 1 without a jerk. */
const ease = (share: number) => (1 - Math.cos(Math.PI * Math.max(0, Math.min(1, share)))) / 2;

/** A cup is raised, held tilted and a little further tilted while it empties, and put down. */
export function drink({ move = 0.9, hold = 2.4, tilt = 1.9 } = {}): Gesture {
  const seconds = 2 * move + hold;
  return {
    seconds,
    at(t) {
      const up = ease(t / move) * (1 - ease((t - move - hold) / move));
      const tremor = Math.sin(50 * t) * 0.12;
      return { tilt: tilt * up * (0.92 + (0.08 * t) / seconds), shake: [tremor * up, tremor * up * 0.7, 0] };
    },
  };
}

/** A spoon goes round: the hand is driven on a circle, level with the table. */
export function stir({ seconds = 5, perSecond = 3.2, strength = 6 } = {}): Gesture {
  return {
    seconds,
    at(t) {
      const phase = 2 * Math.PI * perSecond * t;
      const grown = strength * ease(Math.min(t, seconds - t) / 0.4);
      return {
        tilt: 0.12 * Math.sin(phase),
        shake: [grown * Math.cos(phase), grown * Math.sin(phase), grown * 0.2 * Math.sin(2 * phase)],
      };
    },
  };
}

/** To and fro along one line: a saw, a brush. */
export function saw({ seconds = 5, perSecond = 4, strength = 5 } = {}): Gesture {
  return { seconds, at: (t) => ({ tilt: 0, shake: [strength * Math.sin(2 * Math.PI * perSecond * t), 0, 0] }) };
}

/** Steps: up and down, with the arm swinging. */
export function walk(seconds: number): Gesture {
  return {
    seconds,
    at(t) {
      const step = 2 * Math.PI * 1.9 * t;
      return { tilt: 0.25 * Math.sin(step / 2), shake: [1.5 * Math.sin(step / 2), 0, 2.5 * Math.sin(step) ** 3] };
    },
  };
}

/** Turned once, and left so. */
export function turnOver(seconds: number): Gesture {
  return { seconds, at: (t) => ({ tilt: 1.6 * ease(t), shake: [0, 0, 0] }) };
}

/** Noise that is the same each time (a linear congruential generator). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}

export interface Sensor {
  rate?: number;
  /** A rotation as a quaternion [w, x, y, z]; any length but 0. */
  turned?: [number, number, number, number];
}

const appliance = { id: 'cup', name: 'Cup', profile: 'json' };

export function reading(seconds: number, [x, y, z]: Vector): Reading {
  return {
    appliance,
    at: new Date(START + Math.round(seconds * 1000)).toISOString(),
    parameters: { acceleration: { x, y, z } },
  };
}

export const secondsOf = (epochMs: number) => (epochMs - START) / 1000;
export const epochOf = (seconds: number) => START + seconds * 1000;

/** The readings of a sensor while gestures follow each other. */
export function readingsOf(gestures: Gesture[], { rate = 32, turned = [1, 0, 0, 0] }: Sensor = {}): Reading[] {
  const total = gestures.reduce((sum, { seconds }) => sum + seconds, 0);
  const random = noise(17);
  return Array.from({ length: Math.floor(total * rate) }, (_, i) => {
    const t = i / rate;
    const felt = feel(poseAt(gestures, t)).map((value) => value + 0.05 * random()) as Vector;
    return reading(t, rotate(felt, turned));
  });
}

function poseAt(gestures: Gesture[], t: number): Pose {
  let from = 0;
  for (const gesture of gestures) {
    if (t < from + gesture.seconds) return gesture.at(t - from);
    from += gesture.seconds;
  }
  return { tilt: 0, shake: [0, 0, 0] };
}

/** What an accelerometer feels that is tilted about the x axis: the table's push against gravity, and the shaking. */
function feel({ tilt, shake: [x, y, z] }: Pose): Vector {
  const [c, s] = [Math.cos(tilt), Math.sin(tilt)];
  return [x, c * y + s * (z + G), -s * y + c * (z + G)];
}

function rotate([a, b, c]: Vector, quaternion: [number, number, number, number]): Vector {
  const size = Math.hypot(...quaternion);
  const [w, x, y, z] = quaternion.map((value) => value / size) as [number, number, number, number];
  return [
    a * (1 - 2 * (y * y + z * z)) + b * 2 * (x * y - z * w) + c * 2 * (x * z + y * w),
    a * 2 * (x * y + z * w) + b * (1 - 2 * (x * x + z * z)) + c * 2 * (y * z - x * w),
    a * 2 * (x * z - y * w) + b * 2 * (y * z + x * w) + c * (1 - 2 * (x * x + y * y)),
  ];
}
