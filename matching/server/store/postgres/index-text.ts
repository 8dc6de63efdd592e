import { tieOf } from '../../rules/live.js';
import type { Entry } from './runs.js';

/** Rows of the match index as one text: a row by itself costs the driver more than finding it costs PostgreSQL. */
export const AS_TEXT =
  "string_agg(concat(slot, ',', user_key, ',', id, ',', number, ',', ended, ',', home), ';') AS rows";

const [ZERO, NINE, MINUS] = [0x30, 0x39, 0x2d];
const ID_LENGTH = 36;

/** What was written so. It is read digit by digit: a text for each number would be most of what a search leaves behind. */
export function entriesOf(text: string | null | undefined): Entry[] {
  const entries: Entry[] = [];
  if (!text) return entries;
  const scanner = new Scanner(text);
  while (!scanner.isAtEnd) {
    const slot = scanner.number();
    const user = scanner.number();
    const id = scanner.text(ID_LENGTH);
    const activity = scanner.number();
    const ended = scanner.number();
    const home = scanner.isAtNumber ? scanner.number() : scanner.nothing();
    entries.push({ from: -slot, tie: tieOf(id), activity, user, ended, home, id });
  }
  return entries;
}

/** Goes through values that are separated by one character each. */
class Scanner {
  #at = 0;

  constructor(private readonly source: string) {}

  get isAtEnd(): boolean {
    return this.#at >= this.source.length;
  }

  get isAtNumber(): boolean {
    const code = this.source.charCodeAt(this.#at);
    return code >= ZERO && code <= NINE;
  }

  number(): number {
    const { source } = this;
    const isNegative = source.charCodeAt(this.#at) === MINUS;
    let at = isNegative ? this.#at + 1 : this.#at;
    let value = 0;
    for (let code = source.charCodeAt(at); code >= ZERO && code <= NINE; code = source.charCodeAt(++at)) {
      value = value * 10 + code - ZERO;
    }
    this.#at = at + 1;
    return isNegative ? -value : value;
  }

  text(length: number): string {
    const from = this.#at;
    this.#at = from + length + 1;
    return this.source.slice(from, from + length);
  }

  nothing(): null {
    this.#at++;
    return null;
  }
}
