/** Opens the adapter that a command computes on, with the kernels asked for or measured. */

import { InputError, messageOf } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { cacheFilePath, readCacheFile } from '../platform/node/cache-file.ts';
import { openGpu } from '../platform/node/gpu.ts';
import { measuredOn, parseTuning, type TuningTable } from '../tuning/tuning.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { remark } from './output.ts';

/** Where `impasto tune` keeps its measurements, in the user's cache folder. */
export const tuningFile = 'tuning.json';

/** Opens the adapter asked for, with what was measured on it; the caller disposes it. @throws DeviceError, InputError as `openGpu`. */
export async function openEngine(options: Omit<EngineArguments, 'weights'>): Promise<Gpu> {
  const { adapter, kernels = 'auto', lowMemory } = options;
  const named = {
    ...(adapter === undefined ? {} : { adapter }),
    ...(lowMemory === undefined ? {} : { lowMemory }),
  };
  if (kernels !== 'auto') return openGpu({ ...named, kernelFamily: kernels });
  const table = await readTuning();
  return openGpu({ ...named, measured: (profile) => measuredOn(table ?? [], profile) });
}

/** The user's measurements; undefined where there are none, or, with a remark, none that can be read. */
export async function readTuning(): Promise<TuningTable | undefined> {
  try {
    const text = await readCacheFile(tuningFile);
    return text === undefined ? undefined : parseTuning(cacheFilePath(tuningFile), text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    remark(`ignored: ${messageOf(error)}`);
    return undefined;
  }
}
