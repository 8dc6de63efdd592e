/** The numbers of the power recogniser as they stand in its compiled files, and the recogniser with one of them changed. */
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { powerRecogniser } from '../../activities/index.js';

/** dist/scripts/power-margins → dist/activities/power */
const POWER = resolve(__dirname, '..', '..', 'activities', 'power');
/** What no recording can speak of: units and versions, what owners teach, what is shown. */
const ELSEWHERE = ['SECOND', 'VERSION'];
const ELSEWHERE_FILES = ['lessons.js', 'confidence.js', 'explain.js', 'programme.js'];

export interface PowerNumber {
  /** `kettle.startWork`, or `keep-warm.RHYTHM`. */
  name: string;
  value: number;
  file: string;
  line: number;
  /** Where in its line it is written, from … to. */
  at: [number, number];
}

/** Every number that is no zero, in the order in which they are written. */
export function powerNumbers(): PowerNumber[] {
  const files = readdirSync(POWER).filter((file) => file.endsWith('.js') && !ELSEWHERE_FILES.includes(file));
  return files
    .flatMap(numbersIn)
    .filter(({ name, value }) => value > 0 && !ELSEWHERE.includes(name.split('.')[1] ?? ''));
}

function numbersIn(file: string): PowerNumber[] {
  let owner = file.replace(/\.js$/, '');
  const pattern = file === 'profiles.js' ? /(\w+): ([\d_.]+)(?=[,\s}])/g : /^const (\w+) = ([\d_.]+)(?=;)/g;
  return readFileSync(join(POWER, file), 'utf8')
    .split('\n')
    .flatMap((text, line) => {
      owner = /^ {4}(\w+): \{$/.exec(text)?.[1] ?? owner;
      return [...text.matchAll(pattern)].map((match): PowerNumber => {
        const [whole, name = '', digits = ''] = match;
        const end = match.index + whole.length;
        const value = Number(digits.replaceAll('_', ''));
        return { name: `${owner}.${name}`, value, file, line, at: [end - digits.length, end] };
      });
    });
}

/** The recogniser, loaded anew, with one number changed. */
export function recogniserWith(changed?: PowerNumber): typeof powerRecogniser {
  for (const path of Object.keys(require.cache)) if (path.startsWith(POWER)) delete require.cache[path];
  const url = changed && pathToFileURL(join(POWER, changed.file)).href;
  const hooks = registerHooks({
    load: (file, context, next) =>
      changed && file === url
        ? { format: 'commonjs', source: sourceWith(changed), shortCircuit: true }
        : next(file, context),
  });
  try {
    return require(join(POWER, 'index.js')).powerRecogniser;
  } finally {
    hooks.deregister();
  }
}

function sourceWith({ file, line, at: [from, to], value }: PowerNumber): string {
  const lines = readFileSync(join(POWER, file), 'utf8').split('\n');
  const text = lines[line] as string;
  lines[line] = text.slice(0, from) + String(value) + text.slice(to);
  return lines.join('\n');
}
