import type { ParameterValues } from '../../vocabulary/index.js';
import { Bytes, only, times } from '../gatt.js';

/**
 * The Fitness Machine service's measurements. Each begins with flags that say which fields follow, in a fixed order;
 * bit 0 is the other way round: clear means that the first field is there ("more data" follows in another frame).
 */
const KM_H = 0.01 / 3.6;

/** 2ad2, indoor bike data. */
export function decodeBike(data: Buffer): ParameterValues | undefined {
  const bytes = new Bytes(data);
  const flags = bytes.u16();
  if (flags === undefined) return undefined;
  const speed = flags & 1 ? undefined : times(bytes.u16(), KM_H);
  if (flags & 2) bytes.skip(2);
  const cadence = flags & 4 ? times(bytes.u16(), 0.5) : undefined;
  if (flags & 8) bytes.skip(2);
  const distance = flags & 0x10 ? bytes.u24() : undefined;
  if (flags & 0x20) bytes.skip(2);
  const power = flags & 0x40 ? bytes.i16() : undefined;
  if (flags & 0x80) bytes.skip(2);
  if (flags & 0x100) bytes.skip(5);
  const heartRate = flags & 0x200 ? pulse(bytes.u8()) : undefined;
  return only({ speed, cadence, distance, power, heartRate });
}

/** 2acd, treadmill data. */
export function decodeTreadmill(data: Buffer): ParameterValues | undefined {
  const bytes = new Bytes(data);
  const flags = bytes.u16();
  if (flags === undefined) return undefined;
  const speed = flags & 1 ? undefined : times(bytes.u16(), KM_H);
  if (flags & 2) bytes.skip(2);
  const distance = flags & 4 ? bytes.u24() : undefined;
  if (flags & 8) bytes.skip(4);
  if (flags & 0x10) bytes.skip(4);
  if (flags & 0x20) bytes.skip(1);
  if (flags & 0x40) bytes.skip(1);
  if (flags & 0x80) bytes.skip(5);
  const heartRate = flags & 0x100 ? pulse(bytes.u8()) : undefined;
  return only({ speed, distance, heartRate });
}

/** 2ad1, rower data: strokes a minute, and seconds for 500 m. */
export function decodeRower(data: Buffer): ParameterValues | undefined {
  const bytes = new Bytes(data);
  const flags = bytes.u16();
  if (flags === undefined) return undefined;
  const cadence = flags & 1 ? undefined : times(bytes.u8(), 0.5);
  if (!(flags & 1)) bytes.skip(2);
  if (flags & 2) bytes.skip(1);
  const distance = flags & 4 ? bytes.u24() : undefined;
  const pace = flags & 8 ? bytes.u16() : undefined;
  if (flags & 0x10) bytes.skip(2);
  const power = flags & 0x20 ? bytes.i16() : undefined;
  if (flags & 0x40) bytes.skip(2);
  if (flags & 0x80) bytes.skip(2);
  if (flags & 0x100) bytes.skip(5);
  const heartRate = flags & 0x200 ? pulse(bytes.u8()) : undefined;
  return only({ cadence, distance, power, heartRate, speed: pace ? times(500 / pace, 1) : undefined });
}

/** 0: no strap is paired. */
function pulse(rate: number | undefined): number | undefined {
  return rate === 0 ? undefined : rate;
}
