import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { StoreFailure } from '../store.js';
import type { Address } from './address.js';
import { cancel } from './cancel.js';

/** Connections of one process at most. */
const MOST_CONNECTIONS = 16;
const CONNECT_MS = 5000;
/** One that nobody needs for so long is closed. A new one has to prepare its statements anew. */
const IDLE_MS = 5 * 60_000;
/**
 * An answer that takes longer than this is not waited for, and its connection is given up. Asked of the client, and not of the
 * server: PostgreSQL's own statement_timeout would end a COMMIT's wait for its synchronous standby and call it done, and the
 * client would believe it.
 */
export const ANSWER_MS = 15_000;

type Driver = typeof import('pg');

/** The servers of one store: connections go to the one that takes writes. */
export class Servers {
  readonly #pools: Pool[];
  #current = 0;

  constructor(driver: Driver, { servers, schema }: Address, connections = MOST_CONNECTIONS) {
    // Keys and times are whole numbers far below 2 ** 53.
    const numbers = new driver.TypeOverrides();
    numbers.setTypeParser(driver.types.builtins.INT8, Number);
    const listOfText = driver.types.getTypeParser(INT8_ARRAY as never) as (text: string) => string[];
    numbers.setTypeParser(INT8_ARRAY as never, (text: string) => listOfText(text).map(Number));
    this.#pools = servers.map((connectionString) => {
      const options = {
        ...{ connectionString, max: connections, connectionTimeoutMillis: CONNECT_MS, idleTimeoutMillis: IDLE_MS },
        ...{ keepAlive: true, application_name: 'kindred-endpoint', types: numbers },
        verify: (client: PoolClient, done: (error?: Error) => void) =>
          void prove(client, schema).then(() => done(), done),
      };
      const pool = new driver.Pool(options);
      // A connection breaks while nobody uses it, and whoever comes next gets another one; or between two statements, and the
      // next one says so. Without a listener either would end the process.
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      return pool;
    });
  }

  /** A connection to the primary. Give it back with `release`, and with `release(true)` when it is of no more use. */
  async connect(): Promise<PoolClient> {
    let problem: unknown;
    for (const _ of this.#pools) {
      const at = this.#current;
      try {
        return await (this.#pools[at] as Pool).connect();
      } catch (error) {
        problem = error;
        if (this.#current === at) this.#current = (at + 1) % this.#pools.length;
      }
    }
    throw problem;
  }

  async end(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}

/**
 * Asks one thing of a server. Not with the driver's own promise and time-out: their closures keep answers alive until the
 * whole heap is collected, and that took longer than a search (pg 8.23 on Node 24; decision 0018).
 * @throws Error as the driver does, or "Query read timeout"; then the connection is to be given up
 */
export function ask<Row extends QueryResultRow>(
  client: PoolClient,
  query: string | QueryConfig,
  answerMs = ANSWER_MS,
): Promise<QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      reject(new Error('Query read timeout'));
      cancel(client);
    };
    const timer = answerMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(late, answerMs);
    try {
      void client.query<Row>(query as QueryConfig, (error, result) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(result);
      });
    } catch (error) {
      clearTimeout(timer);
      reject(error);
    }
  });
}

/** OID of `bigint[]` (PostgreSQL, pg_type.dat). */
const INT8_ARRAY = 1016;

/**
 * Every statement looks things up one by one in their indexes, whatever its values are. So one plan does for all of them:
 * planning a search takes longer than it does. And no plan reads a whole table, as those do that were made while it was small.
 */
const SETTINGS = {
  ...{ plan_cache_mode: 'force_generic_plan', jit: 'off' },
  ...{ enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' },
};

/** Looks whether a new connection is of use, shows it where everything is, and how to go about it as far as it can be told. */
async function prove(client: PoolClient, schema: string): Promise<void> {
  const text = `SELECT pg_is_in_recovery() AS standby, set_config('search_path', $1, false),
    ARRAY(SELECT set_config(v.name, v.value, false) FROM unnest($2::text[], $3::text[]) AS v (name, value)
          JOIN pg_settings ON pg_settings.name = v.name)`;
  const values = [`"${schema}"`, Object.keys(SETTINGS), Object.values(SETTINGS)];
  const { rows } = await ask<{ standby: boolean }>(client, { text, values });
  if (rows[0]?.standby) throw new Error('the server is a standby and takes no writes');
}

/** @throws StoreFailure when it is not installed: it is needed for this store alone */
export function loadDriver(): Driver {
  try {
    return require('pg') as Driver;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new StoreFailure(
      'The PostgreSQL store needs the package pg: add it with "npm install pg" in the folder that Kindred was installed in, ' +
        'or with "npm install --global pg" where it was installed globally',
    );
  }
}
