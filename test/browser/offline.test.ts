/** What the built page fetches when, and what it can do when nothing can be fetched any more. In Chromium on SwiftShader, below a path. */

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, type StaticSite, serveFolder } from './chromium.ts';
import { quick, runTimeoutMs, StudioPage } from './studio-page.ts';

let built: BuiltPage;
let browser: Browser;
beforeAll(async () => {
  built = await buildPage('vite.config.ts');
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await built[Symbol.asyncDispose]();
});

/** Resolves when the service worker has all its files. */
async function isKept(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

async function goOffline(studio: StudioPage, site: StaticSite): Promise<void> {
  await studio.context.setOffline(true);
  // A worker's requests, too, have nobody to ask.
  await site[Symbol.asyncDispose]();
}

/** Names of the caches, each with the number of files in it that end like this. */
async function cachesWith(page: Page, ending: string): Promise<readonly (readonly [name: string, files: number])[]> {
  return await page.evaluate(async (end) => {
    const counts = (await caches.keys()).map(async (name) => {
      const files = await (await caches.open(name)).keys();
      return [name, files.filter(({ url }) => url.endsWith(end)).length] as const;
    });
    return await Promise.all(counts);
  }, ending);
}

const isWeights = (file: string): boolean => file.endsWith('.safetensors');

describe('without a network', () => {
  it(
    'the page opens with its pictures and paints, and the benchmark page opens',
    async () => {
      await using site = await serveFolder(built.folder, '/some/where/');
      await using studio = await StudioPage.open(browser, site.address, `${quick}&iterations=3`);
      await studio.paint();
      await studio.says(/^Done: 3 steps/);
      await isKept(studio.page);
      await goOffline(studio, site);

      await studio.page.reload();
      await studio.isReady();
      const width = (image: Element) => (image instanceof HTMLImageElement ? image.naturalWidth : 0);
      expect(await studio.byId('before').evaluate(width)).toBeGreaterThan(100);
      await studio.byId('canvas').and(studio.page.locator('[data-painted=true]')).waitFor();
      await studio.paint();
      await studio.says(/^Step|^Preparing/);
      await studio.says(/^Done: 3 steps/);

      await studio.button('Choose another painting: examples').click();
      const pictures = studio.page.locator('.gallery-picture img');
      await expect
        .poll(async () => await Promise.all((await pictures.all()).map((picture) => picture.evaluate(width))))
        .toEqual(Array.from({ length: 6 }, () => expect.toSatisfy((pixels: number) => pixels > 100)));
      // Once, where they always were.
      const weights = (await cachesWith(studio.page, '.safetensors')).filter(([, files]) => files > 0);
      expect(weights).toEqual([['impasto-weights-1', 1]]);

      await studio.page.goto(`${site.address}bench.html`);
      await studio.byId('adapter').getByText('google swiftshader').waitFor();
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    },
    runTimeoutMs,
  );

  it('a new build is there at the next load, and the old one stays whole until its last page is closed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'impasto-builds-'));
    try {
      await cp(built.folder, folder, { recursive: true });
      await using site = await serveFolder(folder);
      await using studio = await StudioPage.open(browser, site.address);
      await isKept(studio.page);
      await buildAgain(folder);

      await studio.page.reload();
      expect(await buildOf(studio.page)).toBe('the second build');
      const waiting = () =>
        studio.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state);
      await expect.poll(waiting, { timeout: 30_000 }).toBe('installed');
      await goOffline(studio, site);
      await studio.page.reload();
      await studio.isReady();
      expect(await buildOf(studio.page)).toMatch(/^Paint a photograph/);

      await expect
        .poll(
          async () => {
            // Somewhere else for a moment, as when a tab is closed and the page opened again.
            await studio.page.goto('about:blank');
            await studio.page.waitForTimeout(500);
            await studio.goto('');
            return await buildOf(studio.page);
          },
          { timeout: 30_000 },
        )
        .toBe('the second build');
      await studio.isReady();
      const pages = (await cachesWith(studio.page, 'index.html')).filter(([, files]) => files > 0);
      expect(pages.map(([name]) => name.split(' ').at(-1))).toEqual(['second']);
      expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Changes a built page as another build would: a page, and with it the service worker's list. */
async function buildAgain(folder: string): Promise<void> {
  const [index, worker] = ['index.html', 'service-worker.js'].map((name) => path.join(folder, name));
  if (index === undefined || worker === undefined) return;
  const html = await readFile(index, 'utf8');
  const nextHtml = html.replace(/(name="description" content=")[^"]*/, '$1the second build');
  const sumOf = (text: string) => createHash('sha256').update(text).digest('base64');
  const script = await readFile(worker, 'utf8');
  await writeFile(index, nextHtml);
  await writeFile(worker, script.replace(sumOf(html), sumOf(nextHtml)).replace(/"id":"\w+"/, '"id":"second"'));
}

async function buildOf(page: Page): Promise<string | null> {
  return await page.locator('meta[name=description]').getAttribute('content');
}

describe('opening the page', () => {
  it('shows the photograph once its file is there, moves nothing, and fetches the network when it is on the screen', async () => {
    await using site = await serveFolder(built.folder);
    const engine = (await readdir(path.join(built.folder, 'assets'))).find((file) => file.startsWith('worker-'));
    const arrive = site.hold(engine ?? 'no such file');
    // Another shape than the frame has before there is a picture. A service worker would ask for the files once more.
    await using studio = await StudioPage.open(browser, site.address, 'content=astronaut', { serviceWorkers: 'block' });
    const photograph = studio.byId('before');
    const pixels = () => photograph.evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0));
    await expect.poll(pixels, { timeout: 30_000 }).toBe(512);
    expect(await studio.byId('paint').isEnabled()).toBe(false);
    const first = await photograph.elementHandle();
    const source = await photograph.getAttribute('src');
    arrive();
    await studio.hasNetwork();
    // The engine has it too by now, and it has not changed: neither the element nor what it shows.
    expect(await photograph.evaluate((image, first) => image === first, first)).toBe(true);
    expect(await photograph.getAttribute('src')).toBe(source);
    expect(site.requests.filter((file) => /astronaut.*png$/.test(file))).toHaveLength(1);
    await studio.byId('plan').getByText('×').waitFor();
    const shifts = await studio.page.evaluate(async () => {
      const seen: number[] = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if ('value' in entry) seen.push(Number(entry.value));
      }).observe({ type: 'layout-shift', buffered: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return seen;
    });
    expect(shifts).toEqual([]);

    const shownAtMs = await studio.page.evaluate(async () => {
      const largest = await new Promise<PerformanceEntry | undefined>((resolve) => {
        const observer = new PerformanceObserver((list) => resolve(list.getEntries().at(-1)));
        observer.observe({ type: 'largest-contentful-paint', buffered: true });
      });
      return performance.timeOrigin + (largest?.startTime ?? Number.NaN);
    });
    const fetchedAtMs = await studio.page.workers()[0]?.evaluate(() => {
      const entries = performance.getEntriesByType('resource');
      const weights = entries.find(({ name }) => name.endsWith('.safetensors'));
      return performance.timeOrigin + (weights?.startTime ?? Number.NaN);
    });
    expect(fetchedAtMs).toBeGreaterThan(shownAtMs);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  });

  it('fetches no network where bytes are dear, until somebody turns to the controls', async () => {
    await using site = await serveFolder(built.folder);
    const arrive = site.hold('.safetensors');
    const script = `Object.defineProperty(navigator, 'connection', { value: { saveData: true, effectiveType: '4g' } })`;
    await using studio = await StudioPage.open(browser, site.address, '', { script });
    await studio.isReady();
    await studio.byId('plan').getByText('×').waitFor();
    await studio.page.waitForTimeout(500);
    expect(await studio.says(/./)).toBe('Ready');
    expect(site.requests.filter((file) => isWeights(file) || file === 'service-worker.js')).toEqual([]);

    await studio.byId('paint').hover();
    await studio.says(/^Ready; the network is on its way, 0 of 29 MB$/);
    await expect.poll(() => site.requests.filter(isWeights).length).toBe(1);
    arrive();
    await studio.says(/^Ready$/);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  });

  it('offers it to be installed', async () => {
    await using site = await serveFolder(built.folder, '/some/where/');
    await using studio = await StudioPage.open(browser, site.address);
    const devtools = await studio.context.newCDPSession(studio.page);
    const { url, errors, data = '' } = await devtools.send('Page.getAppManifest');
    expect(url).toBe(`${site.address}manifest.webmanifest`);
    expect(errors).toEqual([]);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // The tests' profiles are all private ones.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    const theme = studio.page.locator('meta[name=theme-color][media*=light]');
    expect(data).toContain(`"theme_color":"${await theme.getAttribute('content')}"`);
  });
});
