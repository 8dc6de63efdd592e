import fc from 'fast-check';
import type { Random } from './random.js';

export type Json = Record<string, unknown>;

/** Values that have broken parsers, validators and databases before. */
const ODD: readonly unknown[] = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udfff\ud800',
    '\u202eevil',
    '__proto__',
    'constructor',
    'null',
    '%00',
    '../..',
  ],
  ...["' OR 1=1 --", '"); DROP TABLE user; --', '{{7*7}}', '<script>', '\r\nset-cookie: a=b', 'Infinity', '-0'],
  ...['9999-99-99T99:99:99Z', '0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '+275760-09-13T00:00:00Z'],
  ...['86fffffffffffff', '8f1fb46622d8591', '018f2f6e-7a1b-7c3d-9e4f-0123456789ab', 'x'.repeat(5000)],
  ...[0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, 0.1, true, false, null],
  ...[[], {}, [[]], [null], { __proto__: { x: 1 } }, { constructor: { prototype: {} } }, { toString: 1, valueOf: 2 }],
];
/** Examples that are made of one pattern, and strings that are remembered for it. */
const EXAMPLES = 100;
const REMEMBERED = 200;

/**
 * Makes values from JSON Schemas: mostly as they ask for, now and then with something odd in it. Strings that were seen
 * before, in answers say, are used again where their pattern allows it, so that ids lead on from one call to the next.
 */
export class SchemaValues {
  readonly #made = new Map<string, string[]>();
  readonly #seen = new Map<string, { expression: RegExp; texts: string[] }>();
  readonly #all: string[] = [];

  /**
   * @param components what `$ref` refers to
   * @param odds how often a value is odd, at each place of it
   * @param hints values that make sense under a name, where the schema knows only their pattern
   */
  constructor(
    private readonly random: Random,
    private readonly components: Json,
    private readonly odds: number,
    private readonly hints: Record<string, readonly unknown[]>,
  ) {}

  /** Remembers strings of a value, to use them again. */
  learn(value: unknown): void {
    if (typeof value === 'string') this.#remember(value);
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) this.learn(one);
  }

  odd(): unknown {
    const { random } = this;
    if (random.chance(0.1)) return this.#nested(random.between(1, 400));
    return random.pick(ODD);
  }

  /** @param name what the value is called, where it has a name */
  of(given: unknown, name = ''): unknown {
    const { random } = this;
    const schema = this.#resolve(given);
    if (random.chance(this.odds)) return this.odd();
    const hints = Object.hasOwn(this.hints, name) ? this.hints[name] : undefined;
    if (hints && random.chance(0.8)) return random.pick(hints);
    if ('const' in schema) return schema.const;
    const options = (schema.oneOf ?? schema.anyOf ?? schema.enum) as unknown[] | undefined;
    if (schema.enum) return random.pick(options as unknown[]);
    if (options) return this.of(random.pick(options));
    const type = Array.isArray(schema.type) ? random.pick(schema.type as unknown[]) : schema.type;
    if (type === 'object') return this.#object(schema);
    if (type === 'array') {
      const most = Math.min((schema.maxItems as number) ?? 3, random.chance(0.05) ? 300 : 3);
      return Array.from({ length: random.between((schema.minItems as number) ?? 0, most) }, () =>
        this.of(schema.items),
      );
    }
    if (type === 'integer' || type === 'number') return this.#number(schema, type);
    if (type === 'boolean') return random.chance(0.5);
    if (type === 'null') return null;
    return this.#string(schema);
  }

  #resolve(given: unknown): Json {
    const schema = (given ?? {}) as Json;
    if (typeof schema.$ref !== 'string') return schema;
    return this.components[schema.$ref.split('/').at(-1) as string] as Json;
  }

  #object({ properties = {}, required = [], additionalProperties, minProperties = 0, maxProperties = 99 }: Json): Json {
    const { random } = this;
    const names = Object.keys(properties as Json);
    const needed = new Set(required as string[]);
    const often = random.chance(0.3) ? 0 : 0.4;
    let kept = names.filter((name) => random.chance(needed.has(name) ? 0.98 : often));
    if (kept.length < (minProperties as number) && names.length > 0) kept = [random.pick(names)];
    if (kept.length > (maxProperties as number) && random.chance(0.9)) kept = kept.slice(0, maxProperties as number);
    const entries = kept.map((name) => [name, this.of((properties as Json)[name], name)]);
    if (typeof additionalProperties === 'object') {
      for (let count = random.between(0, 3); count > 0; count--) {
        entries.push([String(random.pick(this.#all) ?? 'x'), this.of(additionalProperties)]);
      }
    } else if (random.chance(this.odds)) entries.push([random.pick(['__proto__', 'constructor', 'x']), this.odd()]);
    return Object.fromEntries(entries) as Json;
  }

  #number({ minimum = -1000, maximum = 1000 }: Json, type: string): number {
    const { random } = this;
    const [low, high] = [minimum as number, maximum as number];
    if (random.chance(0.1)) return random.pick([low, high, low - 1, high + 1]);
    const upTo = Math.min(high, low + 100);
    return type === 'integer' ? random.between(low, upTo) : low + random.next() * (upTo - low);
  }

  #string({ pattern, minLength = 0, maxLength = 200 }: Json): string {
    const { random } = this;
    const seen = typeof pattern === 'string' ? this.#seenFor(pattern) : this.#all;
    if (seen.length > 0 && random.chance(0.8)) return random.pick(seen);
    const key = `${pattern} ${minLength} ${maxLength}`;
    let made = this.#made.get(key);
    if (!made) {
      made = fc.sample(stringsOf(pattern as string | undefined, minLength as number, maxLength as number), EXAMPLES);
      this.#made.set(key, made);
    }
    return random.pick(made);
  }

  #seenFor(pattern: string): string[] {
    let seen = this.#seen.get(pattern);
    if (!seen) {
      const expression = new RegExp(pattern, 'u');
      seen = { expression, texts: this.#all.filter((text) => expression.test(text)) };
      this.#seen.set(pattern, seen);
    }
    return seen.texts;
  }

  #remember(text: string): void {
    if (text.length > 100) return;
    this.#put(this.#all, text);
    for (const { expression, texts } of this.#seen.values()) if (expression.test(text)) this.#put(texts, text);
  }

  #put(into: string[], text: string): void {
    if (into.length < REMEMBERED) into.push(text);
    else into[this.random.between(0, REMEMBERED - 1)] = text;
  }

  #nested(depth: number): unknown {
    let value: unknown = 1;
    for (let count = 0; count < depth; count++) value = this.random.chance(0.5) ? [value] : { a: value };
    return value;
  }
}

function stringsOf(pattern: string | undefined, minLength: number, maxLength: number): fc.Arbitrary<string> {
  const any = fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40), unit: 'grapheme' });
  if (pattern === undefined) return any;
  const expression = new RegExp(pattern, 'u');
  try {
    return fc.stringMatching(expression);
  } catch {
    // Look-aheads are beyond it.
    return any.filter((text) => expression.test(text));
  }
}
