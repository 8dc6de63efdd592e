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

// No @ in the database: there it is what follows a password with a slash in it, which would be shown.
const FORM = /^\/\/(?:([^@/]*)@)?([^/?@]*)(?:\/([^?@]*))?(?:\?(.*))?$/s;
/** Where the password goes, for whoever gave an address that is none: in an address, others on the machine can see it. */
export const PASSWORD_ELSEWHERE = 'a password is taken from PGPASSWORD or ~/.pgpass';

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
    throw new StoreFailure(`A PostgreSQL store is given as postgres://USER@HOST:PORT/DATABASE; ${PASSWORD_ELSEWHERE}`);
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
