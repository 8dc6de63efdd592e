/** What the schemas of answers say of a value's shape. Of a word or a time it says more: that is the endpoint's to keep. */
export interface Shape {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  /** Of what stands under any other name. */
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

type Entries = Record<string, unknown>;

/**
 * What a schema knows of a value that JSON was parsed to, as a copy: an endpoint that is newer says more, and one that means
 * harm says anything, nested without end or under the name of a prototype.
 * @returns undefined when the value is not of that shape
 */
export function known(shape: Shape, value: unknown): unknown {
  const { type, items, anyOf = shape.oneOf } = shape;
  if (anyOf) return anyOf.map((one) => known(one, value)).find((taken) => taken !== undefined);
  if (type !== undefined && ![type].flat().some((one) => isOfType(one, value))) return undefined;
  if (Array.isArray(value)) return items ? knownItems(items, value) : [];
  return typeof value === 'object' && value !== null ? knownOf(shape, value as Entries) : value;
}

function knownOf({ properties = {}, required = [], additionalProperties }: Shape, value: Entries): unknown {
  if (!required.every((name) => Object.hasOwn(value, name))) return undefined;
  const other = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const entries: [name: string, taken: unknown][] = [];
  for (const name of Object.keys(value)) {
    const shape = Object.hasOwn(properties, name) ? properties[name] : other;
    if (shape && name !== '__proto__') entries.push([name, known(shape, value[name])]);
  }
  return entries.some(([, taken]) => taken === undefined) ? undefined : Object.fromEntries(entries);
}

/**
 * A list of things without those that are of a kind this client does not know, as an event of such a kind is passed over; of
 * figures all are known, for each means something by its place. A list of which nothing is known is another list.
 */
function knownItems(items: Shape, value: unknown[]): unknown {
  const taken = value.map((item) => known(items, item));
  const understood = taken.filter((item) => item !== undefined);
  const needed = items.type === 'object' ? Math.min(1, value.length) : value.length;
  return understood.length < needed ? undefined : understood;
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return type === 'number' ? Number.isFinite(value) : typeof value === type;
}
