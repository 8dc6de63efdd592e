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
}

/** Every parameter an appliance can report, with the one unit it is always given in. */
export const PARAMETERS = {
  temperature: { unit: '°C', kind: 'number' },
  targetTemperature: { unit: '°C', kind: 'number' },
  pH: { unit: 'pH', kind: 'number' },
  power: { unit: 'W', kind: 'number' },
  energy: { unit: 'kWh', kind: 'number' },
  weight: { unit: 'g', kind: 'number' },
  flow: { unit: 'g/s', kind: 'number' },
  level: { unit: '%', kind: 'number' },
  battery: { unit: '%', kind: 'number' },
  acceleration: { unit: 'm/s²', kind: 'vector' },
  heartRate: { unit: '1/min', kind: 'number' },
  cadence: { unit: '1/min', kind: 'number' },
  speed: { unit: 'm/s', kind: 'number' },
  distance: { unit: 'm', kind: 'number' },
  voltage: { unit: 'V', kind: 'number' },
  current: { unit: 'A', kind: 'number' },
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

/** True when `value` is of the parameter's kind and finite: NaN and infinities are never readings. */
export function isParameterValue(name: ParameterName, value: unknown): value is ParameterValue {
  switch (PARAMETERS[name].kind) {
    case 'number':
      return Number.isFinite(value);
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
