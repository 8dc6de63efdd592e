import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { type BrowserContext, chromium } from 'playwright-core';
import { leaveOut } from './leave-out.js';

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

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** Where Chromium is. CHROMIUM_PATH names another place. */
export function chromiumPath(): string | undefined {
  return [process.env.CHROMIUM_PATH, ...PLACES].find((path) => path && existsSync(path));
}

interface Look {
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
  /** Pixels of the screen to one of the page. */
  deviceScaleFactor?: number;
}

/** A fresh Chromium without a window; leaves the suite out where there is none. */
export async function startChromium(test: Context, look: Look = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) leaveOut(test, NO_CHROMIUM);
  return openChromium(executablePath, look);
}

/** A fresh Chromium without a window. */
export async function openChromium(executablePath: string, look: Look = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'kindred-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    locale: 'en-GB',
    ...look,
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
