#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import { activitiesIn } from '../../vocabulary/index.js';
import { readArguments } from './arguments.js';
import { AuditLog } from './audit-log.js';
import { type CertificateFiles, UsedCertificate } from './certificate.js';
import { Complaints } from './complaints.js';
import { followFiles } from './follow-files.js';
import { explainListening, tryListening } from './listening.js';
import type { EndpointEvent, EndpointOptions, Limits, MetricsFor, Registration } from './options.js';
import { patiently } from './patiently.js';

const HELP = `kindred-endpoint: finds the people who are doing the same thing at the same time

  --port PORT                    where to listen; 0 takes a free one        (8080)
  --host HOST                    the address to listen on                   (127.0.0.1)
  --store sqlite:FILE|postgres://USER@HOST/DATABASE
                                 where everything is kept                   (sqlite:kindred.sqlite)
  --registration open|invitation|closed
                                 who may join                               (open)
  --prefix PATH                  the path everything is under, such as /kindred
  --retention-days DAYS          after how long activities are forgotten    (365)
  --activities NAME,NAME         activities that may be matched beside the known ones; never who is home, doors,
                                 bathrooms, sleep, health or children
  --calls-per-minute N           how often one user may ask; 0 for no limit (300)
  --joins-per-hour N             how many may join from one address; 0 ...  (60)
  --new-activities-per-day N     how many one user may begin; 0 ...         (2000)
  --mebibytes-per-day N          how much one user may publish; 0 ...       (32)
  --behind-proxy                 take callers' addresses from a reverse proxy's X-Forwarded-For; only with one in front
  --tls-cert FILE, --tls-key FILE
                                 answer with TLS: certificate and key as PEM; read again when they change, and on SIGHUP
  --metrics loopback|nobody      who may read /metrics without a token      (loopback; behind a proxy nobody)
  --audit-log FILE               where to write what matters for security, a line of JSON each; - for standard output;
                                 opened again on SIGHUP. No names, tokens, cells or activities are in it.
  --help, --version

  kindred-endpoint backup --store sqlite:FILE --to FILE      copies the store while the endpoint runs
  kindred-endpoint restore --from FILE --store sqlite:FILE   puts a copy in its place; keeps what was there
  kindred-endpoint withdraw --store sqlite:FILE --from FILE --as-in FILE
                                                             takes back again what people took back since the copy was made
  kindred-endpoint check --store sqlite:FILE                 says whether anything in it is damaged
  kindred-endpoint import --from sqlite:FILE --to postgres://USER@HOST/DATABASE
                                                             moves it into an empty PostgreSQL; reads go on all the while

For registration by invitation set KINDRED_INVITATION to a secret of 16 to 200 characters, and give it to whom you invite.
The password of a PostgreSQL store is read from PGPASSWORD, from ~/.pgpass, or from its address, which others on the machine
can see. Several endpoints can share one; its servers are HOST:PORT,HOST:PORT, of which one is the primary at a time.
With KINDRED_METRICS_TOKEN (16 to 200 letters, digits and signs, no space) /metrics is for whoever sends that as a bearer token.
Without --tls-cert it listens without TLS: put a reverse proxy with a certificate in front before you leave your own network.
How to run it safely: https://github.com/kindred-home/node-red-kindred/blob/main/docs/security.md
`;

const OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  store: { type: 'string', default: 'sqlite:kindred.sqlite' },
  registration: { type: 'string', default: 'open' },
  prefix: { type: 'string', default: '' },
  'retention-days': { type: 'string', default: '365' },
  activities: { type: 'string', default: '' },
  'calls-per-minute': { type: 'string', default: '300' },
  'joins-per-hour': { type: 'string', default: '60' },
  'new-activities-per-day': { type: 'string', default: '2000' },
  'mebibytes-per-day': { type: 'string', default: '32' },
  'behind-proxy': { type: 'boolean', default: false },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  metrics: { type: 'string' },
  'audit-log': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const;

interface Settings {
  port: number;
  host: string;
  certificate: CertificateFiles | undefined;
  auditFile: string | undefined;
  endpoint: EndpointOptions;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === 'import') return await move(args.slice(1));
  if (!(args[0] ?? '-').startsWith('-')) return await command(args);
  const values = readArguments('kindred-endpoint', args, OPTIONS);
  if (values.help) return void process.stdout.write(HELP);
  if (values.version) return void console.log(versionOfPackage());
  checkNode();
  const settings = settingsOf(values);
  const certificate = settings.certificate && new UsedCertificate(settings.certificate, complain);
  const tls = certificate?.read();
  await tryListening(settings);
  const audit = settings.auditFile === undefined ? undefined : new AuditLog(settings.auditFile, complain);
  // Loaded only now, so that an old Node gets the message above and not a stack of its own.
  const [{ assemble }, { shownAddress }] = await Promise.all([import('./open.js'), import('./store/index.js')]);
  const shown = shownAddress(settings.endpoint.store);
  const useFiles = followFiles({ certificate, audit, complain });
  const options = { ...settings.endpoint, ...(tls ? { tls } : {}), onEvent: report };
  const calledOff = new AbortController();
  const opening = patiently(
    () => assemble({ ...options, ...(audit ? { audit: (entry) => audit.write(entry) } : {}) }),
    ({ message }) => complain(`${message}. It starts as soon as that has passed`),
    calledOff.signal,
  );
  stopOnSignal(async () => {
    calledOff.abort();
    await (await opening)?.close();
    await audit?.close();
  });
  const opened = await opening;
  if (!opened || calledOff.signal.aborted) return;
  const { app, store, close } = opened;
  useFiles(app.server as unknown as TlsServer);
  void store.ended.then(({ message }) => {
    complain(`${message}. It ends here, so that whatever supervises it starts it again.`);
    process.exit(1);
  });
  try {
    const address = await app.listen({ port: settings.port, host: settings.host });
    console.log(`Kindred endpoint at ${address}${settings.endpoint.prefix ?? ''}, everything in ${shown}`);
  } catch (error) {
    await close();
    throw explainListening(error as NodeJS.ErrnoException, settings);
  }
}

