import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { inBrowser, openEditor } from '../support/editor.js';
import { until } from '../support/node-red.js';
import { BREW, HouseholdUnderTest, haveCoffee, join } from '../support/node-red-household.js';

const CATEGORY = '#red-ui-palette-container-kindred';
const NODES = [
  'appliance-connect',
  'collect-parameters',
  'share-to-social',
  'find-concurrent-users',
  'friend-request',
  'user-features',
  'matching-endpoint',
];
const EXAMPLE = '20-collect-parameters-kettle';

describe("a newcomer's journey in Chromium", () => {
  const browser = inBrowser(() => HouseholdUnderTest.start(), 800);

  it('sees the palette, imports an example, deploys it, and finds the activity and a friend on the dashboard', async () => {
    const house = browser.server;
    await house.deploy('household');
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));

    await openEditor(page, house.nodeRed.url);
    await nothingIsInTheWay(page);
    await importExample(page, EXAMPLE);
    await deploy(page, house.nodeRed.url);

    await page.goto(`${house.nodeRed.url}/dashboard/household`);
    await page.getByText('Nothing going on').waitFor();
    const { client: sam } = await join(house.endpoint, 'Sam');
    await haveCoffee(sam);
    await house.publish(0, BREW.announced);
    await page.locator('.kindred-open', { hasText: 'Coffee' }).waitFor();
    await page.locator('.kindred-people li', { hasText: 'Sam' }).waitFor();
    await page.getByRole('img', { name: /^Power of Coffee machine/ }).waitFor();

    await page.getByRole('button', { name: 'Ask Sam to be friends' }).click();
    await page.getByText('you asked to be friends').waitFor();
    const asked = await until('Sam is asked', async () => (await sam.friendRequests()).received[0]);
    await sam.acceptFriendRequest(asked.id);
    await page.getByText('Coffee at the same time · a friend').waitFor();

    await house.publish(BREW.announced, Number.POSITIVE_INFINITY);
    await page.getByRole('row', { name: /Coffee.*4 min 5\d s/ }).waitFor();
    assert.deepEqual(errors, []);
  });
});

/** Every node is in the palette, and nothing is in front of the editor. */
async function nothingIsInTheWay(page: Page): Promise<void> {
  await page.locator(CATEGORY).waitFor();
  for (const type of NODES) await page.locator(`${CATEGORY} [data-palette-type="${type}"]`).waitFor();
  for (const popup of ['.ui-dialog:visible', '.red-ui-tourGuide-popover:visible', '.red-ui-notification:visible']) {
    assert.equal(await page.locator(popup).count(), 0, `${popup} is in the way`);
  }
}

async function importExample(page: Page, name: string): Promise<void> {
  await page.locator('#red-ui-header-button-sidemenu').click();
  await page.locator('#menu-item-import').click();
  await page.locator('#red-ui-clipboard-dialog-import-tabs').getByText('Examples').click();
  const examples = page.locator('#red-ui-clipboard-dialog-import-tab-examples');
  await examples.getByText('@kindred-home/node-red-kindred').click();
  await examples.getByText(name).click();
  await page.locator('#red-ui-clipboard-dialog-ok').click();
  await page.locator('#red-ui-clipboard-dialog').waitFor({ state: 'hidden' });
}

/** Presses Deploy and waits until what was imported is in the runtime, too. */
async function deploy(page: Page, url: string): Promise<void> {
  const before = await tabs(url);
  await page.locator('#red-ui-header-button-deploy').click();
  await until('the example is deployed', async () => (await tabs(url)) > before);
}

async function tabs(url: string): Promise<number> {
  const flows = (await (await fetch(`${url}/flows`)).json()) as { type: string }[];
  return flows.filter(({ type }) => type === 'tab').length;
}
