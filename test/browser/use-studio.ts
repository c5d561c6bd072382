/** The built page on a server and a browser, for all tests of a file. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, type StaticSite, serveFolder } from './chromium.ts';
import { type OpenOptions, StudioPage } from './studio-page.ts';

/** Builds and serves before the file's tests, and takes all down after them. */
export function useStudio(): {
  readonly site: () => StaticSite;
  readonly open: (hash?: string, options?: OpenOptions) => Promise<StudioPage>;
} {
  let built: BuiltPage;
  let site: StaticSite;
  let browser: Browser;
  beforeAll(async () => {
    built = await buildPage('vite.config.ts');
    site = await serveFolder(built.folder);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });
  return { site: () => site, open: (hash = '', options = {}) => StudioPage.open(browser, site.address, hash, options) };
}
