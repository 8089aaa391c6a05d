import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; null where there is none: the tests' setup says so. */
export const CHROMIUM = PATHS.find((path) => existsSync(path)) ?? null;

/** A page at an address; scripts of the test's own may run in it. */
export async function openPage(address: string): Promise<{ readonly page: Page; readonly browser: Browser }> {
  if (CHROMIUM === null) throw new TypeError('there is no Chromium');
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(address);
  return { page, browser };
}
