/**
 * Content (perceptual) loss at a tap: `weight · mean((F − F*)²)` over all values of the feature map.
 *
 * Source: Gatys et al. (2016), eq. 1. Opposed to the paper, the mean replaces half the sum, so that a weight means the same
 * at every size of picture and layer.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import { recordMse } from '../kernels/mse.ts';

export interface ContentLossOptions {
  /** F*, [positions, channels]; stays the caller's. */
  readonly target: BufferSlice;
  /** positions · channels. */
  readonly values: number;
  readonly weight: number;
  /** This term's row of partial sums. */
  readonly partial: BufferSlice;
}

/** Factor from `Σ (F − F*)²` to the weighted loss. */
export function contentLossScale(options: { readonly values: number; readonly weight: number }): number {
  return options.weight / options.values;
}

export class ContentLoss {
  readonly #options: ContentLossOptions;

  constructor(options: ContentLossOptions) {
    this.#options = options;
  }

  /** Records the partial sums of the value and `gradient = old + 2 · weight / values · (F − F*)`. */
  record(
    program: Program,
    { feature, gradient, accumulate }: { feature: BufferSlice; gradient: BufferSlice; accumulate: boolean },
  ): void {
    const { target, values, partial } = this.#options;
    const scale = 2 * contentLossScale(this.#options);
    recordMse(program, { input: feature, reference: target, gradient, partial, values, scale, accumulate });
  }
}
