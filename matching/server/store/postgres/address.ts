import { StoreFailure } from '../store.js';

/** Where a PostgreSQL store is: one server, or several of which one is the primary at a time. */
export interface Address {
  /** A connection string for each server, in the order in which they are tried. */
  servers: string[];
  /** The schema that holds everything. */
  schema: string;
  /** For people: without the password. */
  shown: string;
  /** Never to be shown. */
  secrets: string[];
}

const FORM = /^\/\/(?:([^@/]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

/**
 * Reads `//USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?schema=NAME`. The password may be missing: then PGPASSWORD or a
 * .pgpass file has it, as with every PostgreSQL program. Other parameters, such as `sslmode`, are the driver's.
 * @throws StoreFailure
 */
export function parseAddress(rest: string): Address {
  const [, userInfo, hosts = '', database = '', query = ''] = FORM.exec(rest) ?? [];
  const parameters = new URLSearchParams(query);
  const schema = parameters.get('schema') ?? 'kindred';
  parameters.delete('schema');
  if (!FORM.test(rest) || (hosts === '' && !parameters.has('host')) || database === '') {
    throw new StoreFailure('A PostgreSQL store is given as postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new StoreFailure('The schema of a PostgreSQL store must be small letters, digits and underscores');
  }
  const [user = '', ...rests] = (userInfo ?? '').split(':');
  const password = rests.join(':');
  const name = user === '' ? '' : `${user}@`;
  const end = parameters.size > 0 ? `?${parameters}` : '';
  return {
    servers: hosts
      .split(',')
      .map((host) => `postgres://${userInfo === undefined ? '' : `${userInfo}@`}${host}/${database}${end}`),
    schema,
    shown: `postgres://${name}${hosts}/${database}`,
    secrets: [password, decoded(password), parameters.get('password') ?? ''].filter((secret) => secret !== ''),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
