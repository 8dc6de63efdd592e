#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Complaints } from './complaints.js';
import type { EndpointEvent, EndpointOptions, Registration } from './options.js';

const HELP = `kindred-endpoint: finds the people who are doing the same thing at the same time

  --port PORT                    where to listen; 0 takes a free one        (8080)
  --host HOST                    the address to listen on                   (127.0.0.1)
  --store sqlite:FILE            where everything is kept                   (sqlite:kindred.sqlite)
  --registration open|invitation|closed
                                 who may join                               (open)
  --prefix PATH                  the path everything is under, such as /kindred
  --retention-days DAYS          after how long activities are forgotten    (365)
  --activities NAME,NAME         activities that may be matched beside the known ones
  --calls-per-minute N           how often one user may ask; 0 for no limit (300)
  --joins-per-hour N             how many may join from one address; 0 ...  (60)
  --behind-proxy                 take callers' addresses from a reverse proxy's X-Forwarded-For; only with one in front
  --help, --version

  kindred-endpoint backup --store sqlite:FILE --to FILE      copies the store while the endpoint runs
  kindred-endpoint restore --from FILE --store sqlite:FILE   puts a copy in its place; keeps what was there
  kindred-endpoint check --store sqlite:FILE                 says whether anything in it is damaged

For registration by invitation set KINDRED_INVITATION to a secret of 16 characters or more, and give it to whom you invite.
Listens without TLS: put a reverse proxy with a certificate in front before you leave your own network.
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
  'behind-proxy': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const;

interface Settings {
  port: number;
  host: string;
  endpoint: EndpointOptions;
}

async function main(): Promise<void> {
  if (!(process.argv[2] ?? '-').startsWith('-')) return await command(process.argv.slice(2));
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  if (values.help) return void process.stdout.write(HELP);
  if (values.version) return void console.log(versionOfPackage());
  checkNode();
  const settings = settingsOf(values);
  // Loaded only now, so that an old Node gets the message above and not a stack of its own.
  const { assemble } = await import('./open.js');
  const { app, store, close } = await assemble({ ...settings.endpoint, onEvent: report });
  stopOnSignal(close);
  void store.ended.then(({ message }) => {
    console.error(`kindred-endpoint: ${message}. It ends here, so that whatever supervises it starts it again.`);
    process.exit(1);
  });
  try {
    const address = await app.listen({ port: settings.port, host: settings.host });
    console.log(
      `Kindred endpoint at ${address}${settings.endpoint.prefix ?? ''}, everything in ${settings.endpoint.store}`,
    );
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

function settingsOf(values: { [Name in keyof typeof OPTIONS]?: string | boolean }): Settings {
  const port = numberOf(values.port, '--port', 0, 65_535);
  const registration = values.registration as Registration;
  if (!['open', 'invitation', 'closed'].includes(registration)) {
    throw new Error('--registration must be open, invitation or closed');
  }
  const invitation = process.env.KINDRED_INVITATION;
  if (registration === 'invitation' && !invitation) {
    throw new Error('for registration by invitation set KINDRED_INVITATION to a secret of 16 characters or more');
  }
  return {
    port,
    host: String(values.host),
    endpoint: {
      store: String(values.store),
      prefix: String(values.prefix).replace(/\/+$/, ''),
      registration,
      retentionDays: numberOf(values['retention-days'], '--retention-days', 2, 36_500),
      extraActivities: String(values.activities).split(',').filter(Boolean),
      limits: {
        callsPerMinute: numberOf(values['calls-per-minute'], '--calls-per-minute', 0, 1_000_000),
        joinsPerHour: numberOf(values['joins-per-hour'], '--joins-per-hour', 0, 1_000_000),
      },
      behindProxy: values['behind-proxy'] === true,
      ...(invitation ? { invitation } : {}),
    },
  };
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
          console.error(`kindred-endpoint: ${error.message}`);
          process.exit(1);
        },
      );
    });
  }
}

const complaints = new Complaints((line) => console.error(`kindred-endpoint: ${line}`));

function report(event: EndpointEvent): void {
  if (event.event === 'failed') complaints.failed(event.problem);
  if (event.event === 'published' || event.event === 'joined') complaints.succeeded();
}

function explainListening(error: NodeJS.ErrnoException, { port, host }: Settings): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') return new Error(`${where} is taken by another program: choose another --port`);
  if (error.code === 'EACCES') return new Error(`${where} may not be used by you: choose a --port above 1023`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new Error(`${host} is no address of this machine: choose another --host`);
  }
  return error;
}

main().catch((error: Error) => {
  console.error(`kindred-endpoint: ${error.message}`);
  process.exitCode = 1;
});
