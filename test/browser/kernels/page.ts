/** Runs in the browser: the kernels' cases against their f64 references on the browser's adapter. Built by the test beside it. */

import { messageOf } from '../../../src/core/errors.ts';
import { Gpu } from '../../../src/core/gpu.ts';
import { defineKernel } from '../../../src/core/kernel.ts';
import { lanesOf } from '../../../src/kernels/family.ts';
import { openGpu } from '../../../src/platform/browser/gpu.ts';
import { kernelCases } from '../../cases/index.ts';
import { checkCase } from '../../support/run-case.ts';

/** What the cases of one operation came to. */
export interface KernelReport {
  /** Cases that ran, each in all its variants. */
  readonly ran: number;
  /** Names of the variants that ran. */
  readonly variants: readonly string[];
  /** What was wrong, with the case's name in front. */
  readonly problems: readonly string[];
  /** Buffers still allocated afterwards. */
  readonly leaked: number;
  /** What the browser says of its adapter. */
  readonly adapter: string;
  readonly lanes: number | undefined;
}

/** One for all operations: most of the time is the compiler's, and they share pipelines. */
const shared = openGpu();

/** Checks every case of an operation that moves at most so many bytes. */
async function checkKernels(op: string, mostBytes: number): Promise<KernelReport> {
  const gpu = await shared;
  const variants = new Set<string>();
  const problems: string[] = [];
  let ran = 0;
  for (const kernelCase of kernelCases.filter((one) => one.op === op && one.leastBytes <= mostBytes)) {
    for (const { name } of kernelCase.variants(gpu)) variants.add(name);
    problems.push(...(await checkCase(gpu, kernelCase)));
    gpu.assertHealthy();
    ran += 1;
  }
  const { description } = gpu.profile;
  const leaked = gpu.buffers.count;
  return { ran, variants: [...variants], problems, leaked, adapter: description, lanes: lanesOf(gpu.profile) };
}

/** What is said of a kernel whose module is `source`. */
async function refuseShader(source: string): Promise<string> {
  using own = await openGpu();
  const { device, profile } = own;
  const gpu = new Gpu({ device, profile, shaders: () => source, instance: own, compileAside: true });
  const kernel = defineKernel({ shader: 'broken.wgsl', bindings: { output: 'readWrite' }, params: {} });
  return await gpu
    .checked('the test', () => gpu.kernels.get(kernel))
    .then(
      () => 'it was taken',
      (error: unknown) => messageOf(error),
    );
}

Object.assign(globalThis, { checkKernels, refuseShader });
