import { describe, isParameterValue, type ParameterName, type ParameterValues } from '../vocabulary/index.js';
import { CannotError } from './appliance.js';
import { isObject } from './payload.js';
import type { Dialect, Heard, Message, Profile, ProfileSettings } from './profile.js';

/** What one Bluetooth characteristic said: `{ characteristic, data }` in a message. */
export interface Frame {
  /** Four hex digits for those of the Bluetooth SIG, else 32; lower case, without hyphens. */
  characteristic: string;
  data: Buffer;
}

/**
 * Reads the bytes of one characteristic. Never throws, whatever the bytes are.
 * @param memory what earlier frames of this connection left for later ones; empty at first
 * @param at when they came, epoch milliseconds
 * @returns the parameters, none where the bytes hold none; undefined when they are not of this form
 */
export type Decode<Memory> = (data: Buffer, memory: Partial<Memory>, at: number) => ParameterValues | undefined;

/** A product that speaks over Bluetooth: its characteristics, and what their bytes mean. */
export interface GattProduct<Memory> {
  name: string;
  title: string;
  hint: string;
  /** As its advertised name begins. */
  example: string;
  /** By characteristic. */
  decode: Readonly<Record<string, Decode<Memory>>>;
  /** Whether a frame is surely this product's, where others use the same characteristic. */
  isOurs?(frame: Frame): boolean;
  /** What it says in other ways than frames; undefined when it does not know the payload either. */
  readText?(text: string): ParameterValues | undefined;
}

const MOST_BYTES = 512;
const SIG_BASE = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/;

/**
 * The frame in a message: a payload `{ characteristic, data }`, or bytes under a topic that ends in the characteristic.
 * `data` is hex text, a Buffer, a Buffer's JSON, or a list of bytes.
 */
export function frameOf({ payload, topic }: Message): Frame | undefined {
  const given = asObject(payload);
  const fromTopic = Buffer.isBuffer(payload) ? topic.slice(topic.lastIndexOf('/') + 1) : undefined;
  const characteristic = shortUuid(given ? given.characteristic : fromTopic);
  const data = given ? bytesOf(given.data) : bytesOf(payload);
  return characteristic && data ? { characteristic, data } : undefined;
}

/** A message from a broker is text: `{"characteristic":"2a37","data":"002a"}`. */
function asObject(payload: unknown): Record<string, unknown> | undefined {
  if (isObject(payload)) return payload;
  const text = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : '';
  if (text.length > 4 * MOST_BYTES || !text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function shortUuid(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const hex = value.toLowerCase().replace(/^0x|-/g, '');
  if (/^[0-9a-f]{4}$/.test(hex)) return hex;
  return /^[0-9a-f]{32}$/.test(hex) ? (SIG_BASE.exec(hex)?.[1] ?? hex) : undefined;
}

function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value.length <= MOST_BYTES ? value : undefined;
  if (typeof value === 'string') {
    const isHex = value.length <= 2 * MOST_BYTES && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value);
    return isHex ? Buffer.from(value, 'hex') : undefined;
  }
  const list = isObject(value) && value.type === 'Buffer' ? value.data : value;
  const isBytes = Array.isArray(list) && list.length <= MOST_BYTES && list.every(isByte);
  return isBytes ? Buffer.from(list) : undefined;
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

const CANNOT = 'Kindred cannot speak Bluetooth yet: frames come from another node, and nothing goes back';

/** A profile out of what a product's bytes mean. Frames come by the wire, or as JSON under the topic that is its address. */
export function gattProfile<Memory>(product: GattProduct<Memory>): Profile {
  const { name, title, hint, example, decode, isOurs } = product;
  return {
    name,
    title,
    hint,
    address: { label: 'Name or topic', example },
    defaultTopic: '<a>',
    controls: [],
    cannot: { on: CANNOT, off: CANNOT, toggle: CANNOT, collect: CANNOT, 'target-temperature': CANNOT },
    candidates: (address) => [address],
    recognise(message) {
      const frame = frameOf(message);
      const isKnown = frame && Object.hasOwn(decode, frame.characteristic) && (isOurs?.(frame) ?? true);
      const isNamedByTopic = !asObject(message.payload);
      return isKnown ? { address: isNamedByTopic ? withoutCharacteristic(message.topic) : message.topic } : undefined;
    },
    open: (settings) => open(settings, product),
  };
}

function open<Memory>({ address }: ProfileSettings, product: GattProduct<Memory>): Dialect {
  const memory: Partial<Memory> = {};
  return {
    topics: address ? [address] : [],
    read: (message) => (isFrom(address, message.topic) ? read(message, product, memory) : undefined),
    command: () => {
      throw new CannotError(CANNOT);
    },
  };
}

/** Two of the same sort may share one wire. */
function isFrom(address: string, topic: string): boolean {
  return !address || topic === '' || topic === address || withoutCharacteristic(topic) === address;
}

function withoutCharacteristic(topic: string): string {
  const end = topic.lastIndexOf('/');
  return end > 0 && shortUuid(topic.slice(end + 1)) ? topic.slice(0, end) : topic;
}

function read<Memory>(
  message: Message,
  { name, decode, readText }: GattProduct<Memory>,
  memory: Partial<Memory>,
): Heard {
  const said = readText && typeof message.payload === 'string' ? readText(message.payload) : undefined;
  if (said) return { parameters: said };
  const frame = frameOf(message);
  if (!frame) {
    throw new Error(
      `expected { "characteristic": "2a37", "data": "002a" } with data as hex or bytes, not ${describe(message.payload)}`,
    );
  }
  const { characteristic, data } = frame;
  // An appliance has many more characteristics than those that measure something.
  if (!Object.hasOwn(decode, characteristic)) return {};
  const parameters = decode[characteristic]?.(data, memory, message.at ?? Date.now());
  if (parameters) return { parameters };
  const shown = data.toString('hex').slice(0, 40) || 'no bytes';
  return { problem: `${characteristic}: ${shown} is no frame of ${name}` };
}

/** Reads numbers one after the other, least byte first unless said otherwise; beyond the end they are undefined. */
export class Bytes {
  #at: number;

  constructor(
    readonly data: Buffer,
    from = 0,
  ) {
    this.#at = from;
  }

  u8 = (): number | undefined => this.#take(1, (at) => this.data.readUInt8(at));
  u16 = (): number | undefined => this.#take(2, (at) => this.data.readUInt16LE(at));
  i16 = (): number | undefined => this.#take(2, (at) => this.data.readInt16LE(at));
  u24 = (): number | undefined => this.#take(3, (at) => this.data.readUIntLE(at, 3));
  u32 = (): number | undefined => this.#take(4, (at) => this.data.readUInt32LE(at));

  skip(count: number): void {
    this.#at += count;
  }

  #take(size: number, read: (at: number) => number): number | undefined {
    const at = this.#at;
    this.#at += size;
    return at + size <= this.data.length ? read(at) : undefined;
  }
}

/** The parameters that have a value that can be true; the others are left out. */
export function only(values: { [Name in ParameterName]?: ParameterValues[Name] | undefined }): ParameterValues {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (isParameterValue(name as ParameterName, value)) kept[name] = value;
  }
  return kept as ParameterValues;
}

/** `value` × `factor`, without what binary fractions add; undefined stays undefined. */
export function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : Number((value * factor).toPrecision(10));
}
