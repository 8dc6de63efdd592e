import { type Decode, gattProfile, only, times } from '../gatt.js';

const MINUS = 0x2d;

/** 20 bytes, most significant first; the last is the XOR of the others. After BooKooCode/OpenSource (2025-07-25). */
const decode: Decode<object> = (data) => {
  if (data.length !== 20 || data[0] !== 0x03 || data[1] !== 0x0b) return undefined;
  if (data.reduce((sum, byte) => sum ^ byte, 0) !== 0) return undefined;
  const sign = (at: number) => (data[at] === MINUS ? -0.01 : 0.01);
  return only({
    weight: times(data.readUIntBE(7, 3), sign(6)),
    flow: times(data.readUInt16BE(11), sign(10)),
    battery: data.readUInt8(13),
  });
};

export const bookoo = gattProfile({
  name: 'bookoo',
  title: 'Bookoo scale (Bluetooth)',
  hint: 'Deliver what characteristic ff11 notified, as { "characteristic", "data" }, from a node that speaks Bluetooth.',
  example: 'BOOKOO_SC',
  decode: { ff11: decode },
});
