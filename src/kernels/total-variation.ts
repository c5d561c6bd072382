/**
 * Total variation of the picture, value and gradient in one pass: Σ of squared differences of neighbours.
 *
 * Source: Mahendran and Vedaldi (2015), eq. 6 with β = 2.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { workgroupSize } from './elementwise.ts';
import { partialsPerTerm } from './mse.ts';
import type { ChannelTriple } from './normalise.ts';

export const totalVariationKernel = defineKernel({
  shader: 'total_variation.wgsl',
  bindings: { input: 'read', gradient: 'readWrite', partial: 'readWrite' },
  params: {
    height: 'u32',
    width: 'u32',
    first: 'u32',
    count: 'u32',
    scale: 'f32',
    channelScale0: 'f32',
    channelScale1: 'f32',
    channelScale2: 'f32',
  },
});

/**
 * Records `gradient += scale · dTV/dx` and `partial`, whose sum is TV, over a picture [height, width, 3]; with `rows`, at these alone, each
 * row's sum being that of its differences to the right and to the row below.
 */
export function recordTotalVariation(
  program: Program,
  options: {
    readonly input: BufferSlice;
    readonly gradient: BufferSlice;
    /** [partialsPerTerm] */
    readonly partial: BufferSlice;
    readonly height: number;
    readonly width: number;
    /** All when absent. */
    readonly rows?: { readonly first: number; readonly count: number };
    readonly scale: number;
    /** Factor from the variable's channel to the 0..1 range of pixels. */
    readonly channelScale: ChannelTriple;
  },
): void {
  const { input, gradient, partial, height, width, scale, channelScale } = options;
  const rows = options.rows ?? { first: 0, count: height };
  program.dispatch(totalVariationKernel, {
    bindings: { input, gradient, partial },
    params: {
      height,
      width,
      first: 3 * width * rows.first,
      count: 3 * width * rows.count,
      scale,
      channelScale0: channelScale[0],
      channelScale1: channelScale[1],
      channelScale2: channelScale[2],
    },
    grid: [partialsPerTerm / workgroupSize],
  });
}
