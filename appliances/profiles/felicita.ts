import { type Decode, gattProfile, only, times } from '../gatt.js';

/** Raw battery readings of an empty and a full scale. */
const BATTERY = { empty: 129, full: 158 };
const MINUS = 0x2d;

/** 18 bytes: sign, six digits in 0.01 g as text, unit, battery. After graphefruit/Beanconqueror and tadelv/reaprime. */
const decode: Decode<object> = (data) => {
  if (data.length < 18) return undefined;
  const digits = data.toString('latin1', 3, 9);
  if (!/^\d{6}$/.test(digits)) return undefined;
  const unit = data.toString('latin1', 9, 11).replace(/[^a-z]/gi, '');
  const isGrams = unit === '' || unit.toLowerCase() === 'g';
  const charge = (data.readUInt8(15) - BATTERY.empty) / (BATTERY.full - BATTERY.empty);
  return only({
    // What its digits mean in ounces is not known.
    weight: isGrams ? times(Number(digits), data[2] === MINUS ? -0.01 : 0.01) : undefined,
    battery: Math.round(100 * Math.min(1, Math.max(0, charge))),
  });
};

export const felicita = gattProfile({
  name: 'felicita',
  title: 'Felicita scale (Bluetooth)',
  hint: 'Deliver what characteristic ffe1 notified, as { "characteristic", "data" }, from a node that speaks Bluetooth. Let the scale show grams.',
  example: 'FELICITA ARC',
  decode: { ffe1: decode },
});
