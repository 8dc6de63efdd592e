import {
  bareValue,
  describe,
  expectedOf,
  isParameterValue,
  isUnknown,
  PARAMETERS,
  type ParameterName,
  type ParameterValues,
} from '../vocabulary/index.js';
import type { Message } from './profile.js';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}

/** The payload as text, whatever it came as. */
export function textOf({ payload }: Message): string {
  if (typeof payload === 'string') return payload;
  if (Buffer.isBuffer(payload)) return payload.toString('utf8');
  return typeof payload === 'number' || typeof payload === 'boolean' ? String(payload) : '';
}

/** The payload as a value. @throws Error when it is text but no JSON */
export function jsonOf(message: Message): unknown {
  const { payload } = message;
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
  const text = textOf(message);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(text === '' ? 'the payload is empty' : `the payload is not JSON but ${describe(text)}`);
  }
}

/** The payload as a value, be it a plain word such as `ON`. @throws Error when it is empty, or JSON that is broken off */
export function jsonOrWordOf(message: Message): unknown {
  try {
    return jsonOf(message);
  } catch (error) {
    const text = textOf(message).trim();
    if (text === '' || /^[{["]/.test(text)) throw error;
    return text;
  }
}

/** The payload as a JSON object. @throws Error when it is none */
export function objectOf(message: Message): JsonObject {
  const value = jsonOf(message);
  if (!isObject(value)) throw new Error(`the payload must be a JSON object, not ${describe(value)}`);
  return value;
}

/** A finite number, also when it came as text; undefined otherwise. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '' || value.length > 40) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const MAX_STATE = 60;

/** `on` and `off` for every word and flag that products use for it; other short texts as they are. */
function toState(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string' || value === '' || value.length > MAX_STATE) return undefined;
  return /^(on|off)$/i.test(value) ? value.toLowerCase() : value;
}

/** Collects parameters of one message, and the first thing that was wrong with one of them. */
export class Collected {
  readonly parameters: ParameterValues = {};
  problem: string | undefined;
  /** Something was told not to be known: that is no measurement, and no fault of the settings either. */
  saidUnknown = false;

  /** Adds a value; what is null, undefined or not known is no measurement, anything else that does not fit is a problem. */
  add(name: ParameterName, value: unknown, convert?: (value: number) => number): this {
    if (value === undefined) return this;
    const kept = this.#convert(name, value, convert);
    if (value === null || isUnknown(name, kept)) this.saidUnknown = true;
    else if (kept !== undefined && isParameterValue(name, kept)) {
      (this.parameters as Record<string, unknown>)[name] = bareValue(kept);
    } else this.problem ??= `${name} is ${describe(value)}: it must be ${expectedOf(name)}`;
    return this;
  }

  get isEmpty(): boolean {
    for (const _ in this.parameters) return false;
    return true;
  }

  #convert(name: ParameterName, value: unknown, convert?: (value: number) => number): unknown {
    if (name === 'state') return toState(value);
    if (PARAMETERS[name].kind === 'vector') return convert ? eachAxis(value, convert) : value;
    const number = toNumber(value);
    return number === undefined || !convert ? number : convert(number);
  }
}

/** The vector with each axis converted; what is no number stays as it is, to be refused as it came. */
function eachAxis(value: unknown, convert: (value: number) => number): unknown {
  if (!isObject(value)) return value;
  const [x, y, z] = [value.x, value.y, value.z].map((axis) => (typeof axis === 'number' ? convert(axis) : axis));
  return { x, y, z };
}

/** Rounds away what multiplying by a decimal factor adds: 7258.589 Wh are 7.258589 kWh. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

export type Path = readonly (string | number)[];

const STEP = /^(?:\.?([^.[\]'"$]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\])/;

/** Reads a path such as `ENERGY.Power`, `$.a[0].b` or `a['b c']`. @throws Error when it is not one */
export function parsePath(path: string): Path {
  const steps: (string | number)[] = [];
  let rest = path.trim().replace(/^\$/, '');
  while (rest !== '') {
    const match = STEP.exec(rest);
    if (!match || steps.length > 32)
      throw new Error(`"${path.slice(0, 60)}" is no path: use one like ENERGY.Power or $.a[0].b`);
    steps.push(match[2] === undefined ? ((match[1] ?? match[3] ?? match[4]) as string) : Number(match[2]));
    rest = rest.slice(match[0].length);
  }
  return steps;
}

/** What stands at the path; undefined when there is nothing. Only own properties count. */
export function lookUp(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as JsonObject)[step];
  }
  return at;
}
