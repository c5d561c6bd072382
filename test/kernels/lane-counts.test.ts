/**
 * The `lanes` kernels at every lane count that lavapipe can make: 4, 8 and 16 (vectors of 128, 256 and 512 bits). The width
 * is read once a process, so each is a process of its own. On other adapters the run at their own width stands alone.
 */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hasWideVectors } from '../../src/platform/node/vector-width.ts';

const program = new URL('../support/check-lanes.ts', import.meta.url).pathname;
const run = promisify(execFile);

function widths(): readonly (readonly [number, number])[] {
  const wide = process.platform === 'linux' && hasWideVectors(readFileSync('/proc/cpuinfo', 'utf8'));
  return [[4, 128] as const, [8, 256] as const, ...(wide ? [[16, 512] as const] : [])];
}

it.each(widths())('%i lanes (%i bits)', async (lanes, bits) => {
  const env = { ...process.env, LP_NATIVE_VECTOR_WIDTH: String(bits) };
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program], { env });
  const result: { lanes: number; checked: number; problems: string[] } = JSON.parse(stdout);
  expect(result.problems).toEqual([]);
  expect(result.checked).toBeGreaterThan(50);
  expect(result.lanes).toBe(lanes);
});
