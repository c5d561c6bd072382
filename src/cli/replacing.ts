/** What a job goes on with after its device was lost, or had no memory for it. */

import type { Gpu } from '../core/gpu.ts';
import { KernelPreference } from '../kernels/preference.ts';
import type { LastingRequest, RunOnDevice } from '../transfer/lasting-run.ts';
import type { PreparedRun } from '../transfer/stylize.ts';
import { openEngine } from './engine.ts';
import type { EngineArguments } from './engine-arguments.ts';

/** A driver may need a while to start again. */
const attempts = 5;
const firstDelayMs = 200;

type Replace = LastingRequest['replace'];

/**
 * Opens devices as the first one was: the same kernels compute the same bits.
 *
 * @param prepare The run on a device.
 */
export function replacementsOf(first: Gpu, given: EngineArguments, prepare: (gpu: Gpu) => PreparedRun): Replace {
  let lowMemory = isLow(first);
  return async (trouble) => {
    if (trouble === 'memory') {
      // Bands and tiles, where they come to be, are further ways to less.
      if (lowMemory) return undefined;
      lowMemory = true;
    }
    return await prepared(await reopened({ ...given, lowMemory }), prepare);
  };
}

/** How a way that takes less memory is called. */
export function wayOf(gpu: Gpu): string {
  return isLow(gpu) ? 'kernels that take less memory' : 'a new device';
}

function isLow({ kernelPreference }: Gpu): boolean {
  return kernelPreference instanceof KernelPreference && kernelPreference.lowMemory;
}

async function prepared(gpu: Gpu, prepare: (gpu: Gpu) => PreparedRun): Promise<RunOnDevice> {
  try {
    return { gpu, run: prepare(gpu) };
  } catch (error) {
    gpu[Symbol.dispose]();
    throw error;
  }
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
