import { readFileSync } from 'node:fs';
import type { AuditEntry } from './options.js';
import { pseudonymOf } from './web/token.js';

/** What an audit log says last of somebody. */
interface Said {
  left?: true;
  discoverable?: boolean;
  /** Who they are since they have a new token. */
  next?: string;
}

/**
 * Who has left, and who has made themselves invisible, as an audit log has it: by the hash of the token that they had at any
 * time. Lines that are none are passed over, and several files put together may stand in any order.
 * @throws Error when the file cannot be read
 */
export function readWithdrawals(file: string): (credential: Uint8Array) => 'left' | 'hidden' | undefined {
  const said = new Map<string, Said>();
  const entries = readFileSync(file, 'utf8').split('\n').map(entryIn);
  // ISO 8601 sorts as time goes.
  for (const entry of entries.sort(({ at: a = '' }, { at: b = '' }) => Number(a > b) - Number(a < b))) {
    const { user, operation, status, discoverable, next } = entry;
    if (user === undefined) continue;
    const before = said.get(user) ?? {};
    if (operation === 'deleteMe' && status === 204) said.set(user, { ...before, left: true });
    else if (operation === 'updateMe' && discoverable !== undefined) said.set(user, { ...before, discoverable });
    else if (operation === 'rotateToken' && next !== undefined) said.set(user, { ...before, next });
  }
  return (credential) => {
    let discoverable: boolean | undefined;
    // Nobody has had more tokens than there are lines, in whatever circle these lead.
    for (let [user, left] = [pseudonymOf(credential), said.size]; left >= 0; left--) {
      const last = said.get(user);
      if (last?.left) return 'left';
      discoverable = last?.discoverable ?? discoverable;
      if (last?.next === undefined) break;
      user = last.next;
    }
    return discoverable === false ? 'hidden' : undefined;
  };
}

function entryIn(line: string): Partial<AuditEntry> {
  try {
    const entry: unknown = JSON.parse(line);
    return entry !== null && typeof entry === 'object' ? entry : {};
  } catch {
    return {};
  }
}
