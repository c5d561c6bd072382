/** The kernels in a browser: the cases of `test/cases`, all variants the adapter can run, against the same f64 references. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelCases } from '../cases/index.ts';
import { variantNames } from '../support/variant-names.ts';
import { type BuiltPage, buildPage } from './build.ts';
import { launchChromium, type StaticSite, serveFolder } from './chromium.ts';
import type { KernelReport } from './kernels/page.ts';

/** SwiftShader alone takes a good part of a minute for the convolutions, and other programs may want the cores too. */
const timeoutMs = 400_000;

/**
 * SwiftShader takes longer for the fifteen largest cases than for all others, and what they are about, long sums and large
 * grids, is arithmetic that the same modules show in Node. IMPASTO_CASES=all runs them here, too.
 */
const mostBytes = process.env['IMPASTO_CASES'] === 'all' ? Number.MAX_SAFE_INTEGER : 4 * 2 ** 20;

/** Of SwiftShader: 128 bits of 32. */
const lanes = 4;

const ops = [...new Set(kernelCases.map(({ op }) => op))];

describe('kernels in Chromium', () => {
  let built: BuiltPage;
  let site: StaticSite;
  let browser: Browser;
  let page: Page;
  const seen = new Set<string>();

  beforeAll(async () => {
    built = await buildPage('test/browser/kernels');
    site = await serveFolder(built.folder);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(site.address);
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });

  it.each(ops)(
    '%s',
    async (op) => {
      const report = await page.evaluate<KernelReport>(`checkKernels(${JSON.stringify(op)}, ${mostBytes})`);
      if (report.problems.length > 0) expect.fail(report.problems.join('\n\n'));
      expect(report).toMatchObject({ adapter: 'google swiftshader', lanes, leaked: 0 });
      expect(report.ran).toBe(kernelCases.filter((one) => one.op === op && one.leastBytes <= mostBytes).length);
      for (const name of report.variants) seen.add(name);
    },
    timeoutMs,
  );

  it('were run in every family', () => {
    expect([...seen].sort()).toEqual(variantNames({ hasLanes: true }));
  });

  it('name file, line and source of a shader that does not compile', async () => {
    const source = [
      '@group(0) @binding(0) var<storage, read_write> output: array<f32>;',
      '@compute @workgroup_size(1)',
      'fn main() {',
      '  // unroll',
      '  for (var i = 0u; i < 3u; i++) {',
      '    output[i] = 0;',
      '  }',
      '  output[0] = nothing;',
      '}',
    ].join('\n');
    const said = await page.evaluate<string>(`refuseShader(${JSON.stringify(source)})`);
    expect(said).toMatch(
      /^the test was refused by WebGPU: shaders\/broken\.wgsl:8:15: .*'nothing' in 'output\[0\] = nothing;'$/,
    );
  });
});
