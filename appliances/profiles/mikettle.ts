import { type Decode, gattProfile, only } from '../gatt.js';

const ACTIONS = ['idle', 'heating', 'cooling', 'keeping warm'];

/** The status characteristic aa02. After aprosvetova/xiaomi-kettle and drndos/mikettle. */
const decode: Decode<object> = (data) => {
  if (data.length < 6) return undefined;
  const action = data.readUInt8(0);
  return only({
    state: ACTIONS[action] ?? `action ${action}`,
    targetTemperature: data.readUInt8(4),
    temperature: data.readUInt8(5),
  });
};

export const mikettle = gattProfile({
  name: 'mikettle',
  title: 'Xiaomi Mi kettle (Bluetooth)',
  hint: 'Deliver what characteristic aa02 notified, as { "characteristic": "aa02", "data" }, from a node that speaks Bluetooth and has its handshake.',
  example: 'MiKettle',
  decode: { aa02: decode },
});
