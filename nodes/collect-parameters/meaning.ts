import type { NodeMessage } from 'node-red';
import type { Correction } from '../../activities/index.js';
import {
  type Appliance,
  isParameterValue,
  isUnknown,
  PARAMETERS,
  type ParameterName,
  parseReading,
  type Reading,
} from '../../vocabulary/index.js';
import { isRetained } from '../shared/stored-copies.js';
import { correctionOf } from './correction.js';
import { described, type Words } from './words.js';

/** What somebody says by message about an activity. */
export type Saying =
  | { type: 'start' | 'stop' }
  | { type: 'remark'; rating?: number; drink?: string }
  | { type: 'correct'; correction: Correction };

export type Meaning = { reading: Reading } | { saying: Saying } | { problem: Words };

/** Longer text is neither a word nor a number. */
const LONGEST_TEXT = 64;
/** As many characters as an endpoint takes. */
const LONGEST_DRINK = 60;

interface Own {
  appliance: Appliance;
  parameter?: ParameterName | undefined;
}

/**
 * What a message means.
 * @param own the appliance that bare numbers come from, and the parameter that they are
 * @param now epoch milliseconds, for what has no time of its own
 */
export function meaningOf(message: NodeMessage, own: Own, now: number): Meaning {
  const meaning = meaningOfPayload(message.payload, own, now);
  // What a broker keeps comes anew at each restart: nobody says it then.
  return 'saying' in meaning && isRetained(message) ? { problem: { key: 'error.retained' } } : meaning;
}

function meaningOfPayload(payload: unknown, own: Own, now: number): Meaning {
  if (typeof payload === 'number') return bare(payload, payload, own, now);
  if (typeof payload === 'string') return text(payload, own, now);
  if (isRecord(payload) && ('rating' in payload || 'drink' in payload)) return remark(payload);
  if (isRecord(payload) && 'correction' in payload) {
    const read = correctionOf(payload.correction);
    return 'problem' in read ? read : { saying: { type: 'correct', correction: read.correction } };
  }
  const parsed = parseReading(payload);
  return parsed.ok
    ? { reading: parsed.value }
    : { problem: { key: 'error.message', values: { problem: parsed.problem } } };
}

function text(payload: string, own: Own, now: number): Meaning {
  const word = payload.length <= LONGEST_TEXT ? payload.trim() : '';
  if (word === 'start' || word === 'stop') return { saying: { type: word } };
  if (own.parameter === 'state' && word) return bare(word, payload, own, now);
  if (word === '' || !Number.isFinite(Number(word))) {
    return { problem: { key: 'error.text', values: { text: described(payload) } } };
  }
  return bare(Number(word), payload, own, now);
}

function bare(value: number | string, payload: unknown, { appliance, parameter }: Own, now: number): Meaning {
  if (!parameter) return { problem: { key: 'error.parameter', values: { value: described(payload) } } };
  const at = new Date(now).toISOString();
  // It says that it is there, and that it does not know.
  if (isUnknown(parameter, value)) return { reading: { appliance, at, parameters: {} } };
  if (!isParameterValue(parameter, value)) return noValue(parameter, payload);
  return { reading: { appliance, at, parameters: { [parameter]: value } } };
}

function noValue(parameter: ParameterName, payload: unknown): { problem: Words } {
  const values = { parameter, value: described(payload) };
  const about = PARAMETERS[parameter];
  if (about.kind !== 'number') return { problem: { key: 'error.no-number', values } };
  const { min, max, unit } = about;
  return { problem: { key: 'error.value', values: { ...values, min, max, unit } } };
}

function remark({ rating, drink }: Record<string, unknown>): Meaning {
  const stars = typeof rating === 'string' && rating.trim() !== '' ? Number(rating) : rating;
  if (rating !== undefined && !(typeof stars === 'number' && stars >= 1 && stars <= 5)) {
    return { problem: { key: 'error.rating', values: { rating: described(rating) } } };
  }
  const name = typeof drink === 'string' ? drink.trim() : '';
  if (drink !== undefined && !(name && name.length <= LONGEST_DRINK)) {
    return { problem: { key: 'error.drink', values: { drink: described(drink), most: LONGEST_DRINK } } };
  }
  const said = { ...(stars === undefined ? {} : { rating: stars as number }), ...(name ? { drink: name } : {}) };
  return { saying: { type: 'remark', ...said } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
