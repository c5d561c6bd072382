/** How long each dispatch of a program takes on the device, by timestamp queries at the borders of one pass per dispatch. */

import { bufferUsage } from './buffers.ts';
import { DeviceError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';

/** One dispatch of a program and its times, one per run. */
export interface DispatchTiming {
  readonly label: string;
  readonly milliseconds: readonly number[];
}

/** WebGPU allows this many queries a set. */
const mostQueries = 4096;
/** `GPUBufferUsage.QUERY_RESOLVE`. */
const queryResolve = 0x0200;
const bytesPerTimestamp = 8;
const nanosecondsPerMillisecond = 1e6;

/**
 * Runs a program `runs` times and times each of its dispatches. Timestamps are rounded to 65 µs unless the device was opened with
 * exact ones; passes of their own cost a little more than dispatches in one pass.
 *
 * @param repeats How often a dispatch follows itself in its pass; its time is their mean. For clocks too coarse for one.
 * @throws DeviceError when the device has no timestamp queries.
 */
export async function timeDispatches(
  gpu: Gpu,
  program: Program,
  runs: number,
  repeats = 1,
): Promise<readonly DispatchTiming[]> {
  if (!gpu.device.features.has('timestamp-query')) {
    throw new DeviceError('the adapter has no timestamp queries; time whole submits instead');
  }
  const { dispatches } = program;
  const times: number[][] = dispatches.map(() => []);
  const perSet = mostQueries / 2;
  for (let run = 0; run < runs; run++) {
    for (let start = 0; start < dispatches.length; start += perSet) {
      const part = dispatches.slice(start, start + perSet);
      const measured = await timeOnce(gpu, part, repeats);
      measured.forEach((value, index) => {
        times[start + index]?.push(value);
      });
    }
  }
  return dispatches.map(({ label }, index) => ({ label, milliseconds: times[index] ?? [] }));
}

async function timeOnce(gpu: Gpu, dispatches: Program['dispatches'], repeats: number): Promise<readonly number[]> {
  const { device } = gpu;
  const count = dispatches.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const usage = queryResolve | bufferUsage.copySource;
  const resolved = gpu.buffers.allocate('timestamps', count * bytesPerTimestamp, usage);
  try {
    const encoder = device.createCommandEncoder();
    dispatches.forEach(({ compiled, bindGroup, grid }, index) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: index * 2, endOfPassWriteIndex: index * 2 + 1 },
      });
      pass.setPipeline(compiled.pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...grid);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved.buffer, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array((await gpu.read(resolved)).buffer);
    return dispatches.map((_, index) => {
      const elapsed = (stamps[index * 2 + 1] ?? 0n) - (stamps[index * 2] ?? 0n);
      return Number(elapsed) / nanosecondsPerMillisecond / repeats;
    });
  } finally {
    gpu.buffers.release(resolved);
    querySet.destroy();
  }
}
