import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';

const ROOT = join(__dirname, '..', '..', '..');

type Validate = (this: object, value: unknown, opt: object) => unknown;
interface Definition {
  defaults: Record<string, { value?: unknown; type?: string; required?: boolean; validate?: Validate }>;
}

/** What a node's html makes known to the editor. */
function definitionOf(file: string): Definition {
  let definition: Definition | undefined;
  const registerType = (_type: string, given: Definition): void => {
    definition = given;
  };
  const editor = createContext({
    RED: { nodes: { registerType, node: () => undefined }, validators: {} },
    window: {},
  });
  runInContext(
    `${readFileSync(join(ROOT, 'resources', 'dialog.js'), 'utf8')}; var { kindredDialog } = window;`,
    editor,
  );
  const html = readFileSync(join(ROOT, file), 'utf8');
  for (const [, script = ''] of html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    runInContext(script, editor);
  }
  assert.ok(definition, file);
  return definition;
}

/**
 * As the editor judges it (`validateNodeProperty` in editor-client 5.0.7): it takes a text for a problem only from a
 * validator with two arguments; from any other a text is as good as true.
 */
function judge(validate: Validate, node: object, value: unknown): true | string {
  const answer = validate.call(node, value, {});
  if (validate.length === 2 && typeof answer === 'string') return answer;
  return answer ? true : 'invalid';
}

describe('validators of the nodes, as the editor calls them', () => {
  const words = { _: (key: string) => key, type: 'a node' };

  for (const file of globSync('nodes/*/*.html', { cwd: ROOT }).sort()) {
    const name = basename(file, '.html');
    const { defaults } = definitionOf(file);
    const checked = Object.entries(defaults).flatMap(([property, { validate }]) =>
      validate && validate.length > 0 ? [[property, validate] as const] : [],
    );

    it(`${name}: are heard`, () => {
      for (const [property, validate] of checked) assert.equal(validate.length, 2, property);
    });

    it(`${name}: say nothing of a new node, or only what is missing in it`, () => {
      const node = {
        ...words,
        ...Object.fromEntries(Object.entries(defaults).map(([key, { value }]) => [key, value])),
      };
      const problems = checked.filter(([key, validate]) => judge(validate, node, node[key as never]) !== true);
      const missing = ['broker', 'address', 'url', 'shareAccounts'];
      assert.deepEqual(
        problems.map(([key]) => key).filter((key) => !missing.includes(key)),
        [],
      );
    });

    it(`${name}: take a node by hand or of an earlier release, in which things are not set`, () => {
      for (const [property, validate] of checked) {
        if (defaults[property]?.required || ['broker', 'address', 'shareAccounts'].includes(property)) continue;
        assert.equal(judge(validate, words, undefined), true, property);
      }
    });
  }

  it('find what is wrong, and say it', () => {
    const wrong: [string, string, unknown, string][] = [
      ['matching-endpoint', 'path', 'kindred', 'matching-endpoint.error.path'],
      ['matching-endpoint', 'store', 'postgres://me:secret@db/kindred', 'matching-endpoint.error.store-password'],
      ['matching-endpoint', 'retentionDays', 1, 'matching-endpoint.error.retention'],
      ['matching-endpoint', 'metrics', 'everybody', 'matching-endpoint.error.metrics'],
      ['matching-endpoint', 'audit', 'paper', 'matching-endpoint.error.audit'],
      ['matching-endpoint', 'auditFile', 'logs/', 'matching-endpoint.error.audit-file'],
      ['user-features', 'period', 'century', 'user-features.error.period'],
      ['find-concurrent-users', 'limit', 51, 'find-concurrent-users.error.limit'],
      ['friend-request', 'accept', 'always', 'friend-request.error.accept'],
      ['kindred-account', 'url', 'ftp://x', 'kindred-account.error.url'],
      ['share-to-social', 'dailyCap', 0, 'share-to-social.error.daily-cap'],
      ['collect-parameters', 'everySeconds', -1, 'collect-parameters.error.every'],
    ];
    for (const [node, property, value, problem] of wrong) {
      const validate = definitionOf(`nodes/${node}/${node}.html`).defaults[property]?.validate;
      assert.equal(validate && judge(validate, words, value), problem, `${node} ${property}`);
    }
  });
});
