/**
 * npm run pictures: takes the pictures of the README and of docs/recognition.md anew, of a household as `npm start` runs
 * it: its dashboard and its flow while a coffee is brewing, and its dialog when that is over. Takes a quarter of an hour.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Ending } from '../../scripts/household/ending.js';
import { startHousehold } from '../../scripts/household/household.js';
import { chromiumPath, launchChromium, NO_CHROMIUM, newContext } from '../support/chromium.js';
import { freePort, ROOT } from '../support/node-red.js';

/** The second coffee comes as slowly as it was recorded: a reading is never dated ahead. */
const PATIENCE_MS = 1_500_000;

interface Editor {
  nodes: { node(id: string): object };
  editor: { edit(node: object): void };
}

async function main(): Promise<void> {
  const executable = chromiumPath();
  if (!executable) throw new Error(NO_CHROMIUM);
  const ending = new Ending();
  const data = await mkdtemp(join(tmpdir(), 'kindred-pictures-'));
  ending.add(() => rm(data, { recursive: true, force: true }));
  try {
    const household = await startHousehold(
      { port: await freePort(), speed: 10, data, commandBesidesPort: 'npm start --' },
      ROOT,
      ending,
      console.error,
    );
    const browser = await launchChromium(executable);
    ending.add(() => browser.close());
    // Nothing moves: the pictures come out the same, and waiting for them costs next to nothing.
    const usual = await newContext(browser, { reducedMotion: 'reduce' });
    const sharp = await newContext(browser, { deviceScaleFactor: 2, reducedMotion: 'reduce' });
    const dashboard = await pageOf(usual.newPage(), household.dashboard, 1280, 1100);
    const editor = await pageOf(usual.newPage(), household.editor, 1600, 1000);
    const dialog = await pageOf(sharp.newPage(), household.editor, 1280, 1400);

    await brewingInCompany(dashboard);
    await editor.locator('.red-ui-flow-node-status-label', { hasText: '1 person' }).waitFor();
    await dashboard.screenshot({ path: imageOf('dashboard') });
    await editor.screenshot({ path: imageOf('editor-household') });

    await dashboard.getByText('Nothing going on').waitFor({ timeout: PATIENCE_MS });
    await lastRun(dialog);
  } finally {
    await ending.run();
  }
}

async function pageOf(opened: Promise<Page>, url: string, width: number, height: number): Promise<Page> {
  const page = await opened;
  await page.setViewportSize({ width, height });
  await page.goto(url);
  return page;
}

const imageOf = (name: string): string => join(ROOT, 'docs', 'images', `${name}.png`);

/** Until a coffee is brewing, somebody else has one, too, and two kinds of activity have become habits. */
async function brewingInCompany(dashboard: Page): Promise<void> {
  await dashboard.locator('.kindred-habits article').nth(1).waitFor({ timeout: PATIENCE_MS });
  await dashboard.locator('.kindred-open h2', { hasText: 'Coffee' }).waitFor({ timeout: PATIENCE_MS });
  const company = dashboard.locator('.kindred-people header', { hasText: /^Having one with you/ });
  await company.locator('.kindred-count').waitFor({ timeout: PATIENCE_MS });
}

/** The part of the dialog that shows the last run, with a little room around it. */
async function lastRun(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { RED } = window as unknown as { RED: Editor };
    RED.editor.edit(RED.nodes.node('household-coffee'));
  });
  const section = page.locator('#kindred-recognition');
  await section.locator('.run.finished').last().waitFor();
  // The dialog slides in.
  await page.waitForTimeout(1000);
  const heading = await page.locator('h4:has(+ #kindred-recognition)').boundingBox();
  const rest = await section.boundingBox();
  if (!heading || !rest) throw new Error('the dialog does not show the last run');
  const clip = {
    x: rest.x - 10,
    y: heading.y - 8,
    width: rest.width + 20,
    height: rest.y + rest.height - heading.y + 16,
  };
  await page.screenshot({ path: imageOf('collect-parameters'), clip });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
