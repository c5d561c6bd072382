/** Builds pages into a folder of their own, for the tests that drive them. */

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A built page on disk; disposing removes it. */
export interface BuiltPage extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Builds the page in a folder of the repository.
 *
 * @param place from the root: a folder with an `index.html`, or a Vite configuration.
 */
export async function buildPage(place: string): Promise<BuiltPage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'impasto-page-'));
  const root = fileURLToPath(new URL(`../../${place}`, import.meta.url));
  const isConfig = place.endsWith('.ts');
  // Tests run under NODE_ENV=test, for which parts of the page would be built for developing, whatever Vite's mode.
  const nodeEnvironment = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({
      ...(isConfig ? { configFile: root } : { configFile: false, root, base: './' }),
      logLevel: 'warn',
      mode: 'production',
      build: { outDir: folder, emptyOutDir: true, ...(isConfig ? {} : { target: 'esnext', minify: false }) },
    });
  } finally {
    process.env['NODE_ENV'] = nodeEnvironment;
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
