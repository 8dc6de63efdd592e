import { Refusal } from '../refusal.js';

/** How long a match is remembered. */
export const KEEP_MINUTES = 7 * 24 * 60;

const DAY_MS = 86_400_000;
/** A home does not move: another cell is taken once in seven days. Taking the cell away always works. */
const CELL_REST_MS = 7 * DAY_MS;

/** Who set their cell at this time or before can set another one. */
export function cellRestedSince(now: number): number {
  return now - CELL_REST_MS;
}

interface CellState {
  cell: string | null;
  /** The cell set last, also when it was taken away since, and when. */
  lastCell: string | null;
  cellSetAt: number | null;
}

/**
 * When another cell is taken again, or undefined when it is at once: also when the clock was ahead as the last one was taken,
 * because nobody knows when that really was.
 */
export function cellChangeableFrom({ cellSetAt }: CellState, now: number): number | undefined {
  const from = cellSetAt === null || cellSetAt > now + DAY_MS ? 0 : cellSetAt + CELL_REST_MS;
  return from > now ? from : undefined;
}

/** @throws Refusal cell-changed-recently */
export function changeCell(state: CellState, cell: string | null, now: number): CellState {
  if (cell === null) return { ...state, cell };
  if (cell === state.lastCell) return { ...state, cell };
  const from = cellChangeableFrom(state, now);
  if (from !== undefined) {
    const detail = `Another cell is taken from ${new Date(from).toISOString()} on`;
    throw new Refusal('cell-changed-recently', detail, Math.ceil((from - now) / 1000));
  }
  return { cell, lastCell: cell, cellSetAt: now };
}
