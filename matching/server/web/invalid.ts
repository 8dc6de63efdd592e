import type { FastifyError } from 'fastify';

/** What a validator says of the first thing that is not as the schema wants it; ajv is `verbose`, so its schema is there. */
interface Invalid {
  instancePath?: string;
  keyword?: string;
  params?: Record<string, unknown>;
  parentSchema?: { properties?: object; description?: string };
}

/** A name that somebody sent, and that can be shown: no control characters, nothing that turns a line around. */
const SHOWABLE = /^[ -~]{1,40}$/;

/** Of what a validator says in its own words, so much is passed on (characters). */
const LONGEST = 200;

const PLACES: Record<string, string> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the address',
  headers: 'the headers',
};

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
  null: 'null',
};

/** What is wrong with a request, and what would be right. */
export function invalidText({ validation, validationContext, message }: FastifyError): string {
  const [first] = (validation ?? []) as Invalid[];
  const place = PLACES[validationContext ?? ''] ?? 'the request';
  const text = first && sentenceOf(first, place);
  return text ?? message.slice(0, LONGEST);
}

function sentenceOf({ instancePath = '', keyword = '', params = {}, parentSchema = {} }: Invalid, place: string) {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const what = SHOWABLE.test(path) ? `"${path}"` : place;
  const whole = what === place ? place : `${what} in ${place}`;
  const { description } = parentSchema;
  const limit = String(params.limit);
  switch (keyword) {
    case 'required':
      return `"${params.missingProperty}" is missing in ${whole}`;
    case 'additionalProperties':
      return unknownIn(whole, String(params.additionalProperty), parentSchema.properties);
    case 'type':
      return `${what} must be ${[params.type].flat().map(typeText).join(' or ')}`;
    case 'enum':
      return `${what} must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'pattern':
      return `${what} is not well formed${description ? ` (${description})` : ''}`;
    case 'minLength':
      return `${what} is too short: it must have at least ${limit} character${limit === '1' ? '' : 's'}`;
    case 'maxLength':
      return `${what} is too long: it can have at most ${limit} characters`;
    case 'minimum':
      return `${what} must be at least ${limit}`;
    case 'maximum':
      return `${what} must be at most ${limit}`;
    case 'minItems':
      return `${what} is too short a list: it must have at least ${limit}`;
    case 'maxItems':
      return `${what} is too long a list: it can have at most ${limit}`;
    case 'minProperties':
      return `${whole} must have at least ${limit} of ${namesIn(parentSchema.properties)}`;
    case 'maxProperties':
      return `${whole} can have at most ${limit} of ${namesIn(parentSchema.properties)}`;
    default:
      return undefined;
  }
}

function typeText(type: unknown): string {
  return TYPES[String(type)] ?? String(type);
}

function unknownIn(where: string, name: string, possible: object | undefined): string {
  const known = possible ? `: it can have ${namesIn(possible)}` : '';
  return SHOWABLE.test(name)
    ? `"${name}" is not known in ${where}${known}`
    : `Something in ${where} is not known${known}`;
}

function namesIn(properties: object | undefined): string {
  return Object.keys(properties ?? {}).join(', ') || 'what is possible there';
}
