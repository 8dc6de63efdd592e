import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeDialog, type Editor, inBrowser, openDialog, openEditor } from '../support/editor.js';
import { NodeRed } from '../support/node-red.js';

const SCALE = {
  ...{ id: 'scale', type: 'appliance-connect', z: 'tab', version: 1, name: 'Scale', profile: 'auto', address: '' },
  ...{ transport: 'wire', recording: 'coffee-corner.jsonl', file: '', speed: 1, loop: true, control: '', paths: [] },
  ...{ broker: '', channel: '', commandTopic: '', everySeconds: '', x: 200, y: 100, wires: [[], []] },
};

describe('the dialog of appliance-connect, in Chromium', () => {
  const browser = inBrowser(() => NodeRed.start({ flows: [{ id: 'tab', type: 'tab', label: 'test' }, SCALE] }));
  let page: Page;

  before(async () => {
    page = await browser.newPage();
    await openEditor(page, browser.server.url);
  });

  async function openScale(): Promise<void> {
    await openDialog(page, 'scale');
    await page.locator('#node-input-profile option[value="tasmota"]').waitFor({ state: 'attached' });
  }

  it('says what each product can be told, an example each, or why nothing can', async () => {
    await openScale();
    const [transport, profile] = [page.locator('#node-input-transport'), page.locator('#node-input-profile')];
    const understood = page.locator('#kindred-appliance-understands');
    const examples = () => understood.locator('code').allTextContents();
    const tip = () => understood.locator('.kindred-tip').textContent();
    await transport.selectOption('mqtt');
    for (const [name, expected] of [
      ['tasmota', ['"on"', '"off"', '"toggle"', '{"instruction":"collect","everySeconds":10}']],
      ['shelly-gen2', ['"on"', '"off"', '"toggle"', '{"instruction":"collect"}']],
      ['json', ['"on"', '"off"']],
      ['ember', []],
      ['auto', []],
    ] as const) {
      await profile.selectOption(name);
      assert.deepEqual(await examples(), expected, name);
    }
    assert.match((await tip()) ?? '', /what it turns out to be/);
    for (const [way, why] of [
      ['wire', /only one way/],
      ['recording', /a recording cannot be told/],
    ] as const) {
      await transport.selectOption(way);
      assert.deepEqual(await examples(), []);
      assert.match((await tip()) ?? '', why);
    }
    await closeDialog(page);
  });

  it('asks how often to report only where that can be told', async () => {
    await openScale();
    await page.locator('#node-input-transport').selectOption('mqtt');
    const [profile, every] = [page.locator('#node-input-profile'), page.locator('#node-input-everySeconds')];
    await profile.selectOption('tasmota');
    await page.locator('#node-input-control').selectOption('collect');
    await every.fill('30');
    for (const [name, isAsked, words] of [
      ['tasmota', true, /every/],
      ['shelly-gen2', false, /once/],
      ['zigbee2mqtt', false, /once/],
      ['auto', true, /every/],
    ] as const) {
      await profile.selectOption(name);
      assert.equal(await every.isVisible(), isAsked, name);
      assert.equal(await every.inputValue(), name === 'tasmota' ? '30' : '', name);
      assert.match((await page.locator('#node-input-control option:checked').textContent()) ?? '', words, name);
    }
    await closeDialog(page);
  });

  it('says when a recording that is played faster begins again', async () => {
    await openScale();
    await page.locator('#node-input-transport').selectOption('recording');
    const tip = page.locator('[data-show="pause"]');
    assert.equal(await tip.isVisible(), false);
    await page.getByLabel('Speed').fill('10');
    assert.match((await tip.textContent()) ?? '', /as long|is long/);
    assert.equal(await tip.isVisible(), true);
    await page.getByLabel('play again and again').uncheck();
    assert.equal(await tip.isVisible(), false);
    await closeDialog(page);
  });

  it('is marked, on the canvas too, where the topic prefix of a product on the wire is missing', async () => {
    const mark = page.locator('#scale .red-ui-flow-node-error');
    const isValid = () =>
      page.evaluate(() => (globalThis as unknown as Editor).RED.nodes.node('scale').valid !== false);
    assert.equal(await isValid(), true);
    await openScale();
    await page.locator('#node-input-profile').selectOption('shelly-gen2');
    await page.locator('#node-input-address.input-error').waitFor();
    await closeDialog(page, 'ok');
    await mark.waitFor({ state: 'visible' });
    assert.equal(await isValid(), false);
    await openScale();
    await page.locator('#node-input-address').fill('shellyplusplugs-aabbccddeeff');
    await closeDialog(page, 'ok');
    await mark.waitFor({ state: 'hidden' });
  });
});
