import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { FlowNode } from '../../scripts/household/user-directory.js';
import { type Browser, startChromium } from '../support/chromium.js';
import { NodeRed, ROOT, until } from '../support/node-red.js';

interface EditorNode {
  id: string;
  type: string;
  _def: { category: string };
  valid?: boolean;
  validationErrors?: string[];
}
interface Editor {
  nodes: {
    node(id: string): EditorNode;
    eachNode(visit: (node: EditorNode) => void): void;
    eachConfig(visit: (node: EditorNode) => void): void;
  };
  editor: { edit(node: object): void };
  actions: { invoke(name: string): void };
}

/** As an earlier release saved it. */
const VERSION_1 = {
  ...{ id: 'endpoint', type: 'matching-endpoint', z: 'tab', version: 1, name: '', path: '/club', store: '' },
  ...{ registration: 'open', retentionDays: 365, activities: '', x: 200, y: 100, wires: [[]] },
};

describe('what the editor thinks of nodes, in Chromium', function () {
  this.timeout(150_000);
  let browser: Browser | undefined;
  let red: NodeRed | undefined;

  before(async function () {
    browser = await startChromium(this, { viewport: { width: 1280, height: 1400 } });
    red = await NodeRed.start({ flows: [{ id: 'tab', type: 'tab', label: 'test' }, VERSION_1] });
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });

  async function openDialog(page: Page): Promise<void> {
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
      RED.editor.edit(RED.nodes.node('endpoint'));
    });
    await page.getByLabel('Path').waitFor();
  }

  const isValid = (page: Page): Promise<boolean | undefined> =>
    page.evaluate(() => (globalThis as unknown as { RED: Editor }).RED.nodes.node('endpoint').valid);

  it('an endpoint that had neither gets metrics and an audit log, and a token that leads to them', async () => {
    const { url, admin } = { url: (red as NodeRed).url, admin: (red as NodeRed).admin.bind(red) };
    await until('the endpoint answers', async () => (await fetch(`${url}/club/healthz`)).ok);
    assert.equal((await fetch(`${url}/club/metrics`)).status, 404);
    const page = await (browser as Browser).context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    assert.equal(await isValid(page), true);

    await openDialog(page);
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
    const { flows } = await admin<{ flows: Record<string, unknown>[] }>('GET', '/flows');
    const saved = flows.find(({ id }) => id === 'endpoint');
    assert.deepEqual([saved?.metrics, saved?.audit, saved?.auditFile], ['token', 'file', 'logs/club.jsonl']);
    assert.deepEqual([saved?.callsPerMinute, saved?.newActivitiesPerDay], ['300', '50']);
    assert.ok(!JSON.stringify(flows).includes(secret));

    await openDialog(page);
    assert.equal(await page.getByLabel('Metrics').inputValue(), 'token');
    assert.notEqual(await page.getByLabel('Token').inputValue(), secret);
    await page.locator('#node-dialog-cancel').click();
    assert.deepEqual(errors, []);
  });

  it('an endpoint is marked where its store, its activities or its secrets cannot be', async () => {
    const page = await (browser as Browser).context.newPage();
    await page.goto((red as NodeRed).url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    await openDialog(page);
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
    const page = await (browser as Browser).context.newPage();
    await page.goto((red as NodeRed).url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    const mark = page.locator('#endpoint .red-ui-flow-node-error');
    const typed = async (field: string, secret: string) => {
      await openDialog(page);
      await page.getByLabel('Open to').selectOption('Whoever has an invitation');
      await page.getByLabel('Metrics').selectOption('For whoever has a token');
      await page.locator(`#node-input-${field}`).fill(secret);
      await page.locator('#node-dialog-ok').click();
      await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    };
    await typed('invitation', 'come-and-have-a-coffee');
    await typed('metricsToken', 'too short');
    await mark.waitFor({ state: 'visible' });
    assert.equal(await isValid(page), false);
    await typed('metricsToken', 'long enough for an endpoint');
    await mark.waitFor({ state: 'hidden' });
    await typed('invitation', 'abc');
    await mark.waitFor({ state: 'visible' });
  });

  it('nothing is wrong with the flows that are shipped', async () => {
    const nodeRed = red as NodeRed;
    await nodeRed.deploy(shippedFlows());
    const page = await (browser as Browser).context.newPage();
    await page.goto(nodeRed.url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    const { all, wrong } = await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
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
    const nodeRed = red as NodeRed;
    await nodeRed.deploy(shippedFlows());
    const page = await (browser as Browser).context.newPage();
    await page.goto(nodeRed.url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
      RED.editor.edit(RED.nodes.node('household-coffee-machine'));
    });
    await page.getByRole('button', { name: 'Listen' }).click();
    const heard = page.locator('#kindred-appliance-found');
    await heard.filter({ hasText: /\S/ }).waitFor();
    await page.getByLabel('Reached by').selectOption('the wire: another node delivers');
    await heard.waitFor({ state: 'hidden' });
    await page.close();
  });

  it('a dialog is as wide as there is room beside the sidebar', async () => {
    const nodeRed = red as NodeRed;
    await nodeRed.deploy(shippedFlows());
    const page = await (browser as Browser).context.newPage();
    await page.setViewportSize({ width: 700, height: 900 });
    await page.goto(nodeRed.url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    for (const id of ['household-coffee', 'household-share']) {
      await page.evaluate((node) => {
        const { RED } = globalThis as unknown as { RED: Editor };
        RED.editor.edit(RED.nodes.node(node));
      }, id);
      await page.locator('.red-ui-tray-body:focus-within').waitFor();
      const fits = page.waitForFunction(() => {
        const right = (what: string) => document.querySelector(what)?.getBoundingClientRect().right ?? -1;
        return right('.kindred-dialog') > 0 && right('.kindred-dialog') <= right('.red-ui-tray');
      });
      await fits.catch(() => assert.fail(`${id} is cut off`));
      await page.locator('#node-dialog-cancel').click();
      await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    }
    await page.close();
  });

  it('every dialog fits into a window of 640 pixels, which is what 1280 are at 200 %', async () => {
    const nodeRed = red as NodeRed;
    await nodeRed.deploy(shippedFlows());
    const page = await (browser as Browser).context.newPage();
    await page.setViewportSize({ width: 640, height: 900 });
    await page.goto(nodeRed.url);
    await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
    const ids = await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
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
      await page.evaluate((node) => {
        const { RED } = globalThis as unknown as { RED: Editor };
        RED.editor.edit(RED.nodes.node(node));
      }, id);
      // The editor takes the focus into a dialog once that has come in.
      await page.locator('.red-ui-tray-body:focus-within').waitFor();
      // It slides in, and may do so for a while after that.
      const fits = page.waitForFunction(() => {
        const { left, right } = document.querySelector('.red-ui-tray-body')?.getBoundingClientRect() ?? new DOMRect(-1);
        return left >= 0 && right <= globalThis.innerWidth + 1;
      });
      await fits.catch(() => assert.fail(`${id} does not fit`));
      assert.ok(await page.locator('#node-dialog-ok').isVisible());
      await page.locator('#node-dialog-cancel').click();
      await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    }
  });
});

/** Flows that belong together have the same account and the same broker. */
function shippedFlows(): FlowNode[] {
  const shipped = globSync('{flows,examples}/*.json', { cwd: ROOT }).flatMap(
    (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as FlowNode[],
  );
  return [...new Map(shipped.map((node) => [node.id, node])).values()];
}
