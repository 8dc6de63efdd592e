import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Activity, newId } from '../../vocabulary/index.js';
import { type Browser, startChromium } from '../support/chromium.js';
import { until } from '../support/node-red.js';
import { BREW, HouseholdUnderTest, join } from '../support/node-red-household.js';

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

describe("a newcomer's journey in Chromium", function () {
  this.timeout(150_000);
  let browser: Browser | undefined;
  let home: HouseholdUnderTest | undefined;

  before(async function () {
    browser = await startChromium(this);
    home = await HouseholdUnderTest.start();
  });
  after(async () => {
    await browser?.close();
    await home?.stop();
  });

  it('sees the palette, imports an example, deploys it, and finds the activity and a person on the dashboard', async () => {
    const { context } = browser as Browser;
    const house = home as HouseholdUnderTest;
    await house.deploy('household');
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));

    await openEditor(page, house.nodeRed.url);
    await importExample(page, EXAMPLE);
    await deploy(page, house.nodeRed.url);

    await page.goto(`${house.nodeRed.url}/dashboard/household`);
    await page.getByText('Nothing going on').waitFor();
    const { client: sam } = await join(house.endpoint, 'Sam');
    await sam.publish(coffeeOf(Date.now() - 360_000));
    await house.publish(0, BREW.announced);
    await page.locator('.kindred-open', { hasText: 'Coffee' }).waitFor({ timeout: 30_000 });
    await page.locator('.kindred-people li', { hasText: 'Sam' }).waitFor({ timeout: 30_000 });
    await page.getByRole('img', { name: /^Power of Coffee machine/ }).waitFor();

    await house.publish(BREW.announced, Number.POSITIVE_INFINITY);
    await page.getByRole('row', { name: /Coffee.*4 min 5\d s/ }).waitFor({ timeout: 30_000 });
    assert.deepEqual(errors, []);
  });
});

function coffeeOf(startedAt: number): Activity {
  return {
    ...{ id: newId(), revision: 1, activity: 'coffee', category: 'food-and-beverage', state: 'ongoing' },
    ...{ startedAt: new Date(startedAt).toISOString(), seconds: 0, parameters: {}, actions: [] },
    appliance: { id: 'test', name: 'test', profile: 'json' },
  };
}

/** The editor, with every node of the palette, and nothing in front of it. */
async function openEditor(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('.red-ui-flow-node').first().waitFor({ timeout: 60_000 });
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
