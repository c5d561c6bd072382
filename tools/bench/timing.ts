/**
 * How long a program takes on the device: one pass per repetition between two timestamps. `core/timing.ts` times each dispatch
 * instead, in a pass of its own, which tells parts apart but costs a little more.
 */

import { bufferUsage } from '../../src/core/buffers.ts';
import { DeviceError } from '../../src/core/errors.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import type { Program } from '../../src/core/program.ts';
import { repetitionsFor } from './statistics.ts';

const bytesPerTimestamp = 8;
const nanosecondsPerMillisecond = 1e6;

/** `GPUBufferUsage.QUERY_RESOLVE`. */
const queryResolve = 0x0200;

/** @throws DeviceError when the adapter has no timestamp queries. */
export function requireTimestamps(gpu: Gpu): void {
  if (gpu.device.features.has('timestamp-query')) return;
  throw new DeviceError(`${gpu.profile.description} has no timestamp queries, which the benchmark times by`);
}

/** Milliseconds of each of `runs` repetitions, submitted together. */
export async function timePasses(gpu: Gpu, programs: readonly Program[], runs: number): Promise<readonly number[]> {
  const { device } = gpu;
  const count = runs * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.buffers.allocate('timestamps', count * bytesPerTimestamp, queryResolve | bufferUsage.copySource);
  try {
    const encoder = device.createCommandEncoder();
    for (let run = 0; run < runs; run++) {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * run, endOfPassWriteIndex: 2 * run + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      for (const program of programs) program.encode(pass);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, count, resolved.buffer, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array((await gpu.read(resolved)).buffer);
    return Array.from({ length: runs }, (_, run) => {
      const elapsed = (stamps[2 * run + 1] ?? 0n) - (stamps[2 * run] ?? 0n);
      return Number(elapsed) / nanosecondsPerMillisecond;
    });
  } finally {
    gpu.buffers.release(resolved);
    querySet.destroy();
  }
}

/** How long one row of a table may be measured, and how often at least and at most. */
export interface Effort {
  readonly goalMs: number;
  readonly least: number;
  readonly most: number;
}

/** Longest stretch in one submit: drivers of real GPUs end submits that take seconds. */
const longestSubmitMs = 250;

/** WebGPU allows 4096 queries a set, two a repetition. */
const mostPerSubmit = 2048;

/**
 * Milliseconds of a program, as many as the effort allows, after two runs whose times are thrown away: the first may compile, the
 * second says how many fit.
 */
export async function timeProgram(gpu: Gpu, program: Program, effort: Effort): Promise<readonly number[]> {
  await timePasses(gpu, [program], 1);
  const [onceMs = 0] = await timePasses(gpu, [program], 1);
  const wanted = repetitionsFor(onceMs, effort);
  const perSubmit = Math.max(1, Math.min(wanted, mostPerSubmit, Math.floor(longestSubmitMs / Math.max(onceMs, 1e-3))));
  const milliseconds: number[] = [];
  while (milliseconds.length < wanted) {
    milliseconds.push(...(await timePasses(gpu, [program], Math.min(perSubmit, wanted - milliseconds.length))));
  }
  return milliseconds;
}
