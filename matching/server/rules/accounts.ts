import type { Me } from '../../schema/index.js';
import { homeOf } from './cells.js';
import type { Shown } from './live.js';
import { cellChangeableFrom, changeCell } from './people.js';

/** A user as stores keep one. */
export interface AccountRow {
  id: string;
  name: string;
  discoverable: number | boolean;
  cell: string | null;
  last_cell: string | null;
  cell_set_at: number | null;
  created: number;
}

/** A user's cell after a change of it. @throws Refusal bad-cell, cell-changed-recently */
export function cellAfter(user: AccountRow, cell: string | null | undefined, now: number) {
  const state = { cell: user.cell, lastCell: user.last_cell, cellSetAt: user.cell_set_at };
  if (cell === undefined) return state;
  if (cell !== null) homeOf(cell);
  return changeCell(state, cell, now);
}

/** Since when a user shows themselves, after a change of that: from now on, when they have hidden. */
export function shownSinceAfter(
  user: Shown & Pick<AccountRow, 'discoverable'>,
  shows: boolean | undefined,
  now: number,
): number {
  return shows && !user.discoverable ? now : user.shown_since;
}

/** The same for an export. */
export function shownSinceOf({ shown_since: since }: Shown): string | null {
  return since === 0 ? null : new Date(since).toISOString();
}

/** A user as they see themselves. */
export function meOf(user: AccountRow, now: number): Me {
  const from = cellChangeableFrom({ cell: user.cell, lastCell: user.last_cell, cellSetAt: user.cell_set_at }, now);
  return {
    id: user.id,
    name: user.name,
    discoverable: Boolean(user.discoverable),
    cell: user.cell,
    ...(from === undefined ? {} : { cellChangeableFrom: new Date(from).toISOString() }),
    createdAt: new Date(user.created).toISOString(),
  };
}
