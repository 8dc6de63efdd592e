import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { ACTIVITIES, isActivityWord, isNeverMatched, NEVER_MATCHED } from '../../vocabulary/index.js';

interface Dialog {
  label(...keys: string[]): (this: { type: string; _(key: string): string }, port?: number) => string;
  isFromEnvironment(value: unknown): boolean;
  hostOf(url: unknown): string;
  isActivityWord(word: string): boolean;
  isNeverMatched(name: string): boolean;
}

describe('what the dialogs share', () => {
  const window: { kindredDialog?: Dialog } = {};
  runInNewContext(readFileSync(join(__dirname, '..', '..', '..', 'resources', 'dialog.js'), 'utf8'), {
    window,
    RED: { settings: { matchingEndpointNever: NEVER_MATCHED } },
  });
  const dialog = window.kindredDialog as Dialog;

  it('takes for the name of an activity what the runtime takes', () => {
    for (const name of Object.keys(ACTIVITIES)) assert.ok(dialog.isActivityWord(name), name);
    const word = fc.array(fc.constantFrom(...'az09-_ A\n'), { maxLength: 45 }).map((letters) => letters.join(''));
    fc.assert(fc.property(word, (any) => dialog.isActivityWord(any) === isActivityWord(any)));
    const long = fc.integer({ min: 1, max: 60 }).map((length) => 'a'.repeat(length));
    fc.assert(fc.property(long, (any) => dialog.isActivityWord(any) === isActivityWord(any)));
  });

  it('takes for never matched what the runtime does', () => {
    const part = fc.constantFrom('sleep', 'home', 'away', 'door', 'chess', 'at', 'constructor');
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('-'));
    fc.assert(fc.property(name, (any) => dialog.isNeverMatched(any) === isNeverMatched(any)));
  });

  it('names an address by its host, without a password, and not when it comes from the environment', () => {
    assert.equal(dialog.hostOf('https://anna:secret@example.org:8443/kindred?x#y'), 'example.org:8443');
    assert.equal(dialog.hostOf('http://127.0.0.1:1880/kindred'), '127.0.0.1:1880');
    const variable = (name: string) => `$\{${name}}`;
    for (const nowhere of [variable('ENDPOINT'), '', undefined]) assert.equal(dialog.hostOf(nowhere), '');
    assert.ok(dialog.isFromEnvironment(variable('ENDPOINT')));
    for (const known of [`http://${variable('HOST')}/`, variable(''), '']) assert.ok(!dialog.isFromEnvironment(known));
  });

  it('labels each port, and the node where there is no port', () => {
    const node = { type: 'friend-request', _: (key: string) => key };
    const label = dialog.label('outcome', 'arrivals');
    assert.equal(label.call(node, 1), 'friend-request.label.arrivals');
    assert.equal(label.call(node), 'friend-request.label.outcome');
  });
});
