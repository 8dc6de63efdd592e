/** A measured vector, for example acceleration in m/s². */
export interface Vector {
  x: number;
  y: number;
  z: number;
}

export type ParameterValue = number | string | Vector;

interface ParameterKind {
  /** UCUM-like unit as shown to people; empty for text. */
  unit: string;
  kind: 'number' | 'text' | 'vector';
  /** For a number: the least and the most that can be true. Beyond it something is broken, or counts in another unit. */
  min?: number;
  max?: number;
  /** What lies beyond `max` up to here says that the value is not known: it is no measurement, and nothing is wrong. */
  unknownUpTo?: number;
}

/** Every parameter an appliance can report, with the one unit it is always given in. */
export const PARAMETERS = {
  // A deep freezer to a kiln.
  temperature: { unit: '°C', kind: 'number', min: -100, max: 2000 },
  targetTemperature: { unit: '°C', kind: 'number', min: -100, max: 2000 },
  // What glass electrodes show beyond 0 and 14.
  pH: { unit: 'pH', kind: 'number', min: -2, max: 16 },
  // A house connection of 3 × 125 A; solar plugs report what they feed in as negative.
  power: { unit: 'W', kind: 'number', min: -100_000, max: 100_000 },
  // A meter of eight digits; one that counts both ways may be below zero.
  energy: { unit: 'kWh', kind: 'number', min: -100_000_000, max: 100_000_000 },
  // A tared scale shows less than nothing.
  weight: { unit: 'g', kind: 'number', min: -1_000_000, max: 1_000_000 },
  flow: { unit: 'g/s', kind: 'number', min: -100_000, max: 100_000 },
  // An uncalibrated sensor, not yet nonsense.
  level: { unit: '%', kind: 'number', min: -100, max: 1000 },
  // Bluetooth and Zigbee say 255 for unknown.
  battery: { unit: '%', kind: 'number', min: 0, max: 100, unknownUpTo: 255 },
  acceleration: { unit: 'm/s²', kind: 'vector' },
  heartRate: { unit: '1/min', kind: 'number', min: 0, max: 400 },
  cadence: { unit: '1/min', kind: 'number', min: 0, max: 1000 },
  speed: { unit: 'm/s', kind: 'number', min: -400, max: 400 },
  distance: { unit: 'm', kind: 'number', min: -1_000_000_000, max: 1_000_000_000 },
  voltage: { unit: 'V', kind: 'number', min: -100_000, max: 100_000 },
  current: { unit: 'A', kind: 'number', min: -10_000, max: 10_000 },
  // Below 0 where it is measured from full scale, up to a rocket where from the threshold of hearing; see decision 0016.
  soundLevel: { unit: 'dB', kind: 'number', min: -200, max: 250 },
  // 0 where nothing has a pitch; up to ultrasound.
  pitch: { unit: 'Hz', kind: 'number', min: 0, max: 200_000 },
  state: { unit: '', kind: 'text' },
} as const satisfies Record<string, ParameterKind>;

export type ParameterName = keyof typeof PARAMETERS;

/** What an appliance reported at one moment; only the parameters it really has. */
export type ParameterValues = {
  [Name in ParameterName]?: (typeof PARAMETERS)[Name]['kind'] extends 'text'
    ? string
    : (typeof PARAMETERS)[Name]['kind'] extends 'vector'
      ? Vector
      : number;
};

export function isParameterName(name: unknown): name is ParameterName {
  return typeof name === 'string' && Object.hasOwn(PARAMETERS, name);
}

/** True when `value` is of the parameter's kind, finite and within what can be true of it. */
export function isParameterValue(name: ParameterName, value: unknown): value is ParameterValue {
  const about: ParameterKind = PARAMETERS[name];
  switch (about.kind) {
    case 'number': {
      const { min = -Infinity, max = Infinity } = about;
      return Number.isFinite(value) && (value as number) >= min && (value as number) <= max;
    }
    case 'text':
      return typeof value === 'string';
    case 'vector': {
      const vector = value as Partial<Vector> | null;
      return (
        typeof vector === 'object' &&
        vector !== null &&
        Number.isFinite(vector.x) &&
        Number.isFinite(vector.y) &&
        Number.isFinite(vector.z)
      );
    }
  }
}

/** True when `value` only says that the parameter is not known. */
export function isUnknown(name: ParameterName, value: unknown): boolean {
  const { max, unknownUpTo }: ParameterKind = PARAMETERS[name];
  if (max === undefined || unknownUpTo === undefined || typeof value !== 'number') return false;
  return value > max && value <= unknownUpTo;
}

/** The value without what else came with it: of a vector, its axes and nothing more. */
export function bareValue(value: ParameterValue): ParameterValue {
  return typeof value === 'object' ? { x: value.x, y: value.y, z: value.z } : value;
}

/** What a parameter's value must be, for an error message: `a number from -100 to 2000 °C`. */
export function expectedOf(name: ParameterName): string {
  const { kind, unit, min, max }: ParameterKind = PARAMETERS[name];
  const range = min === undefined || max === undefined ? (unit ? ' in' : '') : ` from ${min} to ${max}`;
  return `a finite ${kind}${range}${unit ? ` ${unit}` : ''}`;
}
