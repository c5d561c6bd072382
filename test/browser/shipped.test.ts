/** What the built page is and says of itself: its weight, what it forbids itself, its server, and its words without WebGPU. */

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, serveFolder } from './chromium.ts';
import { quick, StudioPage } from './studio-page.ts';

let built: BuiltPage;
beforeAll(async () => {
  built = await buildPage('vite.config.ts');
});
afterAll(() => built[Symbol.asyncDispose]());

describe('what is shipped', () => {
  it('without WebGPU says which browser and setting would help, by name', async () => {
    await using site = await serveFolder(built.folder);
    await using without = await launchChromium({ webGpu: false });
    await using studio = await StudioPage.open(without, site.address);
    const message = await studio.byId('unsupported').innerText();
    expect(message).toContain('chrome://');
    expect(message).toMatch(/Firefox \d+/);
    expect(await studio.byId('paint').and(studio.page.locator(':enabled')).count()).toBe(0);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  });

  it('is at most 186 kB of JavaScript, compressed, and 130 kB in the page before it paints', async () => {
    await using site = await serveFolder(built.folder);
    await using chromium = await launchChromium();
    await using studio = await StudioPage.open(chromium, site.address, '', { serviceWorkers: 'block' });
    await studio.isReady();
    const loaded = new Set(site.requests.filter((file) => file.endsWith('.js')));
    expect([...loaded].filter((file) => file.includes('worker'))).toHaveLength(1);
    const shipped = (await readdir(built.folder, { recursive: true })).filter((file) => file.endsWith('.js'));
    const sizeOf = async (files: Iterable<string>) => {
      const packed = Array.from(files, async (file) => gzipSync(await readFile(path.join(built.folder, file))).length);
      return (await Promise.all(packed)).reduce((sum, size) => sum + size, 0);
    };
    expect(await sizeOf(loaded)).toBeLessThanOrEqual(130_000);
    expect(await sizeOf(shipped)).toBeLessThanOrEqual(186_000);
  });

  it('draws the losses, by a library that is asked for when somebody wants to see them', async () => {
    await using site = await serveFolder(built.folder);
    await using chromium = await launchChromium();
    await using studio = await StudioPage.open(chromium, site.address, `${quick}&iterations=6`, {
      serviceWorkers: 'block',
    });
    await studio.isReady();
    const libraries = () => site.requests.filter((file) => file.includes('uPlot') && file.endsWith('.js'));
    await studio.paint();
    await studio.says(/^Done: 6 steps/);
    expect(libraries()).toEqual([]);
    await studio.byId('instruments').getByText('Losses and figures').click();
    const canvas = studio.byId('chart').locator('canvas');
    await canvas.waitFor();
    // The three lines' own ink, and the first style layer's; redrawn a moment after the last report.
    const inks = () =>
      canvas.evaluate((element) => {
        if (!(element instanceof HTMLCanvasElement)) return [];
        const { width, height } = element;
        const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        if (context === null) return [];
        context.drawImage(element, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const style = getComputedStyle(element);
        return ['total', 'content', 'style', 'style-1'].map((name) => {
          context.fillStyle = style.getPropertyValue(`--loss-${name}`);
          const ink = [1, 3, 5].map((at) => Number.parseInt(String(context.fillStyle).slice(at, at + 2), 16));
          const isInk = (at: number) => ink.every((value, channel) => Math.abs(value - (data[at + channel] ?? 0)) < 12);
          return data.filter((value, index) => index % 4 === 3 && value > 200 && isInk(index - 3)).length;
        });
      });
    const drawn = async () => (await inks()).map((pixels) => pixels > 40);
    await expect.poll(drawn, { timeout: 5000 }).toEqual([true, true, true, false]);
    const legend = () => studio.byId('chart').locator('.key').allInnerTexts();
    expect(await legend()).toEqual(
      ['total', 'content', 'style'].map((name) => expect.stringMatching(`^${name}\\s+\\d`)),
    );
    await studio.byId('chart').getByLabel('Layers').check();
    await expect.poll(drawn, { timeout: 5000 }).toEqual([true, true, true, true]);
    expect((await legend()).join()).toContain('style relu1_1');
    expect(libraries()).toHaveLength(1);
    expect(studio.misbehaviour).toEqual({ complaints: [], foreignRequests: [] });
  });

  it('forbids itself everything but its own origin, and has no inline script', async () => {
    for (const file of ['index.html', 'bench.html']) {
      const html = (await readFile(path.join(built.folder, file), 'utf8')).replaceAll('&#39;', "'");
      const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
      expect(policy, file).toContain("default-src 'none'");
      expect(policy, file).toContain("script-src 'self';");
      expect(policy, file).not.toMatch(/unsafe|\*|https?:/);
      // A script without a source is inline.
      expect(html.match(/<script(?![^>]*\ssrc=)/g), file).toBeNull();
      expect(html, file).not.toMatch(/\s(?:style|on\w+)=/);
    }
  });
});

describe('the server of `npm run page`', () => {
  it('listens on loopback only, forbids by headers too, and gives nothing outside its folder', async () => {
    const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));
    const server = await preview({
      configFile,
      logLevel: 'silent',
      build: { outDir: built.folder },
      preview: { port: 0 },
    });
    try {
      const listening = server.httpServer.address();
      if (listening === null || typeof listening === 'string') throw new Error('the server has no port');
      expect(listening.address).toBe('127.0.0.1');
      const get = (asked: string) => fetch(`http://127.0.0.1:${listening.port}${asked}`);
      const page = await get('/');
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      for (const asked of [
        '/..%2f..%2fpackage.json',
        '/%2e%2e/%2e%2e/package.json',
        '/@fs/etc/passwd',
        '/assets/..%2f..%2f..%2fetc%2fpasswd',
        '/nothing',
      ]) {
        const answer = await get(asked);
        expect(answer.status, asked).toBeGreaterThanOrEqual(400);
        expect(await answer.text(), asked).not.toMatch(/root:|"name": "impasto"/);
      }
    } finally {
      await server.close();
    }
  });
});
