import type { ParameterValues } from '../../vocabulary/index.js';
import { type Decode, gattProfile, only, times } from '../gatt.js';

interface Memory {
  /** What came of a frame that is not whole yet. */
  rest: Buffer;
  /** What one unit is that it shows, and tells, weights in. */
  grams: number;
}

const HEAD = Buffer.from([0xef, 0xdd]);
const MOST_REST = 64;
const EVENT = 0x0c;
const SETTINGS = 0x08;
const WEIGHT = 5;
/** The unit in its settings; 2 stands for grams. */
const OUNCES = 5;
const GRAMS_OF_OUNCE = 28.349523;
/** Messages that carry something else before a weight: what they are, and by how much the weight stands later. */
const WEIGHT_LATER = 11;

/**
 * Frames may be split over notifications, or come several in one: what is not whole waits for the next.
 * After zweckj/aioacaia and lucapinello/pyacaia.
 */
const decode: Decode<Memory> = (data, memory) => {
  const bytes = Buffer.concat([memory.rest ?? Buffer.alloc(0), data]);
  const parameters: ParameterValues = {};
  let done = 0;
  for (let at = bytes.indexOf(HEAD); at >= 0; at = bytes.indexOf(HEAD, at + 1)) {
    const whole = wholeFrame(bytes.subarray(at));
    if (!whole) continue;
    Object.assign(parameters, frame(whole, memory));
    done = at + HEAD.length + whole.length;
  }
  memory.rest = Buffer.from(restOf(bytes.subarray(done)).subarray(-MOST_REST));
  return parameters;
};

/**
 * The frame that these bytes begin with, without head and checksums: the sums of the bytes from its length on that stand at even
 * places and at odd ones. The scale went away in the middle, or a notification was lost, where they are others (remote_scales).
 */
function wholeFrame(bytes: Buffer): Buffer | undefined {
  const end = 3 + (bytes[3] ?? 0xff);
  if (bytes.length < end + 2) return undefined;
  const sums = [0, 0];
  for (let at = 3; at < end; at++) sums[(at - 3) % 2] = ((sums[(at - 3) % 2] as number) + (bytes[at] as number)) & 0xff;
  return sums[0] === bytes[end] && sums[1] === bytes[end + 1] ? bytes.subarray(2, end) : undefined;
}

/** What may yet become a frame. */
function restOf(bytes: Buffer): Buffer {
  const at = bytes.indexOf(HEAD);
  if (at >= 0) return bytes.subarray(at);
  return bytes.at(-1) === HEAD[0] ? bytes.subarray(-1) : bytes.subarray(0, 0);
}

/** @param bytes type, length, then for an event its message and payload, for settings the payload */
function frame(bytes: Buffer, memory: Partial<Memory>): ParameterValues {
  const type = bytes[0];
  if (type === SETTINGS) return settings(bytes, memory);
  if (type !== EVENT) return {};
  const payload = bytes.subarray(3);
  if (bytes[2] === WEIGHT) return weight(payload, memory);
  return bytes[2] === WEIGHT_LATER && payload[2] === WEIGHT ? weight(payload.subarray(3), memory) : {};
}

function settings(bytes: Buffer, memory: Partial<Memory>): ParameterValues {
  const [battery, unit] = [bytes[2], bytes[3]];
  if (unit !== undefined) memory.grams = unit === OUNCES ? GRAMS_OF_OUNCE : 1;
  return only({ battery: battery === undefined ? undefined : battery & 0x7f });
}

/** A number of 16 bits, how many decimals it has, and whether it is negative; in the unit that the scale shows. */
function weight(payload: Buffer, { grams: unit = 1 }: Partial<Memory>): ParameterValues {
  if (payload.length < 6) return {};
  const grams = times(payload.readUInt16LE(0), unit * 10 ** -Math.min(4, payload.readUInt8(4)));
  const isNegative = (payload.readUInt8(5) & 2) === 2;
  return only({ weight: isNegative ? 0 - (grams ?? 0) : grams });
}

export const acaia = gattProfile<Memory>({
  name: 'acaia',
  title: 'Acaia scale (Bluetooth)',
  hint: 'Deliver what the scale notified, as { "characteristic", "data" }, from a node that speaks Bluetooth and keeps its heartbeat.',
  example: 'PYXIS',
  decode: { '2a80': decode, '495353431e4d4bd9ba6123c647249616': decode },
  // Fellow's kettle uses 2a80 and these heads, too, but knows no events. A Lunar sends the head of each frame apart.
  isOurs: ({ data }) =>
    data.length >= 5 ? data[2] === EVENT || data[2] === SETTINGS : data.equals(Buffer.from([...HEAD, EVENT])),
});
