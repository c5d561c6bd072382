/**
 * Convolutions with few input channels as matrix products: the input's patches unrolled, then one product of the `lanes` family
 * (conv1_1, whose three channels fill no vector). Backward, the product comes first and its columns are gathered.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { type Conv2dShape, conv2dOutputSize } from './conv2d-shape.ts';
import { elementwiseGrid, paddedChannels } from './elementwise.ts';
import { gemmColumnBlock, recordGemm } from './gemm.ts';

const geometryParams = {
  inHeight: 'u32',
  inWidth: 'u32',
  inChannels: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  kernelHeight: 'u32',
  kernelWidth: 'u32',
  stride: 'u32',
  padding: 'u32',
  replicate: 'u32',
} as const;

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

type Direction = 'forward' | 'backward';
type Filters = Pick<Conv2dShape, 'inChannels' | 'outChannels' | 'kernelHeight' | 'kernelWidth'>;

/** Values of an unrolled patch, taps · channels. */
function patchOf(filters: Filters): number {
  return filters.kernelHeight * filters.kernelWidth * paddedChannels(filters.inChannels);
}

/** Whether a direction's product has whole column blocks and one short enough to be worth it. */
export function im2colFits(filters: Filters, direction: Direction): boolean {
  const patch = patchOf(filters);
  return direction === 'forward'
    ? filters.outChannels % gemmColumnBlock === 0 && patch < 128
    : patch <= gemmColumnBlock;
}

/** Bytes of the unrolled patches (forward), or of the product before it is gathered (backward). */
export function im2colScratchBytes(shape: Conv2dShape, direction: Direction): number {
  const { height, width } = conv2dOutputSize(shape);
  return height * width * (direction === 'forward' ? patchOf(shape) + 1 : gemmColumnBlock) * bytesPerFloat;
}

/** Bytes of a direction's weights. */
export function im2colWeightBytes(filters: Filters, direction: Direction): number {
  const rows = direction === 'forward' ? patchOf(filters) + 1 : filters.outChannels;
  return rows * (direction === 'forward' ? filters.outChannels : gemmColumnBlock) * bytesPerFloat;
}

/**
 * Reorders weights from PyTorch's [out, in, kh, kw]: forward to [(tap, in) and a last row of biases, out], backward to
 * [out, (tap, in)], its columns padded with zeros to a whole block.
 */
export function packIm2colWeight(
  weight: Float32Array,
  bias: Float32Array,
  filters: Filters,
  direction: Direction,
): Float32Array<ArrayBuffer> {
  const { inChannels, outChannels } = filters;
  const isForward = direction === 'forward';
  const taps = filters.kernelHeight * filters.kernelWidth;
  const packed = new Float32Array(im2colWeightBytes(filters, direction) / bytesPerFloat);
  const [patchStride, outStride] = isForward ? [outChannels, 1] : [1, gemmColumnBlock];
  weight.forEach((value, index) => {
    const tap = index % taps;
    const channel = Math.floor(index / taps) % inChannels;
    const out = Math.floor(index / (taps * inChannels));
    packed[(tap * paddedChannels(inChannels) + channel) * patchStride + out * outStride] = value;
  });
  if (isForward) packed.set(bias, patchOf(filters) * outChannels);
  return packed;
}

function geometryOf(shape: Conv2dShape) {
  const { height, width } = conv2dOutputSize(shape);
  return {
    inHeight: shape.inHeight,
    inWidth: shape.inWidth,
    inChannels: paddedChannels(shape.inChannels),
    outHeight: height,
    outWidth: width,
    kernelHeight: shape.kernelHeight,
    kernelWidth: shape.kernelWidth,
    stride: shape.stride,
    padding: shape.padding,
    replicate: Number(shape.paddingMode === 'replicate'),
  };
}

interface Im2colOptions {
  readonly label: string;
  readonly lanes: number;
  readonly shape: Conv2dShape;
  /** From `packIm2colWeight`. */
  readonly weight: BufferSlice;
  /** At least `im2colScratchBytes`. */
  readonly scratch: BufferSlice;
}

/** Records `output = act(conv(input) + bias)`. */
export function recordIm2colForward(
  program: Program,
  options: Im2colOptions & { readonly input: BufferSlice; readonly output: BufferSlice; readonly relu: boolean },
): void {
  const { label, lanes, shape, scratch } = options;
  const geometry = geometryOf(shape);
  const pixels = geometry.outHeight * geometry.outWidth;
  const depth = patchOf(shape) + 1;
  program.dispatch(im2colKernel, {
    label: `${label} im2col`,
    bindings: { input: options.input, columns: scratch },
    params: geometry,
    grid: elementwiseGrid(pixels),
  });
  recordGemm(program, {
    label: `${label} product`,
    lanes,
    a: scratch,
    b: options.weight,
    c: options.output,
    batches: 1,
    rows: pixels,
    columns: shape.outChannels,
    depth,
    aStrides: { batch: 0, row: depth, depth: 1 },
    bStrides: { batch: 0, depth: shape.outChannels },
    cStrides: { batch: 0, row: shape.outChannels },
    relu: options.relu,
  });
}

/** Records `gradInput = mask · (old + convᵀ(gradOutput))`, `activation` absent for no mask. */
export function recordIm2colBackward(
  program: Program,
  options: Im2colOptions & {
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly accumulate: boolean;
    readonly activation?: BufferSlice;
  },
): void {
  const { label, lanes, shape, scratch, activation } = options;
  const geometry = geometryOf(shape);
  recordGemm(program, {
    label: `${label} product`,
    lanes,
    a: options.gradOutput,
    b: options.weight,
    c: scratch,
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
    bindings: { columns: scratch, activation: activation ?? scratch, gradInput: options.gradInput },
    params: {
      ...geometry,
      rowStride: gemmColumnBlock,
      accumulate: Number(options.accumulate),
      mask: Number(activation !== undefined),
    },
    grid: elementwiseGrid((geometry.inHeight * geometry.inWidth * geometry.inChannels) / 4),
  });
}
