import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { isReadByTopic, PROFILES } from '../../appliances/index.js';
import { isInvitation, isMetricsToken } from '../../matching/schema/index.js';
import { type CollectConfig, settingsOf } from '../../nodes/collect-parameters/settings.js';
import { NEVER_MATCHED } from '../../vocabulary/index.js';

/** Secrets as people may type them, right and wrong. */
const SECRETS_TYPED = [
  ...['', 'abc', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(200), 'x'.repeat(201)],
  ...[` ${'x'.repeat(15)} `, ` ${'x'.repeat(200)} `, 'correct horse battery staple', 'für-prometheus-im-keller'],
];

const ROOT = join(__dirname, '..', '..', '..');

type Validate = (this: object, value: unknown, opt: object) => unknown;
interface Definition {
  defaults: Record<string, { value?: unknown; type?: string; required?: boolean; validate?: Validate }>;
  credentials?: Record<string, { validate?: Validate }>;
}

/** What a node's html makes known to the editor. @param dialog what is chosen in the open one, by selector */
function definitionOf(file: string, dialog: Record<string, string> = {}): Definition {
  let definition: Definition | undefined;
  const registerType = (_type: string, given: Definition): void => {
    definition = given;
  };
  const editor = createContext({
    RED: {
      nodes: { registerType, node: () => undefined },
      validators: {},
      editor: { getEditStack: () => [] },
      settings: {
        matchingEndpointNever: NEVER_MATCHED,
        applianceConnectReadByTopic: PROFILES.filter(isReadByTopic).map((profile) => profile.name),
      },
    },
    $: (selector: string) => ({ val: () => dialog[selector] }),
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

  it('want an address wherever the profile reads by topic, by whatever way', () => {
    const validate = definitionOf('nodes/appliance-connect/appliance-connect.html').defaults.address
      ?.validate as Validate;
    const judged = (node: object, value = '') => judge(validate, { ...words, ...node }, value);
    const missing = 'appliance-connect.error.no-address';
    for (const [node, expected] of [
      [{ transport: 'wire', profile: 'shelly-gen2' }, missing],
      [{ transport: 'wire', profile: 'tasmota' }, missing],
      [{ transport: 'recording', recording: '', profile: 'zigbee2mqtt' }, missing],
      [{ transport: 'mqtt', profile: 'auto' }, missing],
      [{ transport: 'wire', profile: 'auto' }, true],
      [{ transport: 'wire', profile: 'json' }, true],
      [{ transport: 'wire', profile: 'ember' }, true],
      [{ transport: 'recording', recording: 'coffee-corner.jsonl', profile: 'tasmota' }, true],
    ] as const) {
      assert.equal(judged(node), expected, JSON.stringify(node));
      assert.equal(judged(node, 'kettle'), true);
    }
  });

  it('find what is wrong, and say it', () => {
    const wrong: [string, string, unknown, string][] = [
      ['matching-endpoint', 'path', 'kindred', 'matching-endpoint.error.path'],
      ['matching-endpoint', 'store', 'postgres://me:secret@db/kindred', 'matching-endpoint.error.store-password'],
      ['matching-endpoint', 'store', 'postgres://me:se/cret@db/kindred', 'matching-endpoint.error.store-password'],
      ...['mysql://x', 'postgress://db/kindred', 'POSTGRES://db/x', 'postgres:x', 'sqlite:', 'sqlite:mysql://x'].map(
        (store): [string, string, unknown, string] => [
          'matching-endpoint',
          'store',
          store,
          'matching-endpoint.error.store',
        ],
      ),
      ['matching-endpoint', 'activities', 'Räder', 'matching-endpoint.error.activities'],
      ['matching-endpoint', 'activities', 'chess, deep-sleep', 'matching-endpoint.error.never-matched'],
      ['matching-endpoint', 'retentionDays', 1, 'matching-endpoint.error.retention'],
      ['matching-endpoint', 'callsPerMinute', -1, 'matching-endpoint.error.limits'],
      ['matching-endpoint', 'joinsPerHour', '', 'matching-endpoint.error.limits'],
      ['matching-endpoint', 'newActivitiesPerDay', 1.5, 'matching-endpoint.error.limits'],
      ['matching-endpoint', 'mebibytesPerDay', '1000001', 'matching-endpoint.error.limits'],
      ['matching-endpoint', 'metrics', 'everybody', 'matching-endpoint.error.metrics'],
      ['matching-endpoint', 'audit', 'paper', 'matching-endpoint.error.audit'],
      ['matching-endpoint', 'auditFile', 'logs/', 'matching-endpoint.error.audit-file'],
      ['user-features', 'period', 'century', 'user-features.error.period'],
      ['find-concurrent-users', 'limit', 51, 'find-concurrent-users.error.limit'],
      ['friend-request', 'accept', 'always', 'friend-request.error.accept'],
      ['kindred-account', 'url', 'ftp://x', 'kindred-account.error.url'],
      ['share-to-social', 'dailyCap', 0, 'share-to-social.error.daily-cap'],
      ['collect-parameters', 'everySeconds', -1, 'collect-parameters.error.every'],
      ['collect-parameters', 'everySeconds', ' ', 'collect-parameters.error.every'],
    ];
    for (const [node, property, value, problem] of wrong) {
      const validate = definitionOf(`nodes/${node}/${node}.html`).defaults[property]?.validate;
      assert.equal(validate && judge(validate, words, value), problem, `${node} ${property}`);
    }
  });

  it('take the stores that there are', () => {
    const { store, activities } = definitionOf('nodes/matching-endpoint/matching-endpoint.html').defaults;
    for (const right of [
      '',
      'a.sqlite',
      'C:\\kindred.sqlite',
      'sqlite:a.sqlite',
      'postgres://me@a:1,b:2/x?sslmode=require',
    ]) {
      assert.equal(store?.validate && judge(store.validate, words, right), true, right);
    }
    assert.equal(activities?.validate && judge(activities.validate, words, 'chess, home-brewing'), true);
  });

  it('take the limits that there are, none, and one from the environment', () => {
    const { mebibytesPerDay } = definitionOf('nodes/matching-endpoint/matching-endpoint.html').defaults;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own notation for an environment variable
    for (const right of [undefined, 0, '0', '32', ' 32 ', 1_000_000, '${MOST}']) {
      assert.equal(mebibytesPerDay?.validate && judge(mebibytesPerDay.validate, words, right), true, String(right));
    }
  });

  it('take a report without an interval, which is all that a Shelly or a Zigbee device does', () => {
    const { instructionSeconds } = definitionOf('nodes/collect-parameters/collect-parameters.html').defaults;
    const node = { ...words, instruction: 'collect' };
    const judged = (value: unknown) => instructionSeconds?.validate && judge(instructionSeconds.validate, node, value);
    for (const right of ['', 10, '3600']) assert.equal(judged(right), true, String(right));
    for (const wrong of [0, '-1', 3601, ' ', 'often'])
      assert.equal(judged(wrong), 'collect-parameters.error.seconds', String(wrong));
  });

  it('leave it to a new node to ask for a report that every appliance gives', () => {
    const { defaults } = definitionOf('nodes/collect-parameters/collect-parameters.html');
    const fresh = Object.fromEntries(Object.entries(defaults).map(([key, { value }]) => [key, value]));
    const made = settingsOf({ ...fresh, instruction: 'collect' } as unknown as CollectConfig);
    const instruction = 'settings' in made ? made.settings.instruction : undefined;
    assert.ok(instruction);
    for (const profile of PROFILES.filter(({ controls }) => controls.includes('collect'))) {
      assert.ok(profile.open({ address: 'a', replyTo: 'k' }).command(instruction).length > 0, profile.name);
    }
  });

  it('want no metrics for this machine behind a proxy, through which everybody comes from it', () => {
    const { metrics } = definitionOf('nodes/matching-endpoint/matching-endpoint.html').defaults;
    const judged = (behindProxy: boolean, value: string) =>
      metrics?.validate && judge(metrics.validate, { ...words, behindProxy }, value);
    assert.equal(judged(true, 'loopback'), 'matching-endpoint.error.metrics-proxy');
    assert.deepEqual([judged(false, 'loopback'), judged(true, 'token'), judged(true, 'nobody')], Array(3).fill(true));
  });

  it('mark a secret that is missing, or that nobody could send, once one is needed', () => {
    for (const [select, choice, secret, problem] of [
      ['registration', 'invitation', 'invitation', 'matching-endpoint.error.invitation'],
      ['metrics', 'token', 'metricsToken', 'matching-endpoint.error.metrics-token'],
    ] as const) {
      const isRight = secret === 'invitation' ? isInvitation : isMetricsToken;
      const judged = (chosen: string, value: string) => {
        const dialog = { [`#node-input-${select}`]: chosen };
        const { credentials } = definitionOf('nodes/matching-endpoint/matching-endpoint.html', dialog);
        const validate = credentials?.[secret]?.validate;
        return validate && judge(validate, words, value);
      };
      for (const value of SECRETS_TYPED) {
        assert.equal(judged(choice, value), isRight(value) || problem, value);
        assert.equal(judged('closed', value), true, value);
      }
      // What the editor shows of one that was set before.
      assert.equal(judged(choice, '__PWRD__'), true);
    }
  });
});
