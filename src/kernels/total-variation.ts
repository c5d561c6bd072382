/**
 * Total variation of the picture, value and gradient in one pass: Σ of squared differences of neighbours, each kind of pair with its weight.
 *
 * Source: Mahendran and Vedaldi (2015), eq. 6 with β = 2; Crowson, style-transfer-pytorch (2021), TVLoss.
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
    horizontal: 'f32',
    vertical: 'f32',
    diagonal: 'f32',
    horizontalAtEdge: 'f32',
    verticalAtEdge: 'f32',
    scale: 'f32',
    channelScale0: 'f32',
    channelScale1: 'f32',
    channelScale2: 'f32',
  },
});

/** What a pair of neighbours counts. */
export interface PairWeights {
  readonly horizontal: number;
  readonly vertical: number;
  readonly diagonal: number;
  /** Added for a horizontal pair in the top or bottom row, twice where that is the same one. */
  readonly horizontalAtEdge: number;
  /** Added for a vertical pair in the first or last column, twice where that is the same one. */
  readonly verticalAtEdge: number;
}

/** The neighbours to the right and below. */
export const fourNeighbours: PairWeights = {
  horizontal: 1,
  vertical: 1,
  diagonal: 0,
  horizontalAtEdge: 0,
  verticalAtEdge: 0,
};

/**
 * The neighbours all around, in a picture [height, width, 3] whose edge is replicated by one. TV / (3 · height · width) is then
 * `2 · (mean dx² / 3 + mean dy² / 3 + (mean d↘² + mean d↙²) / 12)`, the means being over the enlarged picture.
 *
 * The replicated rows repeat the horizontal differences of the rows at the edge, and a diagonal into them is one of these, too: two at
 * each pair. So nothing needs to be read beyond the picture.
 */
export function ninePoints({ width, height }: { readonly width: number; readonly height: number }): PairWeights {
  const values = height * width;
  const horizontal = ((2 / 3) * values) / ((height + 2) * (width + 1));
  const vertical = ((2 / 3) * values) / ((height + 1) * (width + 2));
  const diagonal = ((2 / 12) * values) / ((height + 1) * (width + 1));
  return {
    horizontal,
    vertical,
    diagonal,
    horizontalAtEdge: horizontal + 2 * diagonal,
    verticalAtEdge: vertical + 2 * diagonal,
  };
}

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
    /** All when absent. A row counts as the picture's top or bottom where its neighbour is not at hand. */
    readonly rows?: { readonly first: number; readonly count: number };
    readonly weights: PairWeights;
    readonly scale: number;
    /** Factor from the variable's channel to the 0..1 range of pixels. */
    readonly channelScale: ChannelTriple;
  },
): void {
  const { input, gradient, partial, height, width, weights, scale, channelScale } = options;
  const rows = options.rows ?? { first: 0, count: height };
  program.dispatch(totalVariationKernel, {
    bindings: { input, gradient, partial },
    params: {
      height,
      width,
      first: 3 * width * rows.first,
      count: 3 * width * rows.count,
      ...weights,
      scale,
      channelScale0: channelScale[0],
      channelScale1: channelScale[1],
      channelScale2: channelScale[2],
    },
    grid: [partialsPerTerm / workgroupSize],
  });
}
