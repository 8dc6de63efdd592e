import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeDialog, type Editor, type EditorNode, inBrowser, openDialog, openEditor } from '../support/editor.js';
import { NodeRed, until } from '../support/node-red.js';
import { nodesIn } from '../support/package.js';

/** As an earlier release saved it. */
const VERSION_1 = {
  ...{ id: 'endpoint', type: 'matching-endpoint', z: 'tab', version: 1, name: '', path: '/club', store: '' },
  ...{ registration: 'open', retentionDays: 365, activities: '', x: 200, y: 100, wires: [[]] },
};

/** The fields for numbers, by node. */
const NUMBERS = {
  'matching-endpoint': ['retentionDays', 'callsPerMinute', 'joinsPerHour', 'newActivitiesPerDay', 'mebibytesPerDay'],
  'share-to-social': ['dailyCap'],
  'find-concurrent-users': ['limit'],
  'collect-parameters': ['everySeconds', 'instructionSeconds', 'celsius'],
};

describe('what the editor thinks of nodes, in Chromium', () => {
  const browser = inBrowser(() => NodeRed.start({ flows: [{ id: 'tab', type: 'tab', label: 'test' }, VERSION_1] }));

  /** A page of its own with the editor. */
  async function newEditor(viewport?: { width: number; height: number }): Promise<Page> {
    const page = await browser.newPage();
    if (viewport) await page.setViewportSize(viewport);
    await openEditor(page, browser.server.url);
    return page;
  }

  const isValid = (page: Page): Promise<boolean | undefined> =>
    page.evaluate(() => (globalThis as unknown as Editor).RED.nodes.node('endpoint').valid);

  it('an endpoint that had neither gets metrics and an audit log, and a token that leads to them', async () => {
    const { url } = browser.server;
    await until('the endpoint answers', async () => (await fetch(`${url}/club/healthz`)).ok);
    assert.equal((await fetch(`${url}/club/metrics`)).status, 404);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await openEditor(page, url);
    assert.equal(await isValid(page), true);

    await openDialog(page, 'endpoint');
    const [metrics, audit] = [page.getByLabel('Metrics'), page.getByLabel('Audit log')];
    const [token, file] = [page.getByLabel('Token'), page.getByLabel('File')];
    assert.deepEqual([await metrics.inputValue(), await audit.inputValue()], ['nobody', 'off']);
    assert.deepEqual([await token.isVisible(), await file.isVisible()], [false, false]);
    await metrics.selectOption('For whoever has a token');
    await page.locator('#node-input-metricsToken.input-error').waitFor();
    await page.locator('#kindred-endpoint-invent-token').click();
    const secret = await token.inputValue();
    assert.match(secret, /^[\w-]{24}$/);
    await page.locator('#node-input-metricsToken:not(.input-error)').waitFor();
    await page.getByLabel('Activities').fill('50');
    await audit.selectOption('Into a file');
    await file.fill('logs/');
    await file.blur();
    await page.locator('#node-input-auditFile.input-error').waitFor();
    await file.fill('logs/club.jsonl');
    await file.blur();
    await page.locator('#node-input-auditFile:not(.input-error)').waitFor();
    await page.locator('#node-dialog-ok').click();
    await page.locator('#red-ui-header-button-deploy').click();

    const headers = { authorization: `Bearer ${secret}` };
    await until('the token leads to the metrics', async () => (await fetch(`${url}/club/metrics`, { headers })).ok);
    assert.equal((await fetch(`${url}/club/metrics`)).status, 401);
    const { flows } = await browser.server.admin<{ flows: Record<string, unknown>[] }>('GET', '/flows');
    const saved = flows.find(({ id }) => id === 'endpoint');
    assert.deepEqual([saved?.metrics, saved?.audit, saved?.auditFile], ['token', 'file', 'logs/club.jsonl']);
    assert.deepEqual([saved?.callsPerMinute, saved?.newActivitiesPerDay], ['300', '50']);
    assert.ok(!JSON.stringify(flows).includes(secret));

    await openDialog(page, 'endpoint');
    assert.equal(await page.getByLabel('Metrics').inputValue(), 'token');
    assert.notEqual(await page.getByLabel('Token').inputValue(), secret);
    await page.locator('#node-dialog-cancel').click();
    assert.deepEqual(errors, []);
  });

  it('an endpoint is marked where its store, its activities or its secrets cannot be', async () => {
    const page = await newEditor();
    await openDialog(page, 'endpoint');
    await page.getByLabel('Open to').selectOption('Whoever has an invitation');
    for (const [field, wrong, right] of [
      ['invitation', ['', 'abc'], 'come-and-have-a-coffee'],
      ['store', ['mysql://x', 'postgress://db/x'], 'postgres://me@db/x'],
      ['activities', ['chess, deep-sleep'], 'chess, sauna'],
      ['callsPerMinute', ['', '-1', '2.5'], '0'],
    ] as const) {
      const input = page.locator(`#node-input-${field}`);
      for (const value of wrong) {
        await input.fill(value);
        await input.blur();
        await page.locator(`#node-input-${field}.input-error`).waitFor();
      }
      await input.hover();
      const said = (await page.locator('.red-ui-popover').last().textContent()) ?? '';
      assert.match(said, /^(Invitation|Store|Also match|Limits): /);
      if (field === 'activities') assert.match(said, /deep-sleep is never matched/);
      await input.fill(right);
      await input.blur();
      await page.locator(`#node-input-${field}:not(.input-error)`).waitFor();
    }
    await page.getByLabel('Open to').selectOption('Everybody who can reach it');
    await page.locator('#node-dialog-cancel').click();
  });

  it('an endpoint is marked on the canvas, too, while a secret that it needs is too short', async () => {
    const page = await newEditor();
    const mark = page.locator('#endpoint .red-ui-flow-node-error');
    const typed = async (field: string, secret: string) => {
      await openDialog(page, 'endpoint');
      await page.getByLabel('Open to').selectOption('Whoever has an invitation');
      await page.getByLabel('Metrics').selectOption('For whoever has a token');
      await page.locator(`#node-input-${field}`).fill(secret);
      await closeDialog(page, 'ok');
    };
    await typed('invitation', 'come-and-have-a-coffee');
    await typed('metricsToken', 'too short');
    await mark.waitFor({ state: 'visible' });
    assert.equal(await isValid(page), false);
    await typed('metricsToken', 'long-enough-for-an-endpoint');
    await mark.waitFor({ state: 'hidden' });
    await typed('invitation', 'abc');
    await mark.waitFor({ state: 'visible' });
  });

  it('nothing is wrong with the flows that are shipped', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor();
    const { all, wrong } = await page.evaluate(() => {
      const { RED } = globalThis as unknown as Editor;
      const nodes: EditorNode[] = [];
      RED.nodes.eachNode((node) => nodes.push(node));
      RED.nodes.eachConfig((node) => nodes.push(node));
      const bad = nodes.filter(({ valid }) => valid === false);
      return {
        all: nodes.length,
        wrong: bad.map(({ type, id, validationErrors }) => ({ type, id, validationErrors })),
      };
    });
    assert.ok(all > 50, String(all));
    assert.deepEqual(wrong, []);
  });

  it('what was heard on a broker is gone when an appliance is reached without one', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor();
    await openDialog(page, 'household-coffee-machine');
    await page.getByRole('button', { name: 'Listen' }).click();
    const heard = page.locator('#kindred-appliance-found');
    await heard.filter({ hasText: /\S/ }).waitFor();
    await page.getByLabel('Reached by').selectOption('the wire: another node delivers');
    await heard.waitFor({ state: 'hidden' });
  });

  it('a watch has no action, also where one was chosen before', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor();
    const id = 'find-once-people';
    const action = page.getByLabel('Action', { exact: true });
    const saved = () =>
      page.evaluate((one) => (globalThis as unknown as Editor).RED.nodes.node(one) as unknown as object, id);
    await openDialog(page, id);
    await action.selectOption('sip');
    await page.getByLabel('When').selectOption('watch');
    await action.waitFor({ state: 'hidden' });
    await closeDialog(page, 'ok');
    assert.equal(((await saved()) as { action: string }).action, '');
  });

  it('a number that comes from the environment is still there when its dialog was open', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor();
    const variable = ['$', '{KINDRED_NUMBER}'].join('');
    for (const [type, names] of Object.entries(NUMBERS)) {
      const id = await page.evaluate(
        ({ type, names, variable }) => {
          const { RED } = globalThis as unknown as Editor;
          const found: EditorNode[] = [];
          RED.nodes.eachNode((node) => void (node.type === type && found.push(node)));
          const [first] = found;
          for (const name of names) Object.assign(first as EditorNode, { [name]: variable });
          return first?.id as string;
        },
        { type, names, variable },
      );
      await openDialog(page, id);
      for (const name of names) assert.equal(await page.locator(`#node-input-${name}`).inputValue(), variable, name);
      assert.equal(await page.locator('.input-error').count(), 0, type);
      await closeDialog(page, 'ok');
      const saved = await page.evaluate(
        ({ id, names }) => {
          const node = (globalThis as unknown as Editor).RED.nodes.node(id) as unknown as Record<string, unknown>;
          return names.map((name) => node[name]);
        },
        { id, names },
      );
      assert.deepEqual(
        saved,
        names.map(() => variable),
        type,
      );
    }
  });

  it('accounts that the instance of a subflow gives, and those of the subflow itself, are still there after Done', async () => {
    const [given, other] = ['ACCOUNT', 'OTHER'].map((name) => ['$', `{${name}}`].join(''));
    const account = {
      type: 'share-account',
      version: 1,
      name: '',
      network: 'webhook',
      url: 'https://example.org/hook',
    };
    await browser.server.deploy([
      { id: 'tab', type: 'tab', label: 'test' },
      {
        ...{ id: 'sub', type: 'subflow', name: 'sub', in: [], out: [] },
        env: [{ name: 'ACCOUNT', type: 'kindred-account', value: '', ui: { type: 'conf-types' } }],
      },
      { id: 'one', z: 'sub', ...account },
      { id: 'two', z: 'sub', ...account },
      {
        ...{ id: 'share', z: 'sub', x: 200, y: 100, type: 'share-to-social', version: 1, name: '', wires: [[], []] },
        ...{ accounts: [given, other], shareAccounts: ['one', 'two'], when: 'both', startedText: '', finishedText: '' },
        ...{ language: 'auto', reveal: [], askFirst: 'public', dailyCap: 20 },
      },
      { id: 'instance', z: 'tab', x: 200, y: 100, type: 'subflow:sub', wires: [] },
    ]);
    const page = await newEditor();
    await page.evaluate(() => (globalThis as unknown as Editor).RED.workspaces.show('sub'));
    await page.locator('#share').waitFor();
    await openDialog(page, 'share');
    await closeDialog(page, 'ok');
    const { accounts, shareAccounts, valid } = await page.evaluate(() => {
      const { RED } = globalThis as unknown as Editor;
      return { ...(RED.nodes.node('share') as EditorNode & Record<'accounts' | 'shareAccounts', string[]>) };
    });
    assert.deepEqual(
      { accounts, shareAccounts, valid },
      { accounts: [given, other], shareAccounts: ['one', 'two'], valid: true },
    );
  });

  it('shows the wordings that are told, and is marked for those alone', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor();
    await openDialog(page, 'household-share');
    const [started, finished] = ['started', 'finished'].map((moment) => page.locator(`#kindred-share-${moment}`));
    const shown = async () => [await started?.isVisible(), await finished?.isVisible()];
    await page.locator('#node-input-startedText').fill('{{oops');
    await page.locator('#node-input-when').selectOption('finished');
    await page.locator('#node-input-askFirst').selectOption('public');
    assert.deepEqual(await shown(), [false, true]);
    await page.locator('#node-input-askFirst').selectOption('always');
    assert.deepEqual(await shown(), [true, true]);
    const kinds = page.locator('.kindred-share-kind');
    for (let index = await kinds.count(); index > 0; index--) {
      await kinds.nth(index - 1).selectOption('share-account');
    }
    assert.deepEqual(await shown(), [false, true]);
    await page.locator('.red-ui-editableList-addButton:visible').first().click();
    assert.deepEqual(await shown(), [true, true]);
    await page.locator('.kindred-share-list .red-ui-editableList-item-remove').last().click();
    await started?.waitFor({ state: 'hidden' });
    await closeDialog(page);

    await openDialog(page, 'household-share');
    await page.locator('#node-input-startedText').fill('{{oops');
    await page.locator('#node-input-when').selectOption('finished');
    await page.locator('#node-input-askFirst').selectOption('public');
    await closeDialog(page, 'ok');
    const valid = () => page.evaluate(() => (globalThis as unknown as Editor).RED.nodes.node('household-share').valid);
    assert.equal(await valid(), true);
    await openDialog(page, 'household-share');
    await page.locator('#node-input-when').selectOption('both');
    await closeDialog(page, 'ok');
    assert.equal(await valid(), false);
  });

  it('a dialog is as wide as there is room beside the sidebar', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor({ width: 700, height: 900 });
    for (const id of ['household-coffee', 'household-share']) {
      await openDialog(page, id);
      const fits = page.waitForFunction(() => {
        const right = (what: string) => document.querySelector(what)?.getBoundingClientRect().right ?? -1;
        return right('.kindred-dialog') > 0 && right('.kindred-dialog') <= right('.red-ui-tray');
      });
      await fits.catch(() => assert.fail(`${id} is cut off`));
      await closeDialog(page);
    }
  });

  it('every dialog fits into a window of 640 pixels, which is what 1280 are at 200 %', async () => {
    await browser.server.deploy(nodesIn('flows', 'examples'));
    const page = await newEditor({ width: 640, height: 900 });
    const ids = await page.evaluate(() => {
      const { RED } = globalThis as unknown as Editor;
      // It takes its room from the dialogs, of whatever node.
      RED.actions.invoke('core:toggle-sidebar');
      const first = new Map<string, string>();
      RED.nodes.eachNode(({ type, id, _def }) => {
        if (_def.category === 'kindred') first.set(type, id);
      });
      return [...first.values()];
    });
    assert.equal(ids.length, 7);
    for (const id of ids) {
      await openDialog(page, id);
      // It slides in, and may do so for a while after that.
      const fits = page.waitForFunction(() => {
        const { left, right } = document.querySelector('.red-ui-tray-body')?.getBoundingClientRect() ?? new DOMRect(-1);
        return left >= 0 && right <= globalThis.innerWidth + 1;
      });
      await fits.catch(() => assert.fail(`${id} does not fit`));
      assert.ok(await page.locator('#node-dialog-ok').isVisible());
      await closeDialog(page);
    }
  });
});
