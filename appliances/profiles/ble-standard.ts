import type { ParameterValues } from '../../vocabulary/index.js';
import { Bytes, type Decode, gattProfile, only, times } from '../gatt.js';
import { decodeBike, decodeRower, decodeTreadmill } from './ble-fitness.js';

/** What cumulative counters showed last: rates are differences. */
interface Memory {
  crank: Counter;
  wheel: Counter;
}
interface Counter {
  revolutions: number;
  time: number;
  /** When it was first seen to stand there, epoch milliseconds. */
  at: number;
}

/** A wheel of 700 × 25C; the sensor counts turns and does not know its wheel. */
const WHEEL_METRES = 2.105;
/** A crank that turns faster than this is a counter that was reset. */
const FASTEST_RPM = 250;
const FASTEST_M_S = 40;
/** What has not turned for so long (5 s) stands still: 12 turns a minute are the fewest that count as movement. */
const STILL_MS = 5000;
/** The counters' own time wraps after 64 s: it does not say how long a longer pause was. */
const WRAP_MS = 60_000;

/** Health Thermometer: flags, an IEEE 11073 float (24-bit mantissa, 8-bit exponent); bit 0 means °F. */
const thermometer: Decode<Memory> = (data) => {
  if (data.length < 5) return undefined;
  const value = data.readIntLE(1, 3) * 10 ** data.readInt8(4);
  return only({ temperature: times((data.readUInt8(0) & 1) === 1 ? (value - 32) / 1.8 : value, 1) });
};

/** Heart Rate: flags, of which bit 0 means two bytes. 0 is a strap that has no skin contact. */
const heartRate: Decode<Memory> = (data) => {
  const bytes = new Bytes(data);
  const flags = bytes.u8();
  if (flags === undefined) return undefined;
  const rate = (flags & 1) === 1 ? bytes.u16() : bytes.u8();
  return rate === undefined ? undefined : only({ heartRate: rate === 0 ? undefined : rate });
};

/** Running Speed and Cadence: speed /256 m/s, steps a minute of one foot, then stride and distance where flagged. */
const running: Decode<Memory> = (data) => {
  const bytes = new Bytes(data);
  const flags = bytes.u8();
  const speed = bytes.u16();
  const cadence = bytes.u8();
  if (flags === undefined || cadence === undefined) return undefined;
  if (flags & 1) bytes.skip(2);
  const distance = flags & 2 ? times(bytes.u32(), 0.1) : undefined;
  return only({ speed: times(speed, 1 / 256), cadence, distance });
};

/** Cycling Speed and Cadence: cumulative turns of wheel and crank, each with the time of the last one in 1/1024 s. */
const cycling: Decode<Memory> = (data, memory, at) => {
  const bytes = new Bytes(data);
  const flags = bytes.u8();
  if (flags === undefined) return undefined;
  const wheel = flags & 1 ? counterOf(bytes.u32(), bytes.u16(), at) : undefined;
  const crank = flags & 2 ? counterOf(bytes.u16(), bytes.u16(), at) : undefined;
  if ((flags & 1 && !wheel) || (flags & 2 && !crank)) return undefined;
  return rates(wheel && wheelTurns(memory, wheel), crank && crankTurns(memory, crank));
};

/** Cycling Power: W, then what is flagged; the crank's counter gives the cadence. */
const cyclingPower: Decode<Memory> = (data, memory, at) => {
  const bytes = new Bytes(data);
  const flags = bytes.u16();
  const power = bytes.i16();
  if (flags === undefined || power === undefined) return undefined;
  bytes.skip((flags & 0x01 ? 1 : 0) + (flags & 0x04 ? 2 : 0) + (flags & 0x10 ? 6 : 0));
  const crank = flags & 0x20 ? counterOf(bytes.u16(), bytes.u16(), at) : undefined;
  return { ...only({ power }), ...rates(undefined, crank && crankTurns(memory, crank)) };
};

function counterOf(revolutions: number | undefined, time: number | undefined, at: number): Counter | undefined {
  return revolutions === undefined || time === undefined ? undefined : { revolutions, time, at };
}

function wheelTurns(memory: Partial<Memory>, now: Counter): number | undefined {
  const before = memory.wheel;
  if (now.revolutions !== before?.revolutions) memory.wheel = now;
  return rateOf(before, now, 2 ** 32);
}

/** 2a5b and 2a63 count the same crank: what both tell is one turn. */
function crankTurns(memory: Partial<Memory>, now: Counter): number | undefined {
  const before = memory.crank;
  if (now.revolutions !== before?.revolutions) memory.crank = now;
  return rateOf(before, now, 2 ** 16);
}

/**
 * Turns a second between two readings of a counter; both parts wrap.
 * @returns undefined where that is not known: at first, after a long pause, and for a counter that has stood for less
 * than STILL_MS, for a sensor tells more often than a slow crank turns
 */
function rateOf(before: Counter | undefined, now: Counter, wrap: number): number | undefined {
  if (!before) return undefined;
  // Either way: the hub's clock may be set back.
  const pause = Math.abs(now.at - before.at);
  const turns = (now.revolutions - before.revolutions + wrap) % wrap;
  if (turns === 0) return pause < STILL_MS ? undefined : 0;
  const time = (now.time - before.time + 65_536) % 65_536;
  return pause > WRAP_MS ? undefined : (turns * 1024) / time;
}

function rates(wheel: number | undefined, crank: number | undefined): ParameterValues {
  const speed = wheel === undefined ? undefined : wheel * WHEEL_METRES;
  const cadence = crank === undefined ? undefined : crank * 60;
  return only({
    speed: speed === undefined || speed > FASTEST_M_S ? undefined : times(speed, 1),
    cadence: cadence === undefined || cadence > FASTEST_RPM ? undefined : times(cadence, 1),
  });
}

/** The Bluetooth SIG's own services, after its specifications; examples from the tests of zacharyedwardbull/pycycling. */
export const bleStandard = gattProfile<Memory>({
  name: 'ble-standard',
  title: 'Bluetooth sensor of a standard kind (pulse, bike, treadmill, thermometer)',
  hint: 'Deliver what its characteristics said, each as { "characteristic": "2a37", "data": "002a" }, from a node that speaks Bluetooth.',
  example: 'Chest strap',
  decode: {
    '2a6e': (data) => (data.length < 2 ? undefined : only({ temperature: times(new Bytes(data).i16(), 0.01) })),
    '2a1c': thermometer,
    '2a37': heartRate,
    '2a53': running,
    '2a5b': cycling,
    '2a63': cyclingPower,
    '2ad2': decodeBike,
    '2acd': decodeTreadmill,
    '2ad1': decodeRower,
    '2a19': (data) => (data.length < 1 ? undefined : only({ battery: data.readUInt8(0) })),
  },
});
