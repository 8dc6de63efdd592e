import { readFileSync } from 'node:fs';
import type { AuditEntry } from './options.js';
import { pseudonymOf } from './web/token.js';

/** What an audit log says last of somebody. */
interface Said {
  left?: true;
  discoverable?: boolean;
}

/** What an audit log knows of what people took back. */
interface Told {
  /** By the hash of any token that somebody ever had. */
  toldOf: (credential: Uint8Array) => 'left' | 'hidden' | undefined;
  /** Lines that are none. */
  unread: number;
  /** Lines that could not be written, as those behind them say. */
  lost: number;
}

/**
 * Who has left, and who has made themselves invisible, as an audit log has it. Lines that are none are passed over, and several
 * files put together may stand in any order.
 * @throws Error when the file cannot be read
 */
export function readWithdrawals(file: string): Told {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const entries = lines.flatMap((line) => entryIn(line) ?? []);
  // ISO 8601 sorts as time goes.
  entries.sort(({ at: a = '' }, { at: b = '' }) => Number(a > b) - Number(a < b));
  const personOf = personsIn(entries);
  const said = new Map<string, Said>();
  for (const { user, operation, status, discoverable } of entries) {
    if (user === undefined) continue;
    const person = personOf(user);
    const before = said.get(person);
    if (operation === 'deleteMe' && status === 204) said.set(person, { ...before, left: true });
    else if (operation === 'updateMe' && discoverable !== undefined) said.set(person, { ...before, discoverable });
  }
  const toldOf: Told['toldOf'] = (credential) => {
    const { left, discoverable } = said.get(personOf(pseudonymOf(credential))) ?? {};
    if (left) return 'left';
    return discoverable === false ? 'hidden' : undefined;
  };
  const lost = entries.reduce((sum, entry) => sum + (entry.lost ?? 0), 0);
  return { toldOf, unread: lines.length - entries.length, lost };
}

/**
 * Whose a pseudonym is: somebody has another one with each token. A restore brings an old token back, and when that is renewed
 * once more, two have come of one; all of them are the same person's.
 */
function personsIn(entries: Partial<AuditEntry>[]): (user: string) => string {
  const earlier = new Map<string, string>();
  const personOf = (user: string): string => {
    let first = user;
    for (let one: string | undefined = user; one !== undefined; one = earlier.get(one)) first = one;
    return first;
  };
  for (const { user, operation, next } of entries) {
    if (operation !== 'rotateToken' || user === undefined || next === undefined) continue;
    const [person, same] = [personOf(user), personOf(next)];
    // Never in a circle, whatever a log says.
    if (person !== same) earlier.set(same, person);
  }
  return personOf;
}

/** @returns undefined when it is none */
function entryIn(line: string): Partial<AuditEntry> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return entry !== null && typeof entry === 'object' ? entry : undefined;
  } catch {
    return undefined;
  }
}
