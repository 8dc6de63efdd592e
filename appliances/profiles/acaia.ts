import type { ParameterValues } from '../../vocabulary/index.js';
import { type Decode, gattProfile, only, times } from '../gatt.js';

interface Memory {
  /** What came of a frame that is not whole yet. */
  rest: Buffer;
}

const HEAD = Buffer.from([0xef, 0xdd]);
const MOST_REST = 64;
const EVENT = 0x0c;
const SETTINGS = 0x08;
const WEIGHT = 5;
/** Messages that carry something else before a weight: what they are, and by how much the weight stands later. */
const WEIGHT_LATER = 11;

/**
 * Frames may be split over notifications, or come several in one: what is not whole waits for the next.
 * After zweckj/aioacaia and lucapinello/pyacaia.
 */
const decode: Decode<Memory> = (data, memory) => {
  let bytes = Buffer.concat([memory.rest ?? Buffer.alloc(0), data]);
  const parameters: ParameterValues = {};
  for (;;) {
    const at = bytes.indexOf(HEAD);
    if (at < 0 || bytes.length < at + 4) break;
    bytes = bytes.subarray(at);
    const length = 3 + bytes.readUInt8(3) + 2;
    if (bytes.length < length) break;
    Object.assign(parameters, frame(bytes.subarray(2, length - 2)));
    bytes = bytes.subarray(HEAD.length);
  }
  const at = bytes.lastIndexOf(0xef);
  memory.rest = at < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at, at + MOST_REST));
  return parameters;
};

/** @param bytes type, length, then for an event its message and payload, for settings the payload */
function frame(bytes: Buffer): ParameterValues {
  const type = bytes[0];
  if (type === SETTINGS) return only({ battery: bytes[2] === undefined ? undefined : bytes[2] & 0x7f });
  if (type !== EVENT) return {};
  const payload = bytes.subarray(3);
  if (bytes[2] === WEIGHT) return weight(payload);
  return bytes[2] === WEIGHT_LATER && payload[2] === WEIGHT ? weight(payload.subarray(3)) : {};
}

/** A number of 16 bits, how many decimals it has, and whether it is negative. */
function weight(payload: Buffer): ParameterValues {
  if (payload.length < 6) return {};
  const grams = times(payload.readUInt16LE(0), 10 ** -Math.min(4, payload.readUInt8(4)));
  const isNegative = (payload.readUInt8(5) & 2) === 2;
  return only({ weight: isNegative ? 0 - (grams ?? 0) : grams });
}

export const acaia = gattProfile<Memory>({
  name: 'acaia',
  title: 'Acaia scale (Bluetooth)',
  hint: 'Deliver what the scale notified, as { "characteristic", "data" }, from a node that speaks Bluetooth and keeps its heartbeat.',
  example: 'PYXIS',
  reads: ['weight', 'battery'],
  decode: { '2a80': decode, '495353431e4d4bd9ba6123c647249616': decode },
  // Fellow's kettle uses 2a80 and these heads, too, but knows no events. A Lunar sends the head of each frame apart.
  isOurs: ({ data }) =>
    data.length >= 5 ? data[2] === EVENT || data[2] === SETTINGS : data.equals(Buffer.from([...HEAD, EVENT])),
});
