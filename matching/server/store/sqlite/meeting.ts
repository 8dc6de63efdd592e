/** The matches that one publish brought: a row of the table. */
export interface Meeting {
  topic: number;
  /** The activity with the greater key. */
  newer: number;
  /** Minute in which they were told. */
  at: number;
  /** Whose the newer activity is. */
  user: number;
  /** Numbers separated by commas, FIELDS for each match: see `write`. */
  pairs: string;
}

/** A match as one side has it. */
export interface Side {
  topic: number;
  user: number;
  mine: number;
  other: number;
  theirs: number;
  seq: number;
  at: number;
  seconds: number;
  nearby: boolean;
}

interface Pair {
  /** The older activity, and whose it is. */
  other: number;
  user: number;
  /** The numbers by which the newer and the older side are told. */
  seqs: readonly [number, number];
  seconds: number;
  nearby: boolean;
}

const FIELDS = 5;
/** Numbers in one minute (sequence.ts): what is written is counted from the row's minute, and short. */
const PER_MINUTE = 65_536;

/** Puts a match behind others: older activity, its user, both numbers, seconds twice and one more when nearby. */
export function write(pairs: number[], at: number, { other, user, seqs, seconds, nearby }: Pair): number[] {
  const base = at * PER_MINUTE;
  pairs.push(other, user, seqs[0] - base, seqs[1] - base, 2 * seconds + Number(nearby));
  return pairs;
}

/** What a row says of an activity, as its owner has it: everything in it of the newer one, of an older one its own match. */
export function sidesOf(row: Meeting, activity: number): Side[] {
  const { topic, newer, at, user, pairs } = row;
  if (newer !== activity && !pairs.includes(String(activity))) return [];
  const numbers = JSON.parse(`[${pairs}]`) as number[];
  const sides: Side[] = [];
  for (let index = 0; index < numbers.length; index += FIELDS) {
    const [older, owner, first, second, packed] = numbers.slice(index) as [number, number, number, number, number];
    const both = { topic, at, seconds: packed >> 1, nearby: packed % 2 === 1 };
    const base = at * PER_MINUTE;
    if (newer === activity) {
      sides.push({ ...both, user, mine: newer, other: owner, theirs: older, seq: base + first });
    } else if (older === activity) {
      sides.push({ ...both, user: owner, mine: older, other: user, theirs: newer, seq: base + second });
    }
  }
  return sides;
}

/** Every match in a row, as each side has it. */
export function bothSidesOf(row: Meeting): Side[] {
  return sidesOf(row, row.newer).flatMap((side) => [side, ...sidesOf(row, side.theirs)]);
}

/** The row's matches without the one of an older activity. */
export function without({ pairs }: Meeting, older: number): string {
  const numbers = JSON.parse(`[${pairs}]`) as number[];
  const at = numbers.findIndex((number, index) => index % FIELDS === 0 && number === older);
  if (at >= 0) numbers.splice(at, FIELDS);
  return numbers.join();
}

/** The older activities in a row. */
export function oldersIn({ pairs }: Pick<Meeting, 'pairs'>): number[] {
  return (JSON.parse(`[${pairs}]`) as number[]).filter((_, index) => index % FIELDS === 0);
}
