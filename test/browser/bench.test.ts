/** The benchmark page in Chromium: measures, cancels, hands its figures out. SwiftShader, the smallest sizes. */

import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fields } from '../support/fixture.ts';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, type StaticSite, serveFolder } from './chromium.ts';

/** Every shader is compiled and run on the CPU, on which other programs may be busy. */
const timeoutMs = 400_000;
const stepTimeoutMs = 60_000;

describe('the benchmark page', () => {
  let built: BuiltPage;
  let site: StaticSite;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    built = await buildPage('vite.config.ts');
    site = await serveFolder(built.folder, '/below/a/path/');
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    await page.goto(`${site.address}bench.html`);
    await page.getByTestId('adapter').getByText('google swiftshader').waitFor();
  });
  afterEach(async () => {
    await context.close();
    expect(problems.splice(0)).toEqual([]);
  });

  const measure = () => page.getByRole('button', { name: 'Measure' });
  const table = (about: RegExp) => page.getByRole('table', { name: about });
  const rowsOf = (about: RegExp) => table(about).getByRole('row');

  async function chooseSmallest(): Promise<void> {
    await page.getByLabel('Kernels on the layers of').selectOption('32');
    const evaluations = page.getByRole('group', { name: 'Whole evaluations of' }).getByRole('checkbox');
    for (const box of await evaluations.all()) await box.uncheck();
    await page.getByRole('checkbox', { name: '32 × 32' }).check();
  }

  /** Waits for a step of this name, looking at every frame: on a quick machine a step lasts a few of them. */
  async function stepSays(name: string): Promise<void> {
    await page.waitForFunction(
      (wanted) => document.querySelector('[data-testid=step]')?.textContent?.includes(wanted) === true,
      name,
      { polling: 'raf', timeout: stepTimeoutMs },
    );
  }

  it(
    'measures kernels and evaluations, and hands the figures out as Markdown and JSON',
    async () => {
      await chooseSmallest();
      const answer = page.getByTestId('answer');
      await answer.getByText(/^Measure how long a picture takes on this device\. It takes some minutes/).waitFor();
      await measure().click();
      await page.getByRole('progressbar', { name: 'Measured' }).waitFor();
      await stepSays(' left');
      await page.getByRole('status').getByText('done', { exact: true }).waitFor({ timeout: timeoutMs });
      await measure().waitFor();
      expect(await answer.innerText()).toMatch(
        /^A picture of 256 pixels takes about \d+ (?:seconds|minutes|hours) on this device\.$/,
      );
      expect((await answer.boundingBox())?.y).toBeLessThan((await table(/^Kernels/).boundingBox())?.y ?? 0);

      await page
        .getByTestId('peak')
        .getByText(/Measured peak: [\d.]+ GFLOP\/s/)
        .waitFor();
      const kernels = await rowsOf(/^Kernels, device time/).allInnerTexts();
      for (const name of ['conv1_1 forward', 'conv5_1,conv5_2,conv5_3 backward', 'gram relu3_3 forward', 'mse']) {
        expect(kernels.filter((row) => row.startsWith(name)).length, name).toBeGreaterThan(0);
      }
      expect(kernels.slice(1).filter((row) => !/\bok\b/.test(row))).toEqual([]);
      expect(await rowsOf(/^Loss and gradient/).allInnerTexts()).toHaveLength(2);
      expect(await rowsOf(/^Shares of an evaluation/).count()).toBeGreaterThan(4);

      await page.getByRole('button', { name: 'Copy as Markdown' }).click();
      await page.getByRole('status').getByText('copied as Markdown').waitFor();
      const markdown = await page.evaluate(() => navigator.clipboard.readText());
      expect(markdown).toMatch(
        /^google swiftshader on \d+ cores, Linux, Chrome \d+, 20\d\d-\d\d-\d\d\. Measured peak: /,
      );
      expect(markdown).toMatch(/^\| evaluation 32x32 \|/m);
      expect(markdown).not.toContain('undefined');

      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download as JSON' }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toMatch(/^impasto-benchmark-google-swiftshader-20\d\d-\d\d-\d\d\.json$/);
      const report = new Fields(JSON.parse(await readFile(await download.path(), 'utf8')));
      expect(report.fields('peak').number('gflops')).toBeGreaterThan(0);
      expect(report.list('evaluations')).toHaveLength(1);
      const used = report
        .list('kernels')
        .map((row) => new Fields(row))
        .filter((row) => row.flag('isUsed'));
      expect(used.length).toBeGreaterThan(20);
      for (const row of used) expect(row.fields('ms').number('median'), row.text('name')).toBeGreaterThan(0);

      // How long one like it takes is known the next time.
      await page.reload();
      await page.getByTestId('adapter').getByText('google swiftshader').waitFor();
      await chooseSmallest();
      await answer.getByText(/It takes about \d+ (?:seconds|minutes), as it did before\.$/).waitFor();
    },
    timeoutMs,
  );

  it(
    'cancels at once, keeps what was measured, and can measure again',
    async () => {
      await chooseSmallest();
      await measure().click();
      // The heading and the first kernel.
      await rowsOf(/^Kernels, device time/)
        .nth(1)
        .waitFor({ timeout: stepTimeoutMs });
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('status').getByText('cancelled').waitFor();
      expect(await rowsOf(/^Kernels, device time/).count()).toBeGreaterThan(1);
      await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled);
      expect(await page.getByLabel('Kernels on the layers of').inputValue()).toBe('32');
      await measure().click();
      await stepSays('measuring the peak');
    },
    timeoutMs,
  );

  it('says why where the example pictures or weights do not arrive', async () => {
    await page.route(/\.safetensors$/, (route) => route.abort());
    await chooseSmallest();
    await measure().click();
    await page.getByRole('alert').getByText('the network could not be fetched').waitFor();
    await page.getByRole('status').getByText('the benchmark ended early').waitFor();
    // The browser writes the failed request to its console; nothing else may be there.
    expect(problems.splice(0).every((text) => text.includes('net::ERR_FAILED'))).toBe(true);
  });
});

describe('without WebGPU', () => {
  it('the benchmark page says which browser or setting would help', async () => {
    await using built = await buildPage('vite.config.ts');
    await using site = await serveFolder(built.folder);
    await using browser = await launchChromium({ webGpu: false });
    const page = await browser.newPage();
    await page.goto(`${site.address}bench.html`);
    const alert = page.getByTestId('unsupported');
    await alert
      .getByText(/Chrome/)
      .first()
      .waitFor();
    expect(await page.getByTestId('answer').innerText()).toContain('no WebGPU');
    expect(await page.getByRole('button', { name: 'Measure' }).count()).toBe(0);
  });
});
