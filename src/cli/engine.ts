/** The options that say what computes: weights, adapter, kernels; shared by `stylize` and `evaluate`. */

import { type Gpu, type KernelFamily, kernelFamilies } from '../core/gpu.ts';
import { openGpu } from '../platform/node/gpu.ts';

/** As commander collects them. */
export interface EngineArguments {
  readonly weights?: string;
  readonly adapter?: string;
  readonly kernels?: KernelFamily | 'auto';
}

export const kernelChoices: readonly (KernelFamily | 'auto')[] = ['auto', ...kernelFamilies];

/** Opens the adapter asked for; the caller disposes it. @throws DeviceError, InputError as `openGpu`. */
export async function openEngine({ adapter, kernels = 'auto' }: EngineArguments): Promise<Gpu> {
  return openGpu({
    ...(adapter === undefined ? {} : { adapter }),
    kernelFamily: kernels === 'auto' ? undefined : kernels,
  });
}
