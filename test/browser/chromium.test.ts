/** What every test in a browser stands on: Chromium starts, and gives an adapter that runs shaders. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { launchChromium, serveFolder } from './chromium.ts';

async function adapterSeenBy(options: { readonly webGpu: boolean }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'impasto-page-'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>empty</title>');
  await using site = await serveFolder(folder);
  await using browser = await launchChromium(options);
  const page = await browser.newPage();
  await page.goto(site.address);
  const answer = await page.evaluate(async () => {
    if (navigator.gpu === undefined) return 'no WebGPU';
    const adapter = await navigator.gpu.requestAdapter();
    return adapter === null ? 'no adapter' : adapter.info.architecture;
  });
  await rm(folder, { recursive: true });
  return answer;
}

it('Chromium has WebGPU on SwiftShader', async () => {
  expect(await adapterSeenBy({ webGpu: true })).toBe('swiftshader');
});

it('Chromium can be without WebGPU, for the page that says so', async () => {
  expect(await adapterSeenBy({ webGpu: false })).toMatch(/^no /);
});
