import assert from 'node:assert/strict';
import type { Page, Route } from 'playwright-core';
import { closeDialog, inBrowser, openDialog, openEditor } from '../support/editor.js';
import { NodeRed, until } from '../support/node-red.js';

type Span = [from: number, to: number, low: number, high: number];
interface Drawing {
  draw(view: object, options: object): { svg: SVGElement };
}

const PLAYED = { transport: 'recording', recording: 'kettle-uk-house-5.csv', file: '', speed: 1000, loop: false };
const FLOW = [
  { id: 'tab', type: 'tab', label: 'test' },
  {
    ...{ id: 'kettle', type: 'appliance-connect', z: 'tab', version: 1, name: 'Kettle', profile: 'auto', ...PLAYED },
    ...{ control: '', paths: [], x: 200, y: 100, wires: [['collect'], []] },
  },
  {
    ...{ id: 'collect', type: 'collect-parameters', z: 'tab', version: 1, kind: 'kettle', activity: '', place: '' },
    ...{ recogniser: 'auto', parameters: [], everySeconds: 60, instruction: '', x: 400, y: 100, wires: [[], []] },
  },
];

describe('the dialog about what was recognised, in Chromium', () => {
  const browser = inBrowser(() => NodeRed.start({ flows: FLOW }));
  let page: Page;

  before(async () => {
    const nodeRed = browser.server;
    await until('the boil is over', async () => {
      const path = '/kindred/collect-parameters/collect/pictures';
      const { pictures } = await nodeRed.admin<{ pictures: { runs: { state: string }[] }[] }>('GET', path);
      return pictures[0]?.runs.some(({ state }) => state === 'finished');
    });
    page = await browser.newPage();
    await openEditor(page, nodeRed.url);
  });

  it('has from, to and both buttons in one line under what is asked, and keeps each with its name', async () => {
    await openDialog(page, 'collect');
    const section = page.locator('#kindred-recognition');
    await section.getByRole('button', { name: 'Other times' }).click();
    const places = async () => {
      const form = section.getByRole('group', { name: 'When was it really?' });
      const parts = [form.locator('> span').first(), ...(await form.locator('label').all()), form.getByRole('button')];
      const boxes = await Promise.all(parts.map((part) => part.first().boundingBox()));
      return boxes.map((box) => ({ middle: (box?.y ?? 0) + (box?.height ?? 0) / 2, height: box?.height ?? 0 }));
    };
    await until('they stand so', async () => {
      const [asked, from, to, save] = await places();
      if (!asked || !from || !to || !save) return false;
      const isLine = Math.abs(from.middle - to.middle) < 3 && Math.abs(to.middle - save.middle) < 3;
      return isLine && asked.middle < from.middle - 15 && from.height < 45 && to.height < 45;
    });
    await closeDialog(page);
  });

  it('says why there is no picture, and why a correction was not taken', async () => {
    const section = page.locator('#kindred-recognition');
    const say = (text: string | RegExp) => section.getByText(text).waitFor();
    let status = 401;
    const answer = (route: Route) => (status === 0 ? route.abort() : route.fulfill({ status, body: '' }));
    await page.route('**/collect/pictures', answer);
    await openDialog(page, 'collect');
    await say('You may not do this: it needs the permission “flows.read”.');
    status = 404;
    await say('This node does not run: deploy it, switch it on');
    status = 409;
    await say('The subflow of this node has several instances');
    status = 0;
    await say('Node-RED cannot be reached.');
    await page.unroute('**/collect/pictures');
    await page.route('**/collect/corrections', answer);
    status = 401;
    await section.getByRole('button', { name: 'It was none' }).click();
    await section.getByRole('alert').filter({ hasText: 'it needs the permission “flows.write”' }).waitFor();
    await page.unroute('**/collect/corrections');
    await closeDialog(page);
  });

  it('asks once every two seconds, also where a correction was sent while an answer was under way', async () => {
    const section = page.locator('#kindred-recognition');
    await page.route('**/collect/corrections', (route) => route.fulfill({ json: {} }));
    await openDialog(page, 'collect');
    await section.getByRole('button', { name: 'It was none' }).waitFor();
    const asked: Route[] = [];
    await page.route('**/collect/pictures', (route) => void asked.push(route));
    await until('it is asked', () => asked.length === 1);
    await section.getByRole('button', { name: 'It was none' }).click();
    await until('it is asked anew', () => asked.length === 2);
    for (const route of asked.splice(0)) await route.continue();
    await until('it is asked again', () => asked.length > 0);
    await page.waitForTimeout(2500);
    assert.equal(asked.length, 1);
    await page.unrouteAll();
    await closeDialog(page);
  });

  it('draws what was measured then, and no room for what was not', async () => {
    const drawn = (weight: Span[], power: Span[] = [[1_000_000, 1_100_000, 0, 2000]]) =>
      page.evaluate(
        ({ lines }) => {
          const { kindredPicture } = globalThis as unknown as { kindredPicture: Drawing };
          const say = () => 'run';
          const words = { number: String, parameter: String, run: say, runTitle: say, label: 'picture' };
          const view = { lines, words: [], runs: [], actions: [] };
          const { svg } = kindredPicture.draw(view, { from: 1_000_000, to: 1_100_000, width: 500, words });
          return {
            titles: [...svg.querySelectorAll('.title')].map(({ textContent }) => textContent),
            height: Number(svg.getAttribute('height')),
          };
        },
        {
          lines: [
            { parameter: 'power', spans: power },
            { parameter: 'weight', spans: weight },
          ],
        },
      );
    const both = await drawn([[1_050_000, 1_050_000, 0, 200]]);
    assert.deepEqual(both.titles, ['power', 'weight']);
    const alone = await drawn([]);
    assert.deepEqual(alone.titles, ['power']);
    assert.ok(alone.height < both.height);
    assert.deepEqual(
      await drawn([[900_000, 900_000, 0, 200]]),
      alone,
      'it was measured before, and told nothing since',
    );
    assert.deepEqual(await drawn([[1_200_000, 1_200_000, 0, 200]]), alone, 'it was measured after that');
    const held: Span[] = [
      [900_000, 900_000, 200, 200],
      [1_150_000, 1_150_000, 300, 300],
    ];
    assert.deepEqual(await drawn(held), both, 'it held all the time');
    assert.equal((await drawn([], [])).height, alone.height);
  });
});
