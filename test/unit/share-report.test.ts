import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from 'node-red';
import { report, type Text } from '../../nodes/share-to-social/report.js';
import { statusOf } from '../../nodes/share-to-social/status.js';
import { outcomeOf } from '../../sharing/http.js';
import type { QueueEvent, ShareItem } from '../../sharing/index.js';
import { coffee, destination } from '../support/sharing.js';

const NODES = join(__dirname, '..', '..', '..', 'nodes');

/** The words of a node in a language, with their values. */
function textOf(type: string, language: string): Text {
  const file = join(NODES, type, 'locales', language, `${type}.json`);
  const catalogue = JSON.parse(readFileSync(file, 'utf8'))[type] as Record<string, Record<string, string>>;
  return (key, values = {}) => {
    const [part = '', name = ''] = key.split('.');
    return (catalogue[part]?.[name] ?? key).replace(/__(\w+?)__/g, (_all, value: string) => String(values[value]));
  };
}

describe('what share-to-social tells of a share that did not arrive', () => {
  const item = { activity: coffee(), target: 'hook', moment: 'activity' } as ShareItem;

  for (const language of ['en-US', 'de', 'zh-CN']) {
    it(`is whole sentences, whether the reason is one, a part of one, or a question: ${language}`, () => {
      const account = textOf('kindred-account', language);
      const unreachable = account('error.unreachable', { url: 'http://127.0.0.1:1880/kindred' });
      assert.match(unreachable, /[?？]$/);
      const refused = textOf('share-account', language)('reason.refused');
      for (const reason of [unreachable, account('error.no-token'), refused]) {
        for (const event of ['retry', 'failed', 'unknown', 'stopped'] as const) {
          const told: string[] = [];
          const node = { error: (text: string) => told.push(text) } as unknown as Node;
          const more = { item, destination: destination('hook'), reason, failures: 1, at: 0 };
          report(node, textOf('share-to-social', language), { event, ...more } as QueueEvent);
          assert.equal(told.length, 1);
          assert.doesNotMatch(told[0] ?? '', /[.。?!？！][.。]/);
          assert.match(told[0] ?? '', /[.。?!？！]$/);
        }
      }
    });
  }
});

describe('a trouble that goes on', () => {
  it('is told once, whether a network is down or refuses every state of an activity', () => {
    const told: string[] = [];
    const node = { error: (text: string) => told.push(text) } as unknown as Node;
    const more = { item: { activity: coffee() } as ShareItem, destination: destination('hook'), reason: 'no' };
    for (const turn of [0, 1, 2]) {
      report(node, (key) => key, { event: 'retry', failures: turn + 1, at: 0, ...more });
      report(node, (key) => key, { event: 'failed', again: turn > 0, ...more });
    }
    assert.deepEqual(told, ['error.retry', 'error.failed']);
    const again: QueueEvent = { event: 'failed', again: true, ...more };
    assert.equal(statusOf({ waiting: 0, activities: 0, drafts: 0 }, again).key, 'failed');
  });
});

describe('the reasons that a share did not arrive', () => {
  const source = ['http.ts', 'target.ts', 'targets/webhook.ts'].map((file) =>
    readFileSync(join(NODES, '..', 'sharing', file), 'utf8'),
  );
  const codes = new Set(source.flatMap((text) => text.match(/(?<=key: ')[a-z-]+(?=')/g) ?? []));
  const before = source[0]?.match(/(?<=E[A-Z]+: ')[a-z-]+(?=')/g) ?? [];
  const statuses = [301, 401, 403, 404, 410, 413, 422, 429, 500, 503].map((status) => outcomeOf(status, {}, ''));
  const keys = statuses.map((outcome) => (outcome.outcome === 'sent' ? '' : outcome.reason.key));

  for (const language of ['en-US', 'de', 'zh-CN']) {
    it(`have words in ${language}`, () => {
      const text = textOf('share-account', language);
      const all = [...codes, ...before, ...keys].filter((key) => key !== 'endpoint');
      assert.ok(all.length > 20);
      for (const key of all) assert.notEqual(text(`reason.${key}`), `reason.${key}`);
      for (const key of ['ended', 'thrown', 'unsaved', 'not-taken', 'closed'])
        assert.notEqual(textOf('share-to-social', language)(`queue.${key}`), `queue.${key}`);
    });
  }
});

describe('what share-to-social tells of a network that takes no more', () => {
  for (const language of ['en-US', 'de', 'zh-CN']) {
    it(`says which one: ${language}`, () => {
      for (const key of ['capped', 'full'])
        assert.match(textOf('share-to-social', language)(`error.${key}`, { name: 'Family', count: 20 }), /Family.*20/);
    });
  }
});

describe('what comes too late to be told', () => {
  for (const [mayHaveArrived, key] of [
    [false, 'expired'],
    [true, 'expired-unknown'],
  ] as const) {
    it(`is told apart: ${key}`, () => {
      const item = { activity: coffee(), target: 'hook', moment: 'started', mayHaveArrived } as ShareItem;
      const told: unknown[] = [];
      const node = { error: (text: string) => told.push(text) } as unknown as Node;
      report(node, (words) => words, { event: 'expired', item });
      assert.deepEqual(told, [`error.${key}`]);
      const status = statusOf({ waiting: 0, activities: 0, drafts: 0 }, { event: 'expired', item });
      assert.equal(status.key, mayHaveArrived ? 'unknown' : 'expired');
    });
  }
});

describe('the status of share-to-social while a network is down', () => {
  it('counts activities in words, and says when the next try is by the clock', () => {
    const retryAt = new Date(2026, 10, 22, 14, 32, 4, 1).getTime();
    for (const [activities, language, words] of [
      [1, 'en-US', 'down: 1 activity waits, next try at 14:32:05'],
      [2, 'en-US', 'down: 2 activities wait, next try at 14:32:05'],
      [1, 'de', 'gestört: 1 Aktivität wartet, neuer Versuch um 14:32:05'],
      [2, 'zh-CN', '故障：2 项活动等待中，14:32:05 重试'],
    ] as const) {
      const { key, values } = statusOf({ waiting: 3, activities, drafts: 0, retryAt }, undefined);
      assert.equal(textOf('share-to-social', language)(`status.${key}`, values), words);
    }
  });
});
