import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchChromium, NO_CHROMIUM, newContext } from './chromium.js';
import { leaveOut } from './leave-out.js';

export interface EditorNode {
  id: string;
  type: string;
  _def: { category: string };
  valid?: boolean;
  validationErrors?: string[];
}

/** What the tests use of the editor's own global, in a page. */
export interface Editor {
  RED: {
    nodes: {
      node(id: string): EditorNode;
      eachNode(visit: (node: EditorNode) => void): void;
      eachConfig(visit: (node: EditorNode) => void): void;
    };
    editor: { edit(node: EditorNode): void; editConfig(property: string, type: string, id: string): void };
    workspaces: { show(id: string): void };
    actions: { invoke(name: string): void };
  };
}

/** What runs while a suite is in Chromium, and the pages that are opened there. */
interface InBrowser<Server> {
  readonly server: Server;
  /** One that is opened within a test is closed after it: an editor that is open takes part in every Deploy. */
  newPage(): Promise<Page>;
}

let shared: Promise<Browser> | undefined;

/** One Chromium for all suites of a run. */
after(async () => (await shared)?.close());

/**
 * For a suite in Chromium: both run meanwhile, and the suite is left out where there is no Chromium.
 * @param start starts the Node-RED, or whatever else has one
 */
export function inBrowser<Server extends { stop(): Promise<void> }>(
  start: () => Promise<Server>,
  height = 1400,
): InBrowser<Server> {
  let context: BrowserContext | undefined;
  let server: Server | undefined;
  let opened: Page[] = [];
  before(async function () {
    const executable = chromiumPath();
    if (!executable) leaveOut(this, NO_CHROMIUM);
    shared ??= launchChromium(executable);
    context = await newContext(await shared, { viewport: { width: 1280, height } });
    server = await start();
  });
  beforeEach(() => {
    opened = [];
  });
  afterEach(() => Promise.all(opened.map((page) => page.close())));
  after(async () => {
    await context?.close();
    await server?.stop();
  });
  return {
    get server() {
      return server as Server;
    },
    async newPage() {
      const page = await (context as BrowserContext).newPage();
      opened.push(page);
      return page;
    },
  };
}

/** Opens the editor, and waits until its flows are there. */
export async function openEditor(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await flowsAreThere(page);
}

export async function flowsAreThere(page: Page): Promise<void> {
  await page.locator('.red-ui-flow-node').first().waitFor();
}

/** Opens the dialog of a node, or of a config node. */
export async function openDialog(page: Page, id: string): Promise<void> {
  await page.evaluate((node) => {
    const { RED } = globalThis as unknown as Editor;
    const found = RED.nodes.node(node);
    if (found._def.category === 'config') RED.editor.editConfig('', found.type, node);
    else RED.editor.edit(found);
  }, id);
  // The editor takes the focus into a dialog once that has come in.
  await page.locator('.red-ui-tray-body:focus-within').waitFor();
}

export async function closeDialog(page: Page, button: 'ok' | 'cancel' = 'cancel'): Promise<void> {
  await page.locator(`#node-dialog-${button}, #node-config-dialog-${button}`).click();
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
}
