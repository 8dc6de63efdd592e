import type { ParameterValues } from '../../vocabulary/index.js';
import { type Decode, gattProfile, only, times } from '../gatt.js';

interface Memory {
  /** The type that a header named: the payload comes in the next notification. */
  type: number;
  isOn: boolean;
  isLifted: boolean;
}

const POWER = 0;
const TARGET = 2;
const CURRENT = 3;
const POSITION = 8;
/** Heads from 7 on may as well be an Acaia's, which sends them apart, too: information, settings, events. */
const LAST_OF_ITS_OWN = 6;
const FAHRENHEIT = 1;
/** An EKG+ that is off says 32, whichever the unit: less than it can be set to in either. */
const NO_READING = 32;
/** No water in it is hotter (°C): off its base an EKG Pro says `nan`, or a number like 1885156601. */
const HOTTEST = 150;

/**
 * Pairs of notifications: `efdd` and a type, then its payload. After levi/stagg-ekg-plus-ha, and samwiseg0/ha-stagg-ekg-plus,
 * whose author tried every position on a kettle: types 1 and 6 tell how the slider for holding stands, also while it heats, and
 * not whether it holds. Whether it does is seen by the temperature alone.
 */
const decode: Decode<Memory> = (data, memory) => {
  if (data.length === 3 && data[0] === 0xef && data[1] === 0xdd) {
    memory.type = data.readUInt8(2);
    return {};
  }
  const { type } = memory;
  delete memory.type;
  const value = data[0];
  if (type === undefined || value === undefined) return undefined;
  if (type === TARGET) return only({ targetTemperature: celsius(value, data[1]) });
  if (type === CURRENT) return value === NO_READING ? {} : only({ temperature: celsius(value, data[1]) });
  if (type === POWER) memory.isOn = value === 1;
  else if (type === POSITION) memory.isLifted = value === 0;
  else return {};
  return only({ state: stateOf(memory) });
};

function celsius(value: number, unit: number | undefined): number | undefined {
  const degrees = unit === FAHRENHEIT ? (value - 32) / 1.8 : value;
  return Math.round(10 * degrees) / 10;
}

/** Undefined on its base until it has told whether it is on: an "off" that it did not say would end a brew. */
function stateOf({ isOn, isLifted }: Partial<Memory>): string | undefined {
  if (isLifted) return 'lifted';
  if (isOn === undefined) return undefined;
  return isOn ? 'heating' : 'off';
}

const FIELD = /(\w+)=([^\s=]+)/g;

/** What an EKG Pro answers to `GET /cli?cmd=state`. After bramboe/stagg-ekg-plus-ha and tomtastic/homebridge-kettle. */
function readText(text: string): ParameterValues | undefined {
  if (text.length > 1000 || !text.includes('mode=S_')) return undefined;
  const fields = Object.fromEntries([...text.matchAll(FIELD)].map(([, name, value]) => [name, value]));
  const isFahrenheit = / tempr=\S+ F\b/.test(text);
  const degrees = (value: string | undefined) => {
    const number = Number(value ?? Number.NaN);
    return Number.isFinite(number) ? times(isFahrenheit ? (number - 32) / 1.8 : number, 1) : undefined;
  };
  const temperature = degrees(fields.tempr);
  const isLifted = fields.tempr === 'nan' || (temperature ?? 0) > HOTTEST;
  return only({
    state: isLifted ? 'lifted' : fields.mode,
    temperature: isLifted ? undefined : temperature,
    targetTemperature: degrees(fields.temprT),
  });
}

export const staggEkg = gattProfile<Memory>({
  name: 'stagg-ekg',
  title: 'Fellow Stagg EKG+ or EKG Pro',
  hint: 'EKG+: deliver what characteristic 2a80 notified, as { "characteristic": "2a80", "data" }. EKG Pro: deliver the text that http://<its address>/cli?cmd=state answers, every 2 s or more.',
  example: 'FELLOW',
  decode: { '2a80': decode },
  isOurs: ({ data }) => data.length === 3 && data[0] === 0xef && data[1] === 0xdd && (data[2] ?? 9) <= LAST_OF_ITS_OWN,
  readText,
});
