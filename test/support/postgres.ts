import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from './node-red.js';

const PASSWORD = 'never-in-a-log-7';
const NAME = 'kindred';

/** Where PostgreSQL's programs are: Debian keeps each version by itself, and puts none of its servers on the PATH. */
function programs(): string | undefined {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...found.map((version) => join(versions, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** Why PostgreSQL cannot be started here, or undefined when it can. */
export function whyNoPostgres(): string | undefined {
  return programs() ? undefined : 'PostgreSQL is not installed (apt-get install postgresql)';
}

/** PostgreSQL refuses to run as root: then it runs as one of these. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, name], { stdio: 'pipe' })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // Not on this machine: the next one.
    }
  }
  throw new Error('there is no user postgres or nobody to run PostgreSQL as');
}

/** One PostgreSQL server of a test's own: in a temporary folder, on a free port of the loopback. */
export class PostgresServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly bin: string,
    readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /**
   * @param settings such as `fsync=off`
   * @throws Error when it does not start
   */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const bin = programs() as string;
    const folder = ownFolder();
    const password = join(folder, 'password');
    writeFileSync(password, `${PASSWORD}\n`, { mode: 0o644 });
    const server = new PostgresServer(bin, folder, await freePort(), settings);
    const options = ['-D', join(folder, 'data'), '-U', NAME, `--pwfile=${password}`, '-A', 'scram-sha-256'];
    execFileSync(join(bin, 'initdb'), [...options, '-E', 'UTF8', '--locale=C', '-N'], {
      ...ordinaryUser(),
      cwd: folder,
      stdio: 'pipe',
    });
    await server.resume();
    await server.query(`CREATE DATABASE ${NAME}`, 'postgres');
    return server;
  }

  /** A standby that follows `primary`, under a name that the primary may wait for. */
  static async follow(
    primary: PostgresServer,
    name: string,
    settings: readonly string[] = [],
  ): Promise<PostgresServer> {
    const folder = ownFolder();
    const standby = new PostgresServer(primary.bin, folder, await freePort(), settings);
    const from = `host=127.0.0.1 port=${primary.port} user=${NAME} password=${PASSWORD} application_name=${name}`;
    const options = ['-D', join(folder, 'data'), '-d', from, '-X', 'stream', '-c', 'fast'];
    execFileSync(join(primary.bin, 'pg_basebackup'), options, { ...ordinaryUser(), cwd: folder, stdio: 'pipe' });
    writeFileSync(join(folder, 'data', 'standby.signal'), '');
    writeFileSync(join(folder, 'data', 'postgresql.auto.conf'), `primary_conninfo = '${from}'\n`);
    await standby.resume();
    return standby;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  /** The address of a store in a schema of its own. */
  address(schema = NAME, host = `127.0.0.1:${this.port}`): string {
    return `postgres://${NAME}:${PASSWORD}@${host}/${NAME}?schema=${schema}`;
  }

  static readonly password = PASSWORD;

  /** Starts it, also again. */
  async resume(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `port=${this.port}`, `unix_socket_directories=${this.folder}`];
    const common = ['max_connections=200', 'shared_buffers=64MB', 'wal_level=replica', 'max_wal_senders=4'];
    const args = [...settings, ...common, ...this.settings].flatMap((setting) => ['-c', setting]);
    let log = '';
    const child = spawn(join(this.bin, 'postgres'), ['-D', join(this.folder, 'data'), ...args], {
      ...ordinaryUser(),
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => (log = `${log}${chunk}`.slice(-4000)));
    this.#process = child;
    for (let waited = 0; ; waited += 50) {
      if (child.exitCode !== null || waited > 60_000) throw new Error(`PostgreSQL did not start: ${log}`);
      const isThere = await this.query('SELECT 1', 'postgres').then(
        () => true,
        () => false,
      );
      if (isThere) return;
      await wait(50);
    }
  }

  async query<T>(sql: string, database = NAME): Promise<T[]> {
    const client = new Client({ host: '127.0.0.1', port: this.port, user: NAME, password: PASSWORD, database });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote(true, 60)', 'postgres');
  }

  /** Ends the server and everything it has started, as a power cut would. */
  async crash(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const left = once(child, 'exit');
    for (const pid of [...processesOf(child.pid as number), child.pid as number]) signal(pid, 'SIGKILL');
    await left;
  }

  /** Stops a server and everything it has started in their tracks, or lets them go on. */
  stall(isStalled: boolean): void {
    const pids = [this.pid, ...processesOf(this.pid)];
    for (const pid of pids) signal(pid, isStalled ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const left = once(child, 'exit');
      // Fast: whoever is connected is cut off.
      child.kill('SIGINT');
      await left;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-postgres-'));
  const user = ordinaryUser();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

function processesOf(parent: number): number[] {
  try {
    const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { stdio: 'pipe' });
    return listed.toString().trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

let shared: Promise<PostgresServer> | undefined;

/** One server for all suites of a run, which have a schema of their own each. Not sure of power cuts, and quick. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= PostgresServer.start(['fsync=off', 'full_page_writes=off']);
  return shared;
}

let schemas = 0;

/** A schema that nobody else of this run has. */
export function newSchema(): string {
  return `test_${process.pid}_${schemas++}`;
}

/** Ends the shared server, when there is one. */
export async function endSharedPostgres(): Promise<void> {
  const server = await shared?.catch(() => undefined);
  shared = undefined;
  await server?.stop();
}
