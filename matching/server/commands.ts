import { readArguments } from './arguments.js';
import { readWithdrawals } from './audit-reading.js';
import { StoreFailure } from './store/index.js';
import { backUp } from './store/sqlite/backup.js';
import { type Contents, checkStore } from './store/sqlite/copy.js';
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
    const before = aside ? `The store that was there is kept as ${aside}.` : 'There was no store there before.';
    const back = backAgain(withdrawn, file, aside);
    return `Restored ${file} from ${String(from)}: ${inWords(contents)}. ${before} ${back}`;
  },
};

const withdraw: Command = {
  help: `kindred-endpoint withdraw --store sqlite:FILE --as-in FILE | --audit-log FILE

After a restore: does again what people have done for themselves since the backup was made, as the store that was there
knows it. Deletes who has left, with every trace, hides who has made themselves invisible, takes cells away, sets blocks,
ends friendships, discards activities, and renews tokens. No endpoint may be running; run it before one is started.

  --store sqlite:FILE   the restored store
  --as-in FILE          the store that was there; restore says where it is kept. It must be whole
  --audit-log FILE      where that store is damaged or lost: the audit log since the backup, which knows who has left and
                        who has hidden, and no more

Whoever was in the backup and is not in the other store counts as somebody who has left: name the store that came after the
backup, and no other. Whoever has joined since the restore stays. The other store is only read; delete it when you are sure
that you do not need it any more.
`,
  options: { 'as-in': { type: 'string' }, 'audit-log': { type: 'string' } },
  needed: [],
  run(file, { 'as-in': later, 'audit-log': log }) {
    if (!later === !log)
      throw new Error('give one of --as-in and --audit-log; kindred-endpoint withdraw --help says more');
    const withdrawn = later ? withdrawAgain(file, String(later)) : withdrawAsTold(file, readWithdrawals(String(log)));
    const done = inWordsOf(withdrawn);
    return `${done === '' ? 'Nothing was to be taken back' : `Done again: ${done}`}. Start the endpoint again.`;
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
  if (file) return file;
  if (/^postgres(ql)?:/.test(address)) {
    throw new StoreFailure('A store in PostgreSQL is backed up with its own tools: pg_dump, or pg_basebackup');
  }
  throw new StoreFailure('The store must be given as sqlite:FILE, such as sqlite:kindred.sqlite');
}

/** What a restore brings back that was taken back, and what to do about it: nobody else will notice. */
function backAgain(withdrawn: Withdrawn | undefined, file: string, aside: string | undefined): string {
  if (!withdrawn || aside === undefined) {
    return (
      'Whoever has left or hidden since the backup was made is back, and so is what they discarded; who was blocked is not any ' +
      'more. Nothing here knows who: tell your users, so that they can do it again. Where there is an audit log, it knows who ' +
      `has left or hidden: kindred-endpoint withdraw --store sqlite:${file} --audit-log FILE. Then start the endpoint again.`
    );
  }
  const undone = inWordsOf(withdrawn);
  if (undone === '') return 'Nobody had taken anything back since the backup was made. Start the endpoint again.';
  return (
    `Since the backup was made ${undone}: all that is undone now. To do it again, which you may owe them: kindred-endpoint ` +
    `withdraw --store sqlite:${file} --as-in ${aside}. Then start the endpoint again.`
  );
}

function inWordsOf({ left, hidden, cells, blocks, friendships, activities, tokens }: Withdrawn): string {
  const all: [count: number, words: string][] = [
    [left, `${people(left)} had left`],
    [hidden, `${people(hidden)} had hidden`],
    [cells, `${people(cells)} had taken their cell away`],
    [blocks, `${blocks} ${blocks === 1 ? 'block was' : 'blocks were'} set`],
    [friendships, `${friendships} ${friendships === 1 ? 'friendship was' : 'friendships were'} ended`],
    [activities, `${activities} ${activities === 1 ? 'activity was' : 'activities were'} discarded`],
    [tokens, `${tokens} ${tokens === 1 ? 'token was' : 'tokens were'} renewed`],
  ];
  return all
    .filter(([count]) => count > 0)
    .map(([, words]) => words)
    .join(', ');
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}

function inWords({ users, activities, bytes, newest }: Contents): string {
  const size = bytes < 10_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
  const until = newest === undefined ? '' : `, the newest of ${new Date(newest).toISOString()}`;
  const counted = `${users} ${users === 1 ? 'user' : 'users'}, ${activities} ${activities === 1 ? 'activity' : 'activities'}`;
  return `${counted}${until}, ${size}`;
}
