import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFailure, shownAddress } from '../../matching/server/index.js';
import { parseAddress } from '../../matching/server/store/postgres/address.js';
import { reasonOf, troubleOf } from '../../matching/server/store/postgres/errors.js';
import { Cleanup, temporaryFolder } from '../endpoint/support.js';

const CLI = join(__dirname, '..', '..', 'matching', 'server', 'cli.js');

describe('address of a PostgreSQL store', () => {
  it('names one server or several, a schema, and no password for people', () => {
    const { servers, schema, shown, secrets } = parseAddress(
      '//anna:p%40ss:1@a:5432,b/club?sslmode=require&schema=own',
    );
    assert.deepEqual(servers, [
      'postgres://anna:p%40ss:1@a:5432/club?sslmode=require',
      'postgres://anna:p%40ss:1@b/club?sslmode=require',
    ]);
    assert.deepEqual([schema, shown], ['own', 'postgres://anna@a:5432,b/club']);
    assert.deepEqual(secrets, ['p%40ss:1', 'p@ss:1']);
    assert.equal(parseAddress('///club?host=/run/postgresql').schema, 'kindred');
    assert.deepEqual(parseAddress('//h/d?password=geheim').secrets, ['geheim']);
    assert.equal(shownAddress('postgresql://a:b@c/d?password=e'), 'postgres://a@c/d');
    assert.equal(shownAddress('sqlite:file'), 'sqlite:file');
  });

  it('is refused when it is none', () => {
    for (const wrong of [
      '',
      '//',
      '//host',
      '///',
      'host/db',
      '//a@b@c/d',
      '//h/d?schema=x;y',
      '//h/d?schema=Big',
      '//u:p/w@h/d',
    ]) {
      assert.throws(() => parseAddress(wrong), StoreFailure, wrong);
    }
  });

  it('never comes out of an error', () => {
    const secrets = ['p@ss'];
    assert.equal(reasonOf(new Error('no such p@ss, p@ss'), secrets), 'no such …, …');
    const nested = Object.assign(new Error(''), { errors: [new Error('connect ECONNREFUSED p@ss')] });
    assert.equal(reasonOf(nested, secrets), 'connect ECONNREFUSED …');
  });

  it('is tried again when that may help, and not when it cannot', () => {
    const of = (code: string, message = ''): string => troubleOf(Object.assign(new Error(message), { code }));
    for (const code of ['40001', '40P01']) assert.equal(of(code), 'conflict');
    for (const code of ['08006', '57P01', '57P03', '25006', '53300', 'ECONNREFUSED', 'EPIPE'])
      assert.equal(of(code), 'lost');
    for (const code of ['23505', '42P01', '28P01', '22P02']) assert.equal(of(code), 'other');
    assert.equal(troubleOf(new Error('Connection terminated unexpectedly')), 'lost');
    assert.equal(troubleOf(new Error('Query read timeout')), 'lost');
    assert.equal(troubleOf(new TypeError('x is not a function')), 'other');
  });

  it('says what is missing when the driver is not installed', async () => {
    const cleanup = new Cleanup();
    const preload = join(temporaryFolder(cleanup), 'without-pg.js');
    writeFileSync(
      preload,
      `const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        return resolve.call(this, request === 'pg' ? 'a-package-that-is-not-there' : request, ...rest);
      };`,
    );
    const args = ['--require', preload, CLI, '--port', '0', '--store', 'postgres://anna:secret-word@127.0.0.1:1/club'];
    const said = await new Promise<string>((done) => {
      execFile(process.execPath, args, (error, stdout, stderr) => done(`${error?.code} ${stdout}${stderr}`));
    });
    await cleanup.run();
    assert.match(said, /^1 kindred-endpoint: The PostgreSQL store needs the package pg: add it with "npm install pg"/);
    assert.doesNotMatch(said, /secret-word|\n\s+at /);
  });
});
