import type { ParameterName } from '../../vocabulary/index.js';
import { isObject, tidy } from '../payload.js';

/** zigbee2mqtt's property names and ours. */
export const PARAMETER_OF: Readonly<Record<string, ParameterName>> = {
  temperature: 'temperature',
  power: 'power',
  energy: 'energy',
  voltage: 'voltage',
  current: 'current',
  ph: 'pH',
  battery: 'battery',
  // dBA, of sensors such as Sprut's and Wiren Board's WB-MSW (zigbee-herdsman-converters).
  noise: 'soundLevel',
  state: 'state',
};

/** Units in exposes that are not ours: a boiler switch of AVATTO has mA, a meter of LCity kW. */
const CONVERSIONS: Readonly<Record<string, (value: number) => number>> = {
  mW: thousandth,
  mV: thousandth,
  mA: thousandth,
  Wh: thousandth,
  kW: (kilowatts) => tidy(kilowatts * 1000),
  '°F': (fahrenheit) => tidy((fahrenheit - 32) / 1.8),
};

export function thousandth(value: number): number {
  return tidy(value / 1000);
}

/** How a value in this unit becomes one in ours; undefined where it is. */
export function conversionOf(unit: string): ((value: number) => number) | undefined {
  return Object.hasOwn(CONVERSIONS, unit) ? CONVERSIONS[unit] : undefined;
}

interface Exposed {
  access: number;
  unit: string | undefined;
}

/** What a device exposes: its properties, and the names of the endpoints that have one of ours. */
export interface Exposes {
  properties: Map<string, Exposed>;
  endpoints: string[];
}

/** What a device's definition in `bridge/devices` exposes. */
export function exposesOf(definition: Record<string, unknown>): Exposes {
  const found: Exposes = { properties: new Map(), endpoints: [] };
  collectExposes(definition.exposes, found, 0);
  return found;
}

/** Walks `exposes` through its `features`: a switch holds its `state` one level down. */
function collectExposes(exposes: unknown, into: Exposes, depth: number): void {
  if (!Array.isArray(exposes) || depth > 5) return;
  for (const entry of exposes.filter(isObject)) {
    const { name, property, endpoint, access, unit } = entry;
    if (typeof property === 'string' && typeof access === 'number') {
      into.properties.set(property, { access, unit: typeof unit === 'string' ? unit : undefined });
      const isOurs =
        typeof name === 'string' && Object.hasOwn(PARAMETER_OF, name) && property === `${name}_${endpoint}`;
      if (isOurs && typeof endpoint === 'string' && !into.endpoints.includes(endpoint)) into.endpoints.push(endpoint);
    }
    collectExposes(entry.features, into, depth + 1);
  }
}
