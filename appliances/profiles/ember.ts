import { Bytes, type Decode, gattProfile, only, times } from '../gatt.js';

/** Liquid states 0 to 7, in the words that the state recogniser knows. */
const STATES = ['standby', 'empty', 'filling', 'cold', 'cooling', 'heating', 'at target', 'warm'];
/** A mug counts its level in thirtieths and may go a little over; a travel mug in percent. */
const FULL_MUG = 30;
const MOST_OF_MUG = 35;

interface Memory {
  /** It has told of more than any mug holds: it is a travel mug. */
  isPercent: boolean;
}

/**
 * Ember mug, cup, tumbler and travel mug, after sopelj/python-ember-mug. Characteristic 0012 only names another one
 * that has changed and is to be read.
 */
const decode: Record<string, Decode<Memory>> = {
  [uuid('0002')]: (data) => unlessEmpty(new Bytes(data).u16(), (value) => only({ temperature: times(value, 0.01) })),
  [uuid('0003')]: (data) =>
    unlessEmpty(new Bytes(data).u16(), (value) => only({ targetTemperature: times(value, 0.01) })),
  [uuid('0005')]: (data, memory) =>
    unlessEmpty(new Bytes(data).u8(), (value) => {
      memory.isPercent ||= value > MOST_OF_MUG;
      const percent = memory.isPercent ? value : (100 * value) / FULL_MUG;
      return only({ level: Math.round(100 * percent) / 100 });
    }),
  [uuid('0007')]: (data) => unlessEmpty(new Bytes(data).u8(), (battery) => only({ battery })),
  [uuid('0008')]: (data) =>
    unlessEmpty(new Bytes(data).u8(), (value) => only({ state: STATES[value] ?? `state ${value}` })),
  [uuid('0012')]: (data) => (data.length > 0 ? {} : undefined),
};

export const ember = gattProfile<Memory>({
  name: 'ember',
  title: 'Ember mug, cup or tumbler (Bluetooth)',
  hint: 'Deliver what the mug’s characteristics fc540002, 3, 5, 7 and 8 said, each as { "characteristic", "data" }, from a node that speaks Bluetooth.',
  example: 'Ember Ceramic Mug',
  decode,
});

function uuid(part: string): string {
  return `fc54${part}236c4c948fa9944a3e5353fa`;
}

function unlessEmpty<T>(value: number | undefined, read: (value: number) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}
