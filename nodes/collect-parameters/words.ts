import { describe } from '../../vocabulary/index.js';
import type { Translate } from './status.js';

/** Something for a person: a key of the catalogue and what goes into the text, which may have to be translated itself. */
export interface Words {
  key: string;
  values?: Record<string, string | number | Words>;
}

/** In the language of the hub. */
export function inWords({ key, values = {} }: Words, translate: Translate): string {
  const said = Object.entries(values).map(([name, value]) => {
    return [name, typeof value === 'object' ? inWords(value, translate) : value] as const;
  });
  return translate(key, Object.fromEntries(said));
}

/** A short, safe description of a value, for any language; as `describe` has it in English. */
export function described(value: unknown): string | Words {
  if (value === undefined) return { key: 'value.missing' };
  if (typeof value === 'string' && describe(value) !== `"${value}"`) return counted('text', value);
  if (Buffer.isBuffer(value)) return counted('buffer', value);
  if (Array.isArray(value)) return counted('list', value);
  if (typeof value === 'object' && value !== null) return { key: 'value.object' };
  return describe(value);
}

function counted(what: string, { length }: { length: number }): Words {
  return { key: `value.${what}`, values: { count: length } };
}
