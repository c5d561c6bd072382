/**
 * What the adapter can do at most, measured in the same run as everything that is compared with it: multiply-adds, copied
 * bytes, and the least that a dispatch costs.
 */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { Gpu } from '../core/gpu.ts';
import { defineKernel, type KernelDefinition, type ShaderSource } from '../core/kernel.ts';
import { Program } from '../core/program.ts';
import { gigaPerSecond, summarise } from './statistics.ts';
import { type Effort, timeProgram } from './timing.ts';

export const multiplyAddKernel = defineKernel({
  shader: 'multiply_add.wgsl',
  bindings: { factors: 'read', sums: 'readWrite' },
  params: { count: 'u32' },
});

export const copyKernel = defineKernel({
  shader: 'copy.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: { threads: 'u32', rounds: 'u32' },
});

export const noOpKernel = defineKernel({
  shader: 'no_op.wgsl',
  bindings: { output: 'readWrite' },
  params: { value: 'f32' },
});

export const peakKernels: readonly KernelDefinition[] = [multiplyAddKernel, copyKernel, noOpKernel];

/** The limits that shares are counted against. */
export interface AdapterPeak {
  readonly gflops: number;
  readonly copyGBs: number;
  /** Median of a dispatch that does nothing. */
  readonly dispatchMs: number;
}

/** Independent sums per invocation: as many as hide the latency of a multiply-add, not more than there are registers. */
const accumulatorChoices = [8, 12, 16] as const;
const steps = 8;
const rounds = 128;
const bytesPerVector = 4 * bytesPerFloat;

/**
 * Measures all three. Takes about four times the effort's goal.
 *
 * @param shaders has the texts of {@link peakKernels}, which lie beside this file.
 */
export async function measurePeak(gpu: Gpu, shaders: ShaderSource, effort: Effort): Promise<AdapterPeak> {
  const { device, profile } = gpu;
  // A second engine over the same device, which knows the benchmark's shaders too.
  const bench = new Gpu({ device, profile, shaders, instance: gpu });
  using scope = new BufferScope(bench.buffers);
  let gflops = 0;
  for (const accumulators of accumulatorChoices) {
    gflops = Math.max(gflops, await multiplyAdds(bench, scope, accumulators, effort));
  }
  return {
    gflops,
    copyGBs: await copies(bench, scope, effort),
    dispatchMs: await dispatches(bench, scope, effort),
  };
}

async function multiplyAdds(gpu: Gpu, scope: BufferScope, accumulators: number, effort: Effort): Promise<number> {
  const count = gpu.profile.isSoftware ? 65_536 : 1_048_576;
  const factors = scope.upload('factors', new Float32Array(1 + accumulators).fill(0.4999));
  const sums = scope.allocate('sums', count * bytesPerFloat);
  const best = await leastMs(gpu, effort, (program) => {
    program.dispatch(multiplyAddKernel, {
      bindings: { factors, sums },
      params: { count },
      constants: { ACCUMULATORS: accumulators, STEPS: steps, ROUNDS: rounds },
      grid: [Math.ceil(count / 64)],
    });
  });
  return gigaPerSecond(2 * accumulators * steps * rounds * count, best);
}

/** Bytes of each buffer of the copy: beyond any cache, within the least binding limit. */
const copyBytes = 128 * 2 ** 20;

async function copies(gpu: Gpu, scope: BufferScope, effort: Effort): Promise<number> {
  const threads = gpu.profile.isSoftware ? 16_384 : 262_144;
  const vectors = copyBytes / bytesPerVector;
  const buffer = (label: string): BufferSlice => scope.allocate(label, copyBytes);
  const [input, output] = [buffer('input'), buffer('output')];
  const best = await leastMs(gpu, effort, (program) => {
    program.dispatch(copyKernel, {
      bindings: { input, output },
      params: { threads, rounds: vectors / threads },
      grid: [threads / 64],
    });
  });
  return gigaPerSecond(2 * copyBytes, best);
}

async function dispatches(gpu: Gpu, scope: BufferScope, effort: Effort): Promise<number> {
  const output = scope.allocate('no-op', bytesPerFloat);
  using program = new Program(gpu, 'no-op');
  program.dispatch(noOpKernel, { bindings: { output }, params: { value: 1 }, grid: [1] });
  return summarise(await timeProgram(gpu, program, { ...effort, most: 20 * effort.most })).median;
}

/** The best of many: a peak is not an average. */
async function leastMs(gpu: Gpu, effort: Effort, record: (program: Program) => void): Promise<number> {
  using program = new Program(gpu, 'peak');
  await gpu.checked('the peak measurement', () => record(program));
  return summarise(await timeProgram(gpu, program, effort)).min;
}
