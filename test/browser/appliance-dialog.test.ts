import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeDialog, type Editor, inBrowser, openDialog, openEditor } from '../support/editor.js';
import { NodeRed } from '../support/node-red.js';

const SCALE = {
  ...{ id: 'scale', type: 'appliance-connect', z: 'tab', version: 1, name: 'Scale', profile: 'auto', address: '' },
  ...{ transport: 'wire', recording: 'coffee-corner.jsonl', file: '', speed: 1, loop: true, control: '', paths: [] },
  ...{ broker: '', channel: '', commandTopic: '', everySeconds: '', x: 200, y: 100, wires: [[], []] },
};

/** A scale that another program reads, with paths of its own. */
const PATHS = [
  { parameter: 'weight', path: 'w', factor: 0.1, offset: '' },
  { parameter: 'temperature', path: 'a.t', factor: '', offset: -273.15 },
];
const JSON_SCALE = { ...SCALE, id: 'json', name: 'JSON scale', profile: 'json', paths: PATHS, y: 200 };

describe('the dialog of appliance-connect, in Chromium', () => {
  const flows = [{ id: 'tab', type: 'tab', label: 'test' }, SCALE, JSON_SCALE];
  const browser = inBrowser(() => NodeRed.start({ flows }));
  let page: Page;

  before(async () => {
    page = await browser.newPage();
    await openEditor(page, browser.server.url);
  });

  async function openScale(): Promise<void> {
    await openDialog(page, 'scale');
    await page.locator('#node-input-profile option[value="tasmota"]').waitFor({ state: 'attached' });
  }

  const saved = (from: Page) =>
    from.evaluate(() => {
      const { paths, profile, recording, valid } = (globalThis as unknown as Editor).RED.nodes.node(
        'json',
      ) as unknown as {
        paths: object[];
        profile: string;
        recording: string;
        valid?: boolean;
      };
      return { paths, profile, recording, isValid: valid !== false };
    });
  const KEPT = { paths: PATHS, profile: 'json', recording: 'coffee-corner.jsonl', isValid: true };

  it('keeps the paths of a JSON message as they are', async () => {
    await openDialog(page, 'json');
    await page.locator('#node-input-profile option[value="tasmota"]').waitFor({ state: 'attached' });
    assert.equal(await page.locator('#kindred-appliance-away').isVisible(), false);
    await closeDialog(page, 'ok');
    assert.deepEqual(await saved(page), KEPT);
  });

  it('keeps what is chosen where it is not told what there is to choose, and says that', async () => {
    const other = await browser.newPage();
    await other.route('**/kindred/appliance-profiles', (route) => route.abort());
    await openEditor(other, browser.server.url);
    await openDialog(other, 'json');
    await other.getByRole('alert').getByText('did not say which products').waitFor();
    await closeDialog(other, 'ok');
    assert.deepEqual(await saved(other), KEPT);
  });

  it('takes a decimal comma in a speed', async () => {
    const [transport, speed] = [page.locator('#node-input-transport'), page.getByLabel('Speed')];
    const isValid = () =>
      page.evaluate(() => (globalThis as unknown as Editor).RED.nodes.node('scale').valid !== false);
    await openScale();
    await transport.selectOption('recording');
    for (const [written, valid] of [
      ['x', false],
      ['1,5', true],
    ] as const) {
      await speed.fill(written);
      await closeDialog(page, 'ok');
      assert.equal(await isValid(), valid, written);
      await openScale();
    }
    assert.equal(await page.locator('[data-show="pause"]').isVisible(), true);
    await speed.fill('1');
    await transport.selectOption('wire');
    await closeDialog(page, 'ok');
  });

  it('marks a factor that is no number, and keeps what was written', async () => {
    await openDialog(page, 'json');
    await page.locator('.kindred-path-factor').first().fill('x10');
    await closeDialog(page, 'ok');
    const { paths, isValid } = await saved(page);
    assert.deepEqual([(paths[0] as { factor: unknown }).factor, isValid], ['x10', false]);
  });

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

  it('asks how the topics of a recording of one’s own are made, and not of one that comes with it', async () => {
    await openScale();
    await page.locator('#node-input-transport').selectOption('recording');
    const fields = { fullTopic: 'tasmota', base: 'zigbee2mqtt', channel: 'shelly-gen2' };
    await page.locator('#node-input-recording').selectOption('');
    for (const [name, profile] of Object.entries(fields)) {
      await page.locator('#node-input-profile').selectOption(profile);
      assert.equal(await page.locator(`#node-input-${name}`).isVisible(), true, name);
    }
    await page.locator('#node-input-recording').selectOption('coffee-corner.jsonl');
    for (const name of Object.keys(fields)) {
      assert.equal(await page.locator(`#node-input-${name}`).isVisible(), false, name);
    }
    await closeDialog(page);
  });

  it('says why it could not listen, in the editor’s own words', async () => {
    await openScale();
    await page.locator('#node-input-transport').selectOption('mqtt');
    const said = page.locator('#kindred-appliance-found');
    for (const [code, words] of [
      ['busy', 'four are listening already'],
      ['not-connected', 'the MQTT broker is not connected'],
      [undefined, 'Node-RED did not answer'],
    ] as const) {
      const path = '**/kindred/appliances?*';
      await page.route(path, (route) => (code ? route.fulfill({ status: 503, json: { code } }) : route.abort()));
      await page.locator('#kindred-appliance-listen').click();
      await said.getByText(words).waitFor();
      await page.unroute(path);
    }
    await closeDialog(page);
  });

  it('keeps nothing of another appliance when it takes one that was heard', async () => {
    await openScale();
    await page.locator('#node-input-transport').selectOption('mqtt');
    await page.locator('#node-input-profile').selectOption('zigbee2mqtt');
    await page.locator('#node-input-base').fill('home/zigbee');
    await page.locator('#node-input-channel').fill('2');
    const appliances = [{ profile: 'zigbee2mqtt', title: 'Kettle', settings: { address: 'kettle' } }];
    await page.route('**/kindred/appliances?*', (route) => route.fulfill({ json: { appliances } }));
    await page.locator('#kindred-appliance-listen').click();
    await page.getByRole('button', { name: 'Kettle · zigbee2mqtt' }).click();
    const values = ['address', 'base', 'channel'].map((name) => page.locator(`#node-input-${name}`).inputValue());
    assert.deepEqual(await Promise.all(values), ['kettle', '', '']);
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
