import {
  bareValue,
  expectedOf,
  isParameterName,
  isParameterValue,
  isUnknown,
  PARAMETERS,
  type ParameterValues,
} from './parameter.js';

/** Which thing a reading came from. */
export interface Appliance {
  /** Stable within one hub; for example the id of the node that reads it. */
  id: string;
  /** What its owner calls it. */
  name: string;
  /** What the bytes or topics of this product mean, for example `tasmota`. */
  profile: string;
}

/** What an appliance said at one moment. */
export interface Reading {
  appliance: Appliance;
  /** ISO 8601, UTC. */
  at: string;
  parameters: ParameterValues;
  /** A broker's stored copy: true of the past, and perhaps of last week. */
  retained?: boolean;
  /** Which play of a recording it is of: each has a time line of its own, which may be dated before what came earlier. */
  play?: string;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; problem: string };

const MAX_TEXT = 200;
/** As milliseconds these are days of 1970 to 1973; as seconds, 1973 to 5138. */
const SECONDS = { from: 1e8, to: 1e11 };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As `toISOString` writes it, of a day that every month has: nothing to convert, which readings by the thousand notice. */
const INSTANT = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The time as an ISO 8601 UTC text, or undefined when it is no time. Takes an ISO text, epoch milliseconds or a Date. */
export function toInstant(value: unknown): string | undefined {
  if (typeof value === 'string' && INSTANT.test(value)) return value;
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Date)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** True for a time that was given in seconds, most likely, where milliseconds are meant. */
export function looksLikeSeconds(value: unknown): boolean {
  return typeof value === 'number' && value > SECONDS.from && value < SECONDS.to;
}

/**
 * Checks something from outside and returns it as a reading with only what a reading has.
 * The problem says what was wrong and what is expected, in one sentence.
 */
export function parseReading(input: unknown): Parsed<Reading> {
  if (!isRecord(input)) return no(`a reading is an object { appliance, at, parameters }, not ${describe(input)}`);
  const { appliance, at, parameters } = input;
  if (!isRecord(appliance) || !isLabel(appliance.id)) {
    return no('the reading has no appliance.id: say which appliance it came from');
  }
  const instant = toInstant(at);
  if (!instant) return no(`the reading's time "at" is ${describe(at)}: use ISO 8601, such as 2026-11-22T08:41:07Z`);
  if (looksLikeSeconds(at)) {
    return no(`the reading's time "at" is ${at}, which looks like seconds: use epoch milliseconds or ISO 8601`);
  }
  if (!isRecord(parameters)) return no('the reading has no parameters: use an object such as { "power": 1412 }');
  const kept = pickParameters(parameters);
  if (!kept.ok) return kept;
  return {
    ok: true,
    value: {
      appliance: {
        id: appliance.id,
        name: isLabel(appliance.name) ? appliance.name : appliance.id,
        profile: isLabel(appliance.profile) ? appliance.profile : 'json',
      },
      at: instant,
      parameters: kept.value,
      ...(input.retained === true ? { retained: true } : {}),
      ...(isLabel(input.play) ? { play: input.play } : {}),
    },
  };
}

/** Keeps the parameters that Kindred knows. A known name with a wrong value is a problem; what is not known is left out. */
function pickParameters(parameters: Record<string, unknown>): Parsed<ParameterValues> {
  const kept: Record<string, unknown> = {};
  let isEmpty = true;
  for (const name of Object.keys(parameters)) {
    if (!isParameterName(name)) continue;
    const value = parameters[name];
    isEmpty = false;
    if (isUnknown(name, value)) continue;
    if (!isParameterValue(name, value)) {
      return no(`${name} is ${describe(value)}: it must be ${expectedOf(name)}`);
    }
    kept[name] = bareValue(value);
  }
  if (isEmpty) {
    return no(`none of the parameters is known: known are ${Object.keys(PARAMETERS).join(', ')}`);
  }
  return { ok: true, value: kept as ParameterValues };
}

/** A short, safe description of a value for an error message: never the whole of something large. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return value.length > 40 ? `a text of ${value.length} characters` : `"${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (Buffer.isBuffer(value)) return `a buffer of ${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return `a value of type ${typeof value}`;
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT;
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
