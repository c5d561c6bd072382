/** The kernels' small cases against their f64 references, on this adapter, before anything is timed: a wrong kernel has no speed. */

import type { Report } from '../../src/bench/report.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { kernelCases } from '../../test/cases/index.ts';
import { checkCase } from '../../test/support/run-case.ts';
import { progress } from './environment.ts';

/** Checks every variant of every case whose operations number at most `mostFlops`. */
export async function checkKernels(gpu: Gpu, mostFlops: number): Promise<Report['checks']> {
  const cases = kernelCases.filter(({ flops }) => flops <= mostFlops);
  progress(`checking ${cases.length} cases against their references`);
  const problems: string[] = [];
  for (const each of cases) problems.push(...(await checkCase(gpu, each)));
  return { cases: cases.length, problems };
}
