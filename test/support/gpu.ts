/** A device for a test file: opened once, checked for an empty pool after each test, disposed at the end. */

import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Gpu } from '../../src/core/gpu.ts';
import type { Program } from '../../src/core/program.ts';
import { type KernelFamily, KernelPreference, type MeasuredVariants } from '../../src/kernels/preference.ts';
import { openGpu, readShader } from '../../src/platform/node/gpu.ts';

/** Registers the hooks and returns a getter for the device. Without an adapter the suite fails; it never skips. */
export function useGpu(): () => Gpu {
  let gpu: Gpu | undefined;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterEach(() => {
    expect(gpu?.buffers.count, 'buffers still allocated after the test').toBe(0);
    gpu?.assertHealthy();
  });
  afterAll(() => {
    gpu?.[Symbol.dispose]();
  });
  return () => {
    if (gpu === undefined) throw new Error('the test GPU is opened in beforeAll');
    return gpu;
  };
}

/** The same device told which kernels to run: a family, or what to take for measured. Its buffers are its own. */
export function withKernels({ device, profile }: Gpu, told: KernelFamily | MeasuredVariants): Gpu {
  const kernelPreference = new KernelPreference(typeof told === 'string' ? { family: told } : { measured: told });
  return new Gpu({ device, profile, shaders: readShader, instance: device, kernelPreference });
}

/** Builds a program inside error scopes, runs it once and waits for it. */
export async function runProgram(gpu: Gpu, label: string, record: (program: Program) => void): Promise<void> {
  const { Program } = await import('../../src/core/program.ts');
  using program = new Program(gpu, label);
  await gpu.checked(label, () => {
    record(program);
    gpu.submit([program]);
  });
  await gpu.idle();
}
