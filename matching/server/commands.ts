import { readArguments } from './arguments.js';
import { readWithdrawals } from './audit-reading.js';
import { StoreFailure } from './store/index.js';
import { backUp } from './store/sqlite/backup.js';
import { type Contents, checkStore } from './store/sqlite/copy.js';
import { storeItself } from './store/sqlite/file.js';
import { restore } from './store/sqlite/restore.js';
import { type Withdrawn, withdrawAgain, withdrawAsTold } from './store/sqlite/withdrawn.js';

interface Command {
  help: string;
  /** Its options beside --store and --help. */
  options: Record<string, { type: 'string' | 'boolean' }>;
  /** Those that must be given. */
  needed: string[];
  run(file: string, given: Record<string, string | boolean | undefined>): string;
}

const backup: Command = {
  help: `kindred-endpoint backup --store sqlite:FILE --to FILE [--overwrite]

Writes a backup of the store while the endpoint runs: everything it had answered before this command began is in it.
The backup is checked and on disk when the command ends with 0; before that there is no file of that name. Nobody may
read it who may not read the store.

  --store sqlite:FILE   the store
  --to FILE             the backup: a name that is not taken yet
  --overwrite           replace the file, if there is one

A backup holds everything that the store holds, people who leave later among it: keep backups as safe as the store, and
no longer than you need them.
`,
  options: { to: { type: 'string' }, overwrite: { type: 'boolean' } },
  needed: ['to'],
  run(file, { to, overwrite }) {
    const contents = backUp(file, String(to), { overwrite: overwrite === true });
    return `Backup of ${file} at ${String(to)}: ${inWords(contents)}. It is checked, and on disk.`;
  },
};

const restoring: Command = {
  help: `kindred-endpoint restore --from FILE --store sqlite:FILE

Puts a backup in the place of the store, of which no endpoint may be running. The backup is checked first; the store that
was there is kept beside it.

  --from FILE           the backup
  --store sqlite:FILE   the store

What happened after the backup is not in it: activities, friends and blocks of that time are missing, tokens that were
renewed are the old ones again, and people who have left are back, as are activities that were discarded. It says how much
was taken back, where the store that was there is whole; "kindred-endpoint withdraw" then takes it back again.
`,
  options: { from: { type: 'string' } },
  needed: ['from'],
  run(file, { from }) {
    const { aside, withdrawn, ...contents } = restore(String(from), file);
    return [
      `Restored ${file} from ${String(from)}: ${inWords(contents)}`,
      aside ? `The store that was there is kept as ${aside}` : 'There was no store there before',
      ...(aside && withdrawn ? takenBack(withdrawn, file, ['--from', String(from), '--as-in', aside]) : unknown(file)),
    ].join('\n');
  },
};

const withdraw: Command = {
  help: `kindred-endpoint withdraw --store sqlite:FILE --from FILE --as-in FILE
kindred-endpoint withdraw --store sqlite:FILE --audit-log FILE

After a restore: does again what people have done for themselves since the backup was made, as the store that was there
knows it. Deletes who has left, with every trace, hides who has made themselves invisible, takes cells away, sets blocks,
ends friendships, discards activities, and renews tokens. No endpoint may be running. Run it before one is started: until
then, whoever had left can be found again. It does as well afterwards, and then leaves alone the tokens and friendships that
are newer than the restore.

  --store sqlite:FILE   the restored store
  --from FILE           the backup that it was restored from
  --as-in FILE          the store that was there; restore says where it is kept. It must be whole
  --audit-log FILE      where that store is damaged or lost: the audit log since the backup, which knows who has left and
                        who has hidden, and no more

Whoever was in the backup and is not in the other store counts as somebody who has left: name the store that came after the
backup, and no other. Whoever has joined since the restore stays. The other store is only read; delete it when you are sure
that you do not need it any more.
`,
  options: { from: { type: 'string' }, 'as-in': { type: 'string' }, 'audit-log': { type: 'string' } },
  needed: [],
  run(file, { from, 'as-in': later, 'audit-log': log }) {
    if (!from !== !later || !later === !log) {
      throw new Error('give --from and --as-in, or --audit-log alone; kindred-endpoint withdraw --help says more');
    }
    if (!later) return againAsTold(file, String(log));
    const done = linesOf(withdrawAgain({ restored: file, backup: String(from), later: String(later) }), 'again');
    const first =
      done.length > 0
        ? `Done again in ${file}:`
        : `There was nothing to do again in ${file}: what people took back since the backup was made is taken back there`;
    return [first, ...done, 'Start the endpoint again'].join('\n');
  },
};

const check: Command = {
  help: `kindred-endpoint check --store sqlite:FILE

Reads the whole store, or a backup, and says whether anything in it is damaged. The endpoint may run meanwhile.

  --store sqlite:FILE   the store
`,
  options: {},
  needed: [],
  run: (file) => `${file} is whole: ${inWords(checkStore(file))}.`,
};

const COMMANDS: Record<string, Command> = { backup, restore: restoring, withdraw, check };

/**
 * Carries out `kindred-endpoint backup`, `restore`, `withdraw` or `check`.
 * @returns what was done, in words for an operator
 * @throws Error that says what to do
 */
