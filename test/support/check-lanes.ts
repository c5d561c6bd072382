/**
 * A program, not a test: checks the `lanes` variants of the cases on the adapter as its environment makes it (lavapipe's
 * vector width is read once a process), and prints the lane count, how many cases ran, and what went wrong.
 */

import { backendFor } from '../../src/kernels/family.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';
import { kernelCases } from '../cases/index.ts';
import { checkCase } from './run-case.ts';

const gpu = await openGpu();
const backend = backendFor(gpu.profile);
const problems: string[] = [];
let checked = 0;
for (const kernelCase of kernelCases) {
  const isLanes = ({ name }: { readonly name: string }): boolean => /lanes(?!.*bands)/.test(name);
  if (!kernelCase.variants(gpu).some(isLanes)) continue;
  const onlyLanes = { ...kernelCase, variants: () => kernelCase.variants(gpu).filter(isLanes) };
  problems.push(...(await checkCase(gpu, onlyLanes)));
  checked += 1;
}
gpu[Symbol.dispose]();
const lanes = backend.family === 'lanes' ? backend.lanes : 0;
process.stdout.write(`${JSON.stringify({ lanes, checked, problems })}\n`, () => process.exit(0));
