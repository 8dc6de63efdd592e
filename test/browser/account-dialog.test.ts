import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { KindredClient } from '../../matching/client/index.js';
import { problemType } from '../../matching/schema/index.js';
import type { FlowNode } from '../../scripts/household/user-directory.js';
import { newId } from '../../vocabulary/index.js';
import { inBrowser, openDialog, openEditor } from '../support/editor.js';
import { startServer } from '../support/node-helper.js';
import { NodeRed, until } from '../support/node-red.js';

interface Editor {
  editor: { editConfig(name: string, type: string, id: string): void };
  nodes: {
    node(id: string): { cell: string; path: string; changed?: boolean };
    dirty(): boolean;
    remove(id: string): void;
  };
}
/** Of a place in Munich. */
const CELL = '861f8d44fffffff';

const ENDPOINT = {
  ...{ type: 'matching-endpoint', z: 'tab', version: 1, name: '', store: '', registration: 'open' },
  ...{ retentionDays: 365, activities: '', x: 200, y: 100, wires: [[]] },
};
const FLOWS = [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'one', ...ENDPOINT, path: '/kindred' },
  { id: 'other', ...ENDPOINT, path: '/club', store: 'sqlite:club.sqlite' },
];

describe('the dialog of a kindred account, in Chromium', () => {
  const browser = inBrowser(() => NodeRed.start({ flows: FLOWS, settings: { httpNodeRoot: '/red' } }));
  let home = '';
  let elsewhere = '';

  before(async () => {
    home = `${browser.server.url}/kindred`;
    elsewhere = `${browser.server.url}/club`;
    for (const url of [home, elsewhere]) await until(url, async () => (await fetch(`${url}/healthz`)).ok);
  });

  /** The dialog of an account that is deployed with this token, or without one. */
  async function open(token = ''): Promise<Page> {
    const nodeRed = browser.server;
    const { flows } = await nodeRed.admin<{ flows: FlowNode[] }>('GET', '/flows');
    const settings = { version: 1, name: 'Anna', url: home, visibility: 'nobody', cell: '' };
    const account = { id: 'account', type: 'kindred-account', ...settings, credentials: { token } };
    await nodeRed.deploy([...flows.filter(({ id }) => id !== 'account'), account]);
    const page = await browser.newPage();
    await openEditor(page, nodeRed.url);
    await openDialog(page, 'account');
    return page;
  }

  const join = async (): Promise<string> => (await new KindredClient({ url: home }).createUser({ name: 'Anna' })).token;
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const tokenOf = (page: Page): Promise<string> => page.locator('#node-config-input-token').inputValue();

  it('makes the first account without a question, and asks before a second takes its place', async () => {
    const page = await open();
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Anna.').waitFor();
    const first = await tokenOf(page);
    assert.equal(first.length, 43);
    assert.equal(await button(page, 'Keep the account').isVisible(), false);

    await button(page, 'Create account').click();
    await page.getByText('This account was made just now.').waitFor();
    assert.equal(await tokenOf(page), first);
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Keep the account');
    await page.keyboard.press('Enter');
    await button(page, 'Keep the account').waitFor({ state: 'hidden' });
    assert.equal(await tokenOf(page), first);

    await button(page, 'Create account').click();
    await button(page, 'Make a new one').click();
    await page.getByText('Welcome, Anna.').waitFor();
    const second = await tokenOf(page);
    assert.ok(second.length === 43 && second !== first);
    assert.equal(await button(page, 'Make a new one').isVisible(), false);
    assert.equal((await new KindredClient({ url: home, token: first }).me()).name, 'Anna');
  });

  it('asks as well when the token is one that the hub has saved', async () => {
    const page = await open(await join());
    const shown = await tokenOf(page);
    await button(page, 'Create account').click();
    await button(page, 'Keep the account').waitFor();
    await button(page, 'Test').click();
    await page.getByText('Works: the endpoint knows you as Anna.').waitFor();
    assert.deepEqual([await tokenOf(page), await button(page, 'Keep the account').isVisible()], [shown, false]);
  });

  it('says where the saved token belongs, and what to do, when the address is another one', async () => {
    const page = await open(await join());
    await page.getByLabel('Endpoint').fill(elsewhere);
    await button(page, 'Test').click();
    await page.getByText(`is that of an account at ${home}, and this dialog sends it to no other address`).waitFor();
    await page.getByText(`If that endpoint has moved to ${elsewhere}, press Update, then Deploy`).waitFor();
    await page.getByLabel('Token').fill(await join());
    await button(page, 'Test').click();
    await page.getByText(`The endpoint at ${elsewhere} does not know this token.`).waitFor();

    await button(page, 'Create account').click();
    await button(page, 'Make a new one').click();
    await page.getByText('Welcome, Anna.').waitFor();
    await button(page, 'Test').click();
    await page.getByText('Works: the endpoint knows you as Anna.').waitFor();
  });

  it('proposes the address of another account, or where an endpoint would be in this Node-RED', async () => {
    const page = await open();
    await button(page, 'Cancel').click();
    assert.equal(await proposed(page), home);
    await button(page, 'Cancel').click();
    await page.evaluate(() => (globalThis as unknown as { RED: Editor }).RED.nodes.remove('account'));
    await page.evaluate(() => {
      (globalThis as unknown as { RED: Editor }).RED.nodes.node('one').path = `\${KINDRED_PATH}`;
    });
    assert.equal(await proposed(page), elsewhere);
  });

  it('saves an area that is confirmed at once, when the hub has found it', async () => {
    const page = await open();
    let deliver = (): void => {};
    const isDue = new Promise<void>((resolve) => {
      deliver = resolve;
    });
    await page.route('**/kindred/account/area', async (route) => {
      await isDue;
      await route.continue();
    });
    await page.getByLabel('Area').fill('48.137, 11.575');
    await page.keyboard.press('Control+Enter');
    await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    assert.deepEqual(await areaIn(page), { cell: '', isToBeDeployed: false });
    deliver();
    await until('the area is saved', async () => (await areaIn(page)).cell !== '', 5000);
    assert.deepEqual(await areaIn(page), { cell: CELL, isToBeDeployed: true });
  });

  it('says why an area that is confirmed at once cannot be saved', async () => {
    const page = await open();
    await page.getByLabel('Area').fill('48,137');
    await page.keyboard.press('Control+Enter');
    await page.getByText('The area was not set: This can be one number').waitFor({ timeout: 5000 });
    assert.deepEqual(await areaIn(page), { cell: '', isToBeDeployed: false });
  });

  it('shows what an endpoint says as text, and runs nothing of it', async () => {
    const user = { id: newId(), name: 'Anna', discoverable: false, cell: null, createdAt: new Date().toISOString() };
    const refusal = { type: problemType('not-discoverable'), title: 'no', detail: '<img src="nothing">' };
    const hostile = await startServer(({ method }, response) => {
      response.setHeader('content-type', method === 'POST' ? 'application/json' : 'application/problem+json');
      if (method === 'POST') response.writeHead(201).end(JSON.stringify({ user, token: 'x'.repeat(43) }));
      else response.writeHead(403).end(JSON.stringify(refusal));
    });
    const page = await open();
    await page.getByLabel('Endpoint').fill(hostile.url);
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Anna.').waitFor();
    await button(page, 'Cancel').click();
    await page.getByText(`is still there at ${hostile.url}`).waitFor();
    assert.equal(await page.locator('#red-ui-notifications img').count(), 0);
    await page.getByText(refusal.detail).waitFor();
    hostile.close();
  });

  it('leaves nobody behind at the endpoint who was made and not kept', async () => {
    const page = await open();
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Anna.').waitFor();
    const cancelled = await tokenOf(page);
    assert.equal(await isMember(cancelled), true);
    await button(page, 'Cancel').click();
    await until('the account is gone again', async () => !(await isMember(cancelled)));

    await proposed(page);
    await page.getByLabel('Display name').fill('Bea');
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Bea.').waitFor();
    const replaced = await tokenOf(page);
    await button(page, 'Create account').click();
    await page.getByText('This account was made just now.').waitFor();
    await button(page, 'Make a new one').click();
    await page.getByText('Welcome, Bea.').waitFor();
    const kept = await tokenOf(page);
    await button(page, 'Add').click();
    await until('the one that was replaced is gone', async () => !(await isMember(replaced)));
    assert.equal(await isMember(kept), true);
  });

  it('leaves nobody behind who was made when nobody waited for it any more, nor tells the next dialog', async () => {
    const page = await open();
    let arrived = (_token: string): void => {};
    let deliver = (): void => {};
    const made = new Promise<string>((resolve) => {
      arrived = resolve;
    });
    const isDue = new Promise<void>((resolve) => {
      deliver = resolve;
    });
    await page.route('**/kindred/account/create', async (route) => {
      const response = await route.fetch();
      arrived(((await response.json()) as { token: string }).token);
      await isDue;
      await route.fulfill({ response });
    });
    await button(page, 'Create account').click();
    const token = await made;
    await button(page, 'Cancel').click();
    await proposed(page);
    deliver();
    await until('the account is gone again', async () => !(await isMember(token)));
    assert.equal(await tokenOf(page), '');
    assert.equal(await page.getByText('Welcome').isVisible(), false);
  });

  it('keeps an account whose token was saved with a space after it', async () => {
    const page = await open();
    let left = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/kindred/account/leave')) left += 1;
    });
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Anna.').waitFor();
    const token = await tokenOf(page);
    await page.getByLabel('Token').fill(`${token} `);
    await button(page, 'Update').click();
    await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    assert.deepEqual([left, await isMember(token)], [0, true]);
  });

  it('exports and leaves with the saved token, and leaves only after a question', async () => {
    const token = await join();
    const page = await open(token);
    const downloading = page.waitForEvent('download');
    await button(page, 'Export').click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'kindred-export.json');
    const everything = JSON.parse(readFileSync(await download.path(), 'utf8')) as { user: { name: string } };
    assert.equal(everything.user.name, 'Anna');

    await button(page, 'Leave the endpoint…').click();
    await page.getByText(`Leave the endpoint at ${home}?`).waitFor();
    await page.keyboard.press('Enter');
    await button(page, 'Stay').waitFor({ state: 'hidden' });
    assert.equal(await isMember(token), true);
    await button(page, 'Leave the endpoint…').click();
    await button(page, 'Leave for good').click();
    await page.getByText(`You have left ${home}`).waitFor();
    assert.deepEqual([await isMember(token), await tokenOf(page)], [false, '']);
  });

  it('says that who is deleted here is still there', async () => {
    const token = await join();
    const page = await open(token);
    await button(page, 'Delete').click();
    await page.getByText(`The account of this node stays at ${home}`).waitFor();
    assert.equal(await isMember(token), true);
  });

  it('says what to do without a token, and nothing any more once something else stands there', async () => {
    const page = await open();
    await button(page, 'Test').click();
    await page.getByText('There is no token yet: press Create account').waitFor();
    await page.getByLabel('Endpoint').fill(`${home}/`);
    await page.getByText('There is no token yet').waitFor({ state: 'hidden' });
    await button(page, 'Create account').click();
    await page.getByText('Welcome, Anna.').waitFor();
    await button(page, 'Test').click();
    await page.getByText('Works: the endpoint knows you as Anna.').waitFor();
    await page.getByLabel('Endpoint').fill(elsewhere);
    await page.getByText('Works: the endpoint knows you').waitFor({ state: 'hidden' });
  });

  /** The area of the account as the editor has it, and whether the editor knows that a Deploy has to take it over. */
  const areaIn = (page: Page): Promise<{ cell: string; isToBeDeployed: boolean }> =>
    page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
      const { cell, changed = false } = RED.nodes.node('account');
      return { cell, isToBeDeployed: changed && RED.nodes.dirty() };
    });

  /** What stands in the field for the endpoint of a new account. */
  async function proposed(page: Page): Promise<string> {
    await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: Editor };
      RED.editor.editConfig('', 'kindred-account', '_ADD_');
    });
    await page.getByLabel('Display name').waitFor();
    return page.getByLabel('Endpoint').inputValue();
  }

  const isMember = (token: string): Promise<boolean> =>
    new KindredClient({ url: home, token }).me().then(
      () => true,
      () => false,
    );
});
