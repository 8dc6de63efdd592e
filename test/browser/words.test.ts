import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeDialog, type Editor, flowsAreThere, inBrowser, openDialog } from '../support/editor.js';
import { NodeRed } from '../support/node-red.js';
import { nodesIn } from '../support/package.js';

const CONFIG = ['kindred-account', 'share-account'];
/** What a user acts on, as the accessibility tree calls it. */
const CONTROLS = ['button', 'checkbox', 'combobox', 'link', 'searchbox', 'spinbutton', 'textbox'];
/** Letters that only a font of pictures has. */
const PICTURES = /[\ue000-\uf8ff]/u;

describe('what the editor says of our nodes, in Chromium', () => {
  const browser = inBrowser(() => NodeRed.start({ flows: nodesIn('examples') }));
  let page: Page;

  before(async () => {
    page = await browser.newPage();
  });

  /** Opens the editor in a language, which need not be one of ours. */
  async function speak(language: string): Promise<void> {
    await page.goto(browser.server.url);
    await page.evaluate((chosen) => localStorage.setItem('editor-language', chosen), language);
    await page.reload();
    await flowsAreThere(page);
  }

  it('every control of a dialog has a name, and no picture is part of what a field is called', async () => {
    await speak('en-US');
    const unnamed: string[] = [];
    await eachDialog(page, async (type) => {
      for (const { role, name } of await controls(page)) {
        if (!CONTROLS.includes(role)) continue;
        // The editor's own button that adds a line to a list has its picture in its name.
        const isNamed = name.trim() !== '' && (role === 'button' || !PICTURES.test(name));
        if (!isNamed) unnamed.push(`${type}: ${role} "${name}"`);
      }
    });
    assert.deepEqual(unnamed, []);
  });

  it('the keyboard reaches what makes a new account', async () => {
    const node = await page.evaluate(() => {
      const { RED } = globalThis as unknown as Editor;
      let asks = '';
      RED.nodes.eachNode(({ type, id }) => {
        if (type === 'friend-request') asks = id;
      });
      return asks;
    });
    await openDialog(page, node);
    await page.getByLabel('Account', { exact: true }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#node-config-input-url').waitFor();
    await page.locator('#node-config-dialog-cancel').click();
    await page.locator('#node-config-input-url').waitFor({ state: 'detached' });
    await closeDialog(page);
  });

  for (const language of ['de', 'zh-CN', 'ja']) {
    it(`no key of a catalogue is shown and no name in the palette is torn, in ${language}`, async () => {
      await speak(language);
      const keys: string[] = [];
      await eachDialog(page, async (type) => {
        const said = (await page.locator('.kindred-dialog').textContent()) ?? '';
        keys.push(...(said.match(new RegExp(`${type}\\.[a-z][\\w.-]+`, 'g')) ?? []));
      });
      assert.deepEqual(keys, []);
      const palette = await namesInPalette(page);
      assert.equal(palette.length, 7);
      const torn = palette.filter(({ name, lines }) => !name.split(/[ -]/).every((word) => lines.includes(word)));
      assert.deepEqual(torn, [], 'a word is wider than a node is in the palette');
    });
  }
});

/** Opens one dialog of each of our nodes after the other. */
async function eachDialog(page: Page, look: (type: string) => Promise<void>): Promise<void> {
  const ids = await page.evaluate((config) => {
    const { RED } = globalThis as unknown as Editor;
    const first = new Map<string, string>();
    RED.nodes.eachNode(({ type, id, _def }) => {
      if (_def.category === 'kindred') first.set(type, id);
    });
    RED.nodes.eachConfig(({ type, id }) => {
      if (config.includes(type)) first.set(type, id);
    });
    return [...first];
  }, CONFIG);
  assert.equal(ids.length, 9);
  for (const [type, id] of ids) {
    await openDialog(page, id);
    await look(type);
    await closeDialog(page);
  }
}

interface AxNode {
  nodeId: string;
  backendDOMNodeId?: number;
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  childIds?: string[];
}

/** What is in the open dialog, as a screen reader has it. */
async function controls(page: Page): Promise<{ role: string; name: string }[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Accessibility.enable');
  const { root } = await session.send('DOM.getDocument', { depth: 0 });
  const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: '.kindred-dialog' });
  const { node } = await session.send('DOM.describeNode', { nodeId });
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] };
  await session.detach();
  const byId = new Map(nodes.map((one) => [one.nodeId, one]));
  const within = (id: string): AxNode[] => {
    const one = byId.get(id);
    return one ? [one, ...(one.childIds ?? []).flatMap(within)] : [];
  };
  const dialog = nodes.find(({ backendDOMNodeId }) => backendDOMNodeId === node.backendNodeId);
  assert.ok(dialog);
  return within(dialog.nodeId)
    .filter(({ ignored }) => !ignored)
    .map(({ role, name }) => ({ role: role?.value ?? '', name: name?.value ?? '' }));
}

/** The names of our nodes, and how the editor breaks each into lines. */
function namesInPalette(page: Page): Promise<{ name: string; lines: string }[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('#red-ui-palette-kindred .red-ui-palette-node')].map((node) => ({
      name: node.dataset.paletteLabel ?? '',
      lines: node.querySelector<HTMLElement>('.red-ui-palette-label')?.innerHTML ?? '',
    })),
  );
}