async function command(args: string[]): Promise<void> {
  checkNode();
  const { runCommand } = await import('./commands.js');
  console.log(runCommand(args));
}

/** Moves a store into another engine. */
async function move(args: string[]): Promise<void> {
  checkNode();
  const options = { from: { type: 'string' }, to: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const values = readArguments('kindred-endpoint', args, options);
  if (values.help) return void process.stdout.write(HELP);
  const { markerOf, moveStore, shownAddress } = await import('./store/index.js');
  const marker = markerOf((values.from ?? '').replace(/^sqlite:/, ''));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      // Behind what takes back, as this process exits, what was asked of the endpoint that has the file.
      process.once('exit', () => complain(`broken off by ${signal}: ${afterBreakingOff(marker)}`));
      process.exit(1);
    });
  }
  const moved = await moveStore(values.from ?? '', values.to ?? '', (line) => console.log(line));
  const counts = Object.entries(moved).map(([table, count]) => `${count} ${table}`);
  console.log(`Moved to ${shownAddress(values.to ?? '')}: ${counts.join(', ')}; as many are there as were.`);
  console.log(
    `Start endpoints on it, lead the hubs to them, then stop the old one, which answers reads only. To go back to it instead: remove ${marker}`,
  );
}

function afterBreakingOff(marker: string): string {
  return existsSync(marker)
    ? `${marker} is still there, and the old endpoint answers reads only: run the same command once more`
    : 'the old endpoint goes on, and the same command begins it again';
}

function settingsOf(values: { [Name in keyof typeof OPTIONS]?: string | boolean }): Settings {
  const port = numberOf(values.port, '--port', 0, 65_535);
  const registration = values.registration as Registration;
  if (!['open', 'invitation', 'closed'].includes(registration)) {
    throw new Error('--registration must be open, invitation or closed');
  }
  const invitation = process.env.KINDRED_INVITATION;
  if (registration === 'invitation' && !invitation) {
    throw new Error('for registration by invitation set KINDRED_INVITATION to a secret of 16 to 200 characters');
  }
  const { 'tls-cert': cert, 'tls-key': key, 'audit-log': auditFile } = values as Record<string, string | undefined>;
  if ((cert === undefined) !== (key === undefined)) throw new Error('--tls-cert and --tls-key go together');
  return {
    port,
    host: String(values.host),
    certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    auditFile,
    endpoint: {
      store: String(values.store),
      prefix: String(values.prefix).replace(/\/+$/, ''),
      registration,
      retentionDays: numberOf(values['retention-days'], '--retention-days', 2, 36_500),
      extraActivities: activitiesIn(String(values.activities)),
      limits: limitsFrom(values),
      behindProxy: values['behind-proxy'] === true,
      metrics: metricsFor(values.metrics, values['behind-proxy'] === true),
      ...(invitation ? { invitation } : {}),
    },
  };
}

function limitsFrom(values: { [Name in keyof typeof OPTIONS]?: string | boolean }): Partial<Limits> {
  const limit = (name: keyof typeof OPTIONS): number => numberOf(values[name], `--${name}`, 0, 1_000_000);
  return {
    callsPerMinute: limit('calls-per-minute'),
    joinsPerHour: limit('joins-per-hour'),
    newActivitiesPerDay: limit('new-activities-per-day'),
    bytesPerDay: limit('mebibytes-per-day') * 2 ** 20,
  };
}

function metricsFor(given: unknown, behindProxy: boolean): MetricsFor {
  const token = process.env.KINDRED_METRICS_TOKEN;
  if (token) return { token };
  if (given === undefined) return behindProxy ? 'nobody' : 'loopback';
  if (given !== 'loopback' && given !== 'nobody') throw new Error('--metrics must be loopback or nobody');
  if (given === 'loopback' && behindProxy) {
    throw new Error('behind a proxy everybody comes from this machine: set KINDRED_METRICS_TOKEN for /metrics');
  }
  return given;
}

function numberOf(text: unknown, name: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(String(text)) || number < min || number > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}`);
  }
  return number;
}

function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return;
  throw new Error(`needs Node 22.13 or newer; this is ${process.version}`);
}

function versionOfPackage(): string {
  const file = join(__dirname, '..', '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The first Ctrl-C, or a manager's SIGTERM, closes cleanly; the second one ends at once. */
function stopOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      close().then(
        () => process.exit(0),
        (error: Error) => {
          complain(error.message);
          process.exit(1);
        },
      );
    });
  }
}

const complaints = new Complaints(complain);

function report(event: EndpointEvent): void {
  if (event.event === 'failed') complaints.failed(event.problem);
  if (event.event === 'warning') complain(event.problem);
  if (event.event === 'published' || event.event === 'joined') complaints.succeeded();
}

function complain(problem: string): void {
  console.error(`kindred-endpoint: ${problem}`);
}

main().catch((error: Error) => {
  complain(error.message);
  process.exitCode = 1;
});
