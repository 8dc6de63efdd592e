import type { ParameterValues } from '../../vocabulary/index.js';
import { type Decode, gattProfile, only, times } from '../gatt.js';

interface Memory {
  /** The type that a header named: the payload comes in the next notification. */
  type: number;
  isOn: boolean;
  isHolding: boolean;
  isLifted: boolean;
}

const POWER = 0;
const HOLD = 1;
const TARGET = 2;
const CURRENT = 3;
const POSITION = 8;
const FAHRENHEIT = 1;

/** Pairs of notifications: `efdd` and a type, then its payload. After levi/stagg-ekg-plus-ha. */
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
  if (type === CURRENT) return only({ temperature: celsius(value, data[1]) });
  if (type === POWER) memory.isOn = value === 1;
  else if (type === HOLD) memory.isHolding = value === 1;
  else if (type === POSITION) memory.isLifted = value === 0;
  else return {};
  return { state: stateOf(memory) };
};

function celsius(value: number, unit: number | undefined): number | undefined {
  const degrees = unit === FAHRENHEIT ? (value - 32) / 1.8 : value;
  return Math.round(10 * degrees) / 10;
}

function stateOf({ isOn, isHolding, isLifted }: Partial<Memory>): string {
  if (isLifted) return 'lifted';
  if (!isOn) return 'off';
  return isHolding ? 'hold' : 'heating';
}

const FIELD = /(\w+)=([^\s=]+)/g;

/** What an EKG Pro answers to `GET /cli?cmd=state`. After bramboe/stagg-ekg-plus-ha. `nan` is a lifted kettle. */
function readText(text: string): ParameterValues | undefined {
  if (text.length > 1000 || !text.includes('mode=S_')) return undefined;
  const fields = Object.fromEntries([...text.matchAll(FIELD)].map(([, name, value]) => [name, value]));
  const isFahrenheit = / tempr=\S+ F\b/.test(text);
  const degrees = (value: string | undefined) => {
    const number = Number(value ?? Number.NaN);
    return Number.isFinite(number) ? times(isFahrenheit ? (number - 32) / 1.8 : number, 1) : undefined;
  };
  const isLifted = fields.tempr === 'nan';
  return only({
    state: isLifted ? 'lifted' : fields.mode,
    temperature: degrees(fields.tempr),
    targetTemperature: degrees(fields.temprT),
  });
}

export const staggEkg = gattProfile<Memory>({
  name: 'stagg-ekg',
  title: 'Fellow Stagg EKG+ or EKG Pro',
  hint: 'EKG+: deliver what characteristic 2a80 notified, as { "characteristic": "2a80", "data" }. EKG Pro: deliver the text that http://<its address>/cli?cmd=state answers, every 2 s or more.',
  example: 'FELLOW',
  reads: ['temperature', 'targetTemperature', 'state'],
  decode: { '2a80': decode },
  isOurs: ({ data }) => data.length === 3 && data[0] === 0xef && data[1] === 0xdd && (data[2] ?? 9) <= POSITION,
  readText,
});
