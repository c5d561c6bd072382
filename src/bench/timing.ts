/**
 * How long a program takes on the device: one pass per time between two timestamps. `core/timing.ts` times each dispatch
 * instead, in a pass of its own, which tells parts apart but costs a little more.
 */

import { bufferUsage } from '../core/buffers.ts';
import { DeviceError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { repetitionsFor } from './statistics.ts';

const bytesPerTimestamp = 8;
const nanosecondsPerMillisecond = 1e6;

/** `GPUBufferUsage.QUERY_RESOLVE`. */
const queryResolve = 0x0200;

/** @throws DeviceError when the adapter has no timestamp queries. */
export function requireTimestamps(gpu: Gpu): void {
  if (canTimeDispatches(gpu)) return;
  throw new DeviceError(`${gpu.profile.description} has no timestamp queries, which the benchmark times by`);
}

/** Whether parts of a program can be told apart: they are dispatches between timestamps. */
export function canTimeDispatches(gpu: Gpu): boolean {
  return gpu.device.features.has('timestamp-query');
}

/** What times are read off. */
export interface Clock {
  /** The wall's clock, from submit to idle, serves where the device has no timestamps. */
  readonly kind: 'timestamps' | 'wall';
  /** Differences below this mean nothing: browsers round timestamps, and a submit costs wall time of its own. */
  readonly resolutionMs: number;
}

const exactTimestamps: Clock = { kind: 'timestamps', resolutionMs: 0 };

/** The finest clock of a device in a browser, which rounds timestamps to 65 or 100 µs against attacks by timing. */
export function browserClock(gpu: Gpu): Clock {
  return canTimeDispatches(gpu) ? { kind: 'timestamps', resolutionMs: 0.1 } : { kind: 'wall', resolutionMs: 1 };
}

/** A measured time is at least this many steps of the clock, so that rounding moves it by 5 % at most. */
const leastClockSteps = 20;

/** How often something that takes about `onceMs` is repeated between two readings of the clock. */
export function repeatsFor(onceMs: number, clock: Clock = exactTimestamps): number {
  const leastMs = leastClockSteps * clock.resolutionMs;
  return Math.max(1, Math.min(mostRepeats, Math.ceil(leastMs / Math.max(onceMs, 1e-3))));
}

const mostRepeats = 256;

interface Repetitions {
  /** Times that are wanted. */
  readonly runs: number;
  /** Repetitions between two readings of the clock; a time is their mean. */
  readonly repeats: number;
}

/** Milliseconds of programs by timestamps, all runs submitted together. */
export async function timePasses(
  gpu: Gpu,
  programs: readonly Program[],
  { runs, repeats }: Repetitions,
): Promise<readonly number[]> {
  const { device } = gpu;
  const count = runs * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.buffers.allocate('timestamps', count * bytesPerTimestamp, queryResolve | bufferUsage.copySource);
  try {
    const encoder = device.createCommandEncoder();
    for (let run = 0; run < runs; run++) {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * run, endOfPassWriteIndex: 2 * run + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      for (let i = 0; i < repeats; i++) for (const program of programs) program.encode(pass);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, count, resolved.buffer, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array((await gpu.read(resolved)).buffer);
    return Array.from({ length: runs }, (_, run) => {
      const elapsed = (stamps[2 * run + 1] ?? 0n) - (stamps[2 * run] ?? 0n);
      return Number(elapsed) / nanosecondsPerMillisecond / repeats;
    });
  } finally {
    gpu.buffers.release(resolved);
    querySet.destroy();
  }
}

/** Milliseconds of a program by the wall's clock, a submit each run. */
async function timeSubmits(gpu: Gpu, program: Program, { runs, repeats }: Repetitions): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < runs) {
    const startedAtMs = performance.now();
    gpu.submit(Array.from({ length: repeats }, () => program));
    await gpu.idle();
    times.push((performance.now() - startedAtMs) / repeats);
  }
  return times;
}

/** How long one row of a table may be measured, and how often at least and at most. */
export interface Effort {
  readonly goalMs: number;
  readonly least: number;
  readonly most: number;
  /** Exact timestamps when absent. */
  readonly clock?: Clock;
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
  const { clock = exactTimestamps } = effort;
  const measure = (repetitions: Repetitions): Promise<readonly number[]> =>
    clock.kind === 'wall' ? timeSubmits(gpu, program, repetitions) : timePasses(gpu, [program], repetitions);
  await measure({ runs: 1, repeats: 1 });
  let repeats = 1;
  let [onceMs = 0] = await measure({ runs: 1, repeats });
  // A clock that shows nothing says little of how many repetitions it would take: they grow step by step.
  while (onceMs * repeats < leastClockSteps * clock.resolutionMs && repeats < mostRepeats) {
    repeats = Math.min(8 * repeats, repeatsFor(onceMs, clock));
    [onceMs = 0] = await measure({ runs: 1, repeats });
  }
  const passMs = onceMs * repeats;
  const wanted = repetitionsFor(passMs, effort);
  const perSubmit = Math.max(1, Math.min(wanted, mostPerSubmit, Math.floor(longestSubmitMs / Math.max(passMs, 1e-3))));
  const milliseconds: number[] = [];
  while (milliseconds.length < wanted) {
    const runs = Math.min(perSubmit, wanted - milliseconds.length);
    milliseconds.push(...(await measure({ runs, repeats })));
  }
  return milliseconds;
}
