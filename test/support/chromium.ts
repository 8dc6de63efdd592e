import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const NO_CHROMIUM = `Chromium is not installed (looked at ${PLACES.join(', ')} and CHROMIUM_PATH)`;

/** Where Chromium is. CHROMIUM_PATH names another place. */
export function chromiumPath(): string | undefined {
  return [process.env.CHROMIUM_PATH, ...PLACES].find((path) => path && existsSync(path));
}

interface Look {
  viewport?: { width: number; height: number };
  /** Pixels of the screen to one of the page. */
  deviceScaleFactor?: number;
  /** What the system asks pages for: nothing that moves by itself. */
  reducedMotion?: 'reduce';
}

/** A Chromium without a window. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** What is opened in it shares nothing with what is opened elsewhere. */
export async function newContext(browser: Browser, look: Look = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...look });
  // A page is slow where the machine is busy with something else.
  context.setDefaultTimeout(60_000);
  return context;
}
