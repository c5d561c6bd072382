/**
 * From the start of a process to its first loss, as someone meets it who runs Impasto for the first time (no compiled shader is kept)
 * and for the second. Each is a process of its own with a shader cache of its own.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Size, sizeName } from '../../src/bench/pictures.ts';
import type { FirstUseRow, RowFilter } from '../../src/bench/report.ts';
import { progress } from './environment.ts';
import type { KernelChoice } from './open-gpu.ts';

const script = fileURLToPath(new URL('./first-evaluation.ts', import.meta.url));
const loader = import.meta.resolve('tsx');

export interface FirstUseOptions {
  readonly size: Size;
  readonly adapter: string | undefined;
  readonly kernels: KernelChoice;
  readonly isWanted: RowFilter;
}

export const firstUseNames = ({ size }: Pick<FirstUseOptions, 'size'>) =>
  ['cold', 'warm'].map((cache) => `first evaluation ${sizeName(size)}, ${cache} shader cache`);

/** The cold row, then the warm one: the second needs the first. */
export async function firstUseRows(options: FirstUseOptions): Promise<readonly FirstUseRow[]> {
  const names = firstUseNames(options);
  if (!names.some(options.isWanted)) return [];
  // Mesa keeps its cache here; other drivers have their own ways, and there both rows may be warm.
  const cache = mkdtempSync(path.join(tmpdir(), 'impasto-bench-'));
  const rows: FirstUseRow[] = [];
  try {
    for (const name of names) {
      progress(name);
      rows.push({ name, ...(await firstEvaluation(options, cache)) });
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
  return rows.filter(({ name }) => options.isWanted(name));
}

async function firstEvaluation(
  { size, adapter, kernels }: FirstUseOptions,
  cache: string,
): Promise<Omit<FirstUseRow, 'name'>> {
  const args = [String(size.width), String(size.height), kernels, ...(adapter === undefined ? [] : [adapter])];
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, ['--import', loader, script, ...args], {
    env: { ...process.env, MESA_SHADER_CACHE_DIR: cache, MESA_SHADER_CACHE_DISABLE: 'false' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  let ms = Number.NaN;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('\n')) ms = performance.now() - startedAtMs;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`the first evaluation in a fresh process ended with status ${String(status)}`);
  const { parts }: { readonly parts: Readonly<Record<string, number>> } = JSON.parse(output);
  return { ms, parts };
}
