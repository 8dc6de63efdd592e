import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '..', '..', '..', 'matching', 'server', 'store', 'postgres');

/** What not every database that speaks PostgreSQL's SQL has, or what makes writers wait for each other. */
const FORBIDDEN: [string, RegExp][] = [
  ['an index other than a B-tree', /\bUSING\s+(gist|gin|brin|spgist|hash)\b/i],
  ['an extension', /\bEXTENSION\b|\bearth|\bcube\(|\bpostgis|\bST_/i],
  ['NOTIFY, or LISTEN, outside the hints', /\bNOTIFY\b|\bLISTEN\b|pg_notify/i],
  ['an advisory lock', /advisory/i],
  ['a lock on a table', /\bLOCK\s+TABLE\b/i],
  ['a range type', /\b(tstz|int[48]|num|date)(multi)?range\b|EXCLUDE\s+USING/i],
  ['a trigger, a rule or a function of its own', /\bCREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|RULE|FUNCTION|PROCEDURE)\b/i],
  ['MERGE', /\bMERGE\s+INTO\b/i],
  ['a constraint between tables', /\bREFERENCES\b|\bFOREIGN\s+KEY\b/i],
  ['a table that a crash empties', /\bUNLOGGED\b/i],
  // With one, what is prepared ends when a newer Kindred adds a column.
  ['columns that are not named', /\b\w+\.\*|\bRETURNING\s+\*|\bSELECT\s+\*(?!\s+FROM\s+(unnest)?\()/i],
  ['a time-out of the server, which ends the wait for a standby', /statement_timeout/i],
];

/** The SQL of a source: its string literals that begin as a statement does. */
function statementsIn(source: string): string[] {
  const literals = [...source.matchAll(/`([^`]*)`|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/g)];
  return literals
    .map(([, template, single, double]) => (template ?? single ?? double ?? '').trim())
    .filter((text) =>
      /^(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|LISTEN|BEGIN|LOCK|MERGE|NOTIFY)\b/.test(text),
    );
}

const statements = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => statementsIn(readFileSync(join(FOLDER, file), 'utf8')).map((sql) => ({ file, sql })));

describe('SQL of the PostgreSQL store', () => {
  it('is found where it is written', () => {
    assert.ok(statements.length > 80, `only ${statements.length} statements`);
    const kinds = new Set(statements.map(({ sql }) => sql.split(/\s/)[0]));
    for (const kind of ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE']) assert.ok(kinds.has(kind), kind);
  });

  for (const [what, pattern] of FORBIDDEN) {
    it(`needs no ${what.replace(/^an? /, '')}`, () => {
      const found = statements.filter(({ file, sql }) => pattern.test(sql) && file !== 'hints.ts');
      assert.deepEqual(found, []);
    });
  }

  it('writes batches in the order of their keys, so that two of them never wait for each other in a circle', () => {
    const batches = statements.filter(({ sql }) => /^INSERT[\s\S]+\bSELECT\b/.test(sql) && /unnest|session/.test(sql));
    assert.ok(batches.length >= 4);
    assert.deepEqual(
      batches.filter(({ sql }) => !/\bORDER BY\b/.test(sql)),
      [],
    );
  });

  it('locks rows in the order of their keys, or none that somebody else has', () => {
    const locking = statements.filter(({ sql }) => /\bFOR (NO KEY )?UPDATE\b/.test(sql));
    assert.ok(locking.length >= 4);
    assert.deepEqual(
      locking.filter(({ sql }) => !/ORDER BY key FOR NO KEY UPDATE$|SKIP LOCKED\)?$/.test(sql)),
      [],
    );
  });

  it('reads only so much at a time, as the text says it', () => {
    assert.deepEqual(
      statements.filter(({ sql }) => /LIMIT \$\d/.test(sql)),
      [],
    );
  });
});
