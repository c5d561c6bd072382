/** The steps of `npm run check`, and how one is run and reported: a line with its time, its output if it fails. */

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './setup/run.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What can be said without running the engine. */
export const staticSteps = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  { name: 'shaders', args: ['--import', 'tsx', 'tools/check-shaders.ts'] },
];

/** Part of the whole vitest run as well, so only `npm run check` needs it as a step. */
export const conventionsStep = {
  name: 'conventions',
  args: ['node_modules/vitest/vitest.mjs', 'run', 'test/conventions'],
};

/** Runs the steps one after the other, all of them whatever happens; returns how many passed and failed. */
export async function runSteps(steps) {
  let passed = 0;
  for (const step of steps) if (await runStep(step)) passed += 1;
  return { passed, failed: steps.length - passed };
}

async function runStep({ name, args }) {
  const started = performance.now();
  const { status, output } = await run(process.execPath, args, { cwd: root });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const passed = status === 0;
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(12)} ${seconds} s`);
  if (!passed) console.log(output.trimEnd());
  return passed;
}
