/** The options that say what computes: weights, adapter, kernels; shared by `stylize` and `evaluate`. */

import { type KernelFamily, kernelFamilies } from '../core/gpu.ts';

/** As commander collects them. */
export interface EngineArguments {
  readonly weights?: string;
  readonly adapter?: string;
  readonly kernels?: KernelFamily | 'auto';
  readonly lowMemory?: true;
}

export const kernelChoices: readonly (KernelFamily | 'auto')[] = ['auto', ...kernelFamilies];