export function runCommand([word = '', ...args]: string[]): string {
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (!command)
    throw new Error(`there is no command "${word}": it must be ${Object.keys(COMMANDS).join(', ')}, import, or none`);
  const values = readArguments(`kindred-endpoint ${word}`, args, {
    ...{ store: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    ...command.options,
  });
  if (values.help) return command.help.trimEnd();
  const missing = ['store', ...command.needed].find((name) => !values[name as keyof typeof values]);
  if (missing) throw new Error(`--${missing} is missing; kindred-endpoint ${word} --help says more`);
  return command.run(fileOf(String(values.store)), values);
}

function fileOf(address: string): string {
  const [, file] = /^sqlite:(.+)$/s.exec(address) ?? [];
  if (file) return storeItself(file);
  if (/^postgres(ql)?:/.test(address)) {
    throw new StoreFailure('A store in PostgreSQL is backed up with its own tools: pg_dump, or pg_basebackup');
  }
  throw new StoreFailure('The store must be given as sqlite:FILE, such as sqlite:kindred.sqlite');
}

/** What a restore brings back that was taken back, and what to do about it: nobody else will notice. */
function takenBack(withdrawn: Withdrawn, file: string, known: string[]): string[] {
  const undone = linesOf(withdrawn, 'since');
  if (undone.length === 0)
    return ['Nobody had taken anything back since the backup was made', 'Start the endpoint again'];
  return [
    'Since the backup was made, and undone by the restore:',
    ...undone,
    'To do it again, which you may owe them:',
    `  ${withdrawOf(file, ...known)}`,
    'Then start the endpoint again',
  ];
}

/** The same, where the store that was there cannot say what it was. */
function unknown(file: string): string[] {
  return [
    'Whoever has left or hidden since the backup was made is back, and so is what they discarded; who was blocked is not any more',
    'Nothing here knows who: tell your users, so that they can do it again',
    'Where there is an audit log, it knows who has left or hidden:',
    `  ${withdrawOf(file, '--audit-log', 'FILE')}`,
    'Then start the endpoint again',
  ];
}

/** Takes back what an audit log tells of, and says what it cannot tell. */
function againAsTold(file: string, log: string): string {
  const { toldOf, unread, lost } = readWithdrawals(log);
  const done = linesOf(withdrawAsTold(file, toldOf), 'again');
  const missing = [
    ...(unread > 0 ? [`${counted(unread, ['line', 'lines'])} of it could not be read`] : []),
    ...(lost > 0 ? [`${counted(lost, ['line was', 'lines were'])} never written into it, as it says itself`] : []),
  ];
  return [
    done.length > 0
      ? `Done again in ${file}, as far as ${log} tells it:`
      : `As far as ${log} tells it, nobody in ${file} has left or hidden`,
    ...done,
    ...missing,
    'Blocks, cells, friendships and discarded activities are as in the backup: tell your users',
    'Start the endpoint again',
  ].join('\n');
}

/** As a shell takes it, whatever the files are called. */
function withdrawOf(file: string, ...options: string[]): string {
  const words = ['kindred-endpoint', 'withdraw', '--store', `sqlite:${file}`, ...options];
  return words.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

type OneOrMany = [one: string, many: string];

/** Of each kind, what had happened since the backup, and what is done to have it so again. */
const KINDS: Record<keyof Withdrawn, { since: OneOrMany; again: OneOrMany }> = {
  left: {
    since: ['person left', 'people left'],
    again: ['person who had left is deleted', 'people who had left are deleted'],
  },
  hidden: {
    since: ['person hid', 'people hid'],
    again: ['person who had hidden is hidden', 'people who had hidden are hidden'],
  },
  cells: {
    since: ['person took their cell away', 'people took their cells away'],
    again: ['cell is taken away', 'cells are taken away'],
  },
  blocks: { since: ['block was set', 'blocks were set'], again: ['block is set', 'blocks are set'] },
  friendships: {
    since: ['friendship was ended', 'friendships were ended'],
    again: ['friendship is ended', 'friendships are ended'],
  },
  activities: {
    since: ['activity was discarded', 'activities were discarded'],
    again: ['activity is discarded', 'activities are discarded'],
  },
  tokens: { since: ['token was renewed', 'tokens were renewed'], again: ['token is renewed', 'tokens are renewed'] },
};

/** A line for each kind of which there was any. */
function linesOf(withdrawn: Withdrawn, when: 'since' | 'again'): string[] {
  const kinds = Object.entries(KINDS) as [keyof Withdrawn, (typeof KINDS)['left']][];
  return kinds
    .filter(([kind]) => withdrawn[kind] > 0)
    .map(([kind, { [when]: words }]) => `  ${counted(withdrawn[kind], words)}`);
}

function counted(count: number, [one, many]: OneOrMany): string {
  return `${count} ${count === 1 ? one : many}`;
}

function inWords({ users, activities, bytes, newest }: Contents): string {
  const size = bytes < 10_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
  const until = newest === undefined ? '' : `, the newest of ${new Date(newest).toISOString()}`;
  return `${counted(users, ['user', 'users'])}, ${counted(activities, ['activity', 'activities'])}${until}, ${size}`;
}
