/**
 * Total variation loss on the picture: `weight / (3 · H · W) · Σ (squared differences of neighbours)`, in the picture's 0..1
 * range. Takes away the grain that style losses at shallow layers leave.
 *
 * Source: Mahendran and Vedaldi (2015), eq. 6 with β = 2; the mean makes a weight mean the same at every size.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';
import { recordTotalVariation } from '../kernels/total-variation.ts';

export interface TotalVariationLossOptions {
  readonly width: number;
  readonly height: number;
  readonly weight: number;
  /** Factor from the variable's channel to the 0..1 range of pixels. */
  readonly channelScale: ChannelTriple;
  /** This term's row of partial sums. */
  readonly partial: BufferSlice;
}

/** Factor from the sum to the weighted loss. */
export function totalVariationScale(options: {
  readonly width: number;
  readonly height: number;
  readonly weight: number;
}): number {
  return options.weight / (3 * options.width * options.height);
}

export class TotalVariationLoss {
  readonly #options: TotalVariationLossOptions;

  constructor(options: TotalVariationLossOptions) {
    this.#options = options;
  }

  /** Records the partial sums of the value and adds the gradient to `gradient`; comes after everything that overwrites it. */
  record(program: Program, { input, gradient }: { readonly input: BufferSlice; readonly gradient: BufferSlice }): void {
    const { width, height, channelScale, partial } = this.#options;
    const scale = totalVariationScale(this.#options);
    recordTotalVariation(program, { input, gradient, partial, height, width, scale, channelScale });
  }
}
