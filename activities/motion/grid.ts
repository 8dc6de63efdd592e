/**
 * Brings readings of any rate onto one even grid, so that everything after it sees the same picture at 10 Hz and at 100 Hz.
 * Between two readings the acceleration is taken as a straight line; a grid sample is its mean over one slot.
 */

/** Length of a slot in milliseconds: 20 samples a second, enough for a stirring hand (2–6 Hz). */
export const SLOT_MS = 50;
/** A longer silence breaks the track: what lay in between is not guessed. */
export const LONGEST_GAP_MS = 1500;
/** A reading this much older than the last one means that the clock was set back; anything less is late and left out. */
const CLOCK_SET_BACK_MS = 5000;
export const STANDARD_GRAVITY = 9.80665;
/** No cup and no wrist sees more, in g: anything above is a fault of the sensor. */
const LIMIT_G = 16;

export interface Vector {
  x: number;
  y: number;
  z: number;
}

/** Where the grid stands: the last reading (epoch ms, g) and the slot that is being filled. */
export interface GridState {
  at: number;
  last: Vector;
  slotStart: number;
  sum: Vector;
}

interface GridStep {
  grid: GridState;
  /** The slots that this reading completed: x, y, z in thousandths of g, flat. */
  samples: number[];
  /** True when the track starts anew: first reading, long silence, clock set back. */
  restarted: boolean;
}

function start(at: number, last: Vector): GridStep {
  return { grid: { at, last, slotStart: at, sum: { x: 0, y: 0, z: 0 } }, samples: [], restarted: true };
}

function limited(metresPerSecondSquared: number): number {
  return Math.max(-LIMIT_G, Math.min(LIMIT_G, metresPerSecondSquared / STANDARD_GRAVITY)) + 0;
}

/** Filling a saved grid that is not, and stands years back, would never end. */
function isWhole({ at, slotStart }: GridState): boolean {
  return slotStart <= at && at <= slotStart + SLOT_MS;
}

/** Never −0, which would not survive being saved as JSON. */
function thousandths(g: number): number {
  return Math.round(g * 1000) + 0;
}

/**
 * One reading further.
 * @param at epoch milliseconds
 * @param acceleration in m/s², gravity included
 * @throws Error when the grid is none that this made
 */
export function pushToGrid(grid: GridState | null, at: number, acceleration: Vector): GridStep {
  const next = { x: limited(acceleration.x), y: limited(acceleration.y), z: limited(acceleration.z) };
  if (grid && !isWhole(grid)) throw new Error('what was saved of the motion cannot be gone on from');
  if (!grid || at - grid.at > LONGEST_GAP_MS || grid.at - at > CLOCK_SET_BACK_MS) return start(at, next);
  if (at <= grid.at) return { grid, samples: [], restarted: false };
  const { last } = grid;
  const slope = at - grid.at;
  const samples: number[] = [];
  let { slotStart } = grid;
  let { x, y, z } = grid.sum;
  let from = grid.at;
  while (from < at) {
    const to = Math.min(at, slotStart + SLOT_MS);
    const width = (to - from) / SLOT_MS;
    const share = ((from + to) / 2 - grid.at) / slope;
    x += width * (last.x + share * (next.x - last.x));
    y += width * (last.y + share * (next.y - last.y));
    z += width * (last.z + share * (next.z - last.z));
    if (to === slotStart + SLOT_MS) {
      samples.push(thousandths(x), thousandths(y), thousandths(z));
      slotStart = to;
      x = y = z = 0;
    }
    from = to;
  }
  return { grid: { at, last: next, slotStart, sum: { x, y, z } }, samples, restarted: false };
}
