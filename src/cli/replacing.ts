/** What a job goes on with after its device was lost, or had no memory for it. */

import type { Gpu } from '../core/gpu.ts';
import { KernelPreference } from '../kernels/preference.ts';
import type { LastingRequest, RunOnDevice } from '../transfer/lasting-run.ts';
import { preparedForLess, wordsOfLess } from '../transfer/less-memory.ts';
import type { PreparedRun } from '../transfer/prepare.ts';
import { openEngine } from './engine.ts';
import type { EngineArguments } from './engine-arguments.ts';

/** A driver may need a while to start again. */
const attempts = 5;
const firstDelayMs = 200;

/**
 * Opens devices as the one before was: the same kernels and the same plan compute the same bits. After refused memory they are kernels whose
 * weights are small, and a plan for less.
 *
 * @param prepare The run on a device, planning to take so many bytes at most.
 */
export function replacementsOf(
  given: EngineArguments,
  prepare: (gpu: Gpu, memoryBytes: number) => PreparedRun,
): LastingRequest['replace'] {
  return async (trouble, before) => {
    const isForLess = trouble === 'memory';
    const gpu = await reopened({ ...given, lowMemory: isForLess || isLow(before.gpu) });
    try {
      const on = (memoryBytes: number): PreparedRun => prepare(gpu, memoryBytes);
      return { gpu, run: isForLess ? preparedForLess(before.run, on) : on(before.run.memoryBytes) };
    } catch (error) {
      gpu[Symbol.dispose]();
      throw error;
    }
  };
}

/** What a run goes on with, in words. */
export function wayOf(now: RunOnDevice, before: RunOnDevice): string {
  const kernels = isLow(now.gpu) && !isLow(before.gpu) ? 'kernels whose weights take less, and ' : '';
  return kernels + (wordsOfLess(now.run, before.run) ?? 'a new device');
}

function isLow({ kernelPreference }: Gpu): boolean {
  return kernelPreference instanceof KernelPreference && kernelPreference.lowMemory;
}

async function reopened(given: EngineArguments): Promise<Gpu> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openEngine(given);
    } catch (error) {
      if (attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, firstDelayMs * 2 ** attempt));
    }
  }
}
