/**
 * Convolutions with few input channels as matrix products: the input's patches unrolled, then one product of the `lanes` family
 * (VGG's first, whose three channels fill no vector). Backward, the product comes first and its columns are gathered.
 */

import { bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { type Conv2dShape, cellsOf, conv2dOutputSize, geometryOf, geometryParams } from './conv2d-shape.ts';
import {
  type Conv2dOptions,
  type Conv2dProblem,
  type Conv2dVariant,
  type ConvWeights,
  scratchOf,
} from './conv2d-variant.ts';
import { elementwiseGrid, paddedChannels } from './elementwise.ts';
import { recordGemm } from './gemm.ts';
import { gemmColumnBlock, gemmLanes } from './gemm-lanes.ts';

export const im2colKernel = defineKernel({
  shader: 'im2col.wgsl',
  bindings: { input: 'read', columns: 'readWrite' },
  params: geometryParams,
});

export const col2imKernel = defineKernel({
  shader: 'col2im.wgsl',
  bindings: { columns: 'read', activation: 'read', gradInput: 'readWrite' },
  params: { ...geometryParams, rowStride: 'u32', accumulate: 'u32', mask: 'u32' },
});

export const im2colLanes: Conv2dVariant = {
  name: 'im2col lanes',
  family: 'lanes',
  fits,
  weightBytes,
  packWeights: (problem, weights) => ({ values: packWeights(problem, weights) }),
  scratchBytes: (problem) => [scratchBytes(problem)],
  record: (program, options) => {
    if (options.epilogue.direction === 'forward') recordForward(program, options, options.epilogue);
    else recordBackward(program, options, options.epilogue);
  },
};

/** Values of an unrolled patch, cells · channels. */
function patchOf(shape: Conv2dShape): number {
  return cellsOf(shape) * paddedChannels(shape.inChannels);
}

/** Whether a direction's product has whole column blocks and one short enough to be worth it. */
function fits({ shape, direction }: Conv2dProblem): boolean {
  const patch = patchOf(shape);
  return direction === 'forward' ? shape.outChannels % gemmColumnBlock === 0 && patch < 128 : patch <= gemmColumnBlock;
}

/** Bytes of the unrolled patches (forward), or of the product before it is gathered (backward). */
function scratchBytes({ shape, direction }: Conv2dProblem): number {
  const { height, width } = conv2dOutputSize(shape);
  return height * width * (direction === 'forward' ? patchOf(shape) + 1 : gemmColumnBlock) * bytesPerFloat;
}

function weightBytes({ shape, direction }: Conv2dProblem): number {
  const rows = direction === 'forward' ? patchOf(shape) + 1 : shape.outChannels;
  return rows * (direction === 'forward' ? shape.outChannels : gemmColumnBlock) * bytesPerFloat;
}

/** Forward [(cell, in) and a last row of biases, out], backward [out, (cell, in)], its columns padded with zeros to a whole block. */
function packWeights(problem: Conv2dProblem, { weight, bias }: ConvWeights): Float32Array<ArrayBuffer> {
  const { shape, direction } = problem;
  const { inChannels, outChannels } = shape;
  const cells = cellsOf(shape);
  const packed = new Float32Array(weightBytes(problem) / bytesPerFloat);
  const [patchStride, outStride] = direction === 'forward' ? [outChannels, 1] : [1, gemmColumnBlock];
  weight.forEach((value, index) => {
    const cell = index % cells;
    const channel = Math.floor(index / cells) % inChannels;
    const out = Math.floor(index / (cells * inChannels));
    packed[(cell * paddedChannels(inChannels) + channel) * patchStride + out * outStride] = value;
  });
  if (direction === 'forward') packed.set(bias, patchOf(shape) * outChannels);
  return packed;
}

function recordForward(program: Program, options: Conv2dOptions, { relu }: { readonly relu: boolean }): void {
  const { label, shape, source, output, weight } = options;
  const columns = scratchOf(options, 0);
  const geometry = geometryOf(shape);
  const pixels = geometry.outHeight * geometry.outWidth;
  const depth = patchOf(shape) + 1;
  program.dispatch(im2colKernel, {
    label: `${label} im2col`,
    bindings: { input: source, columns },
    params: geometry,
    grid: elementwiseGrid(pixels),
  });
  recordGemm(program, gemmLanes, {
    label: `${label} product`,
    a: columns,
    b: weight,
    c: output,
    batches: 1,
    rows: pixels,
    columns: shape.outChannels,
    depth,
    aStrides: { batch: 0, row: depth, depth: 1 },
    bStrides: { batch: 0, depth: shape.outChannels },
    cStrides: { batch: 0, row: shape.outChannels },
    relu,
  });
}

function recordBackward(
  program: Program,
  options: Conv2dOptions,
  { accumulate, activation }: Extract<Conv2dOptions['epilogue'], { readonly direction: 'backward' }>,
): void {
  const { label, shape, source, output, weight } = options;
  const columns = scratchOf(options, 0);
  const geometry = geometryOf(shape);
  recordGemm(program, gemmLanes, {
    label: `${label} product`,
    a: source,
    b: weight,
    c: columns,
    batches: 1,
    rows: geometry.outHeight * geometry.outWidth,
    columns: gemmColumnBlock,
    depth: shape.outChannels,
    aStrides: { batch: 0, row: paddedChannels(shape.outChannels), depth: 1 },
    bStrides: { batch: 0, depth: gemmColumnBlock },
    cStrides: { batch: 0, row: gemmColumnBlock },
  });
  program.dispatch(col2imKernel, {
    label: `${label} col2im`,
    // A binding cannot be left out; without a mask the columns stand in and are never read.
    bindings: { columns, activation: activation ?? columns, gradInput: output },
    params: {
      ...geometry,
      rowStride: gemmColumnBlock,
      accumulate: Number(accumulate),
      mask: Number(activation !== undefined),
    },
    grid: elementwiseGrid((geometry.inHeight * geometry.inWidth * geometry.inChannels) / 4),
  });
}
