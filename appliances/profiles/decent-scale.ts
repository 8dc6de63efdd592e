import { type Decode, gattProfile, only, times } from '../gatt.js';

const STABLE = 0xce;
const CHANGING = 0xca;

/** 7 or 10 bytes; the last is the XOR of the others. After decentespresso/openscale and graphefruit/Beanconqueror. */
const decode: Decode<object> = (data) => {
  if ((data.length !== 7 && data.length !== 10) || data[0] !== 0x03) return undefined;
  if (data.reduce((sum, byte) => sum ^ byte, 0) !== 0) return undefined;
  const isWeight = data[1] === STABLE || data[1] === CHANGING;
  return isWeight ? only({ weight: times(data.readInt16BE(2), 0.1) }) : {};
};

export const decentScale = gattProfile({
  name: 'decent-scale',
  title: 'Decent or Half Decent scale (Bluetooth)',
  hint: 'Deliver what characteristic fff4 notified, as { "characteristic", "data" }, from a node that speaks Bluetooth.',
  example: 'Decent Scale',
  decode: { fff4: decode },
});
