/** conv2d by its definition: any shape, any adapter. What everything else is held against. */

import { bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { type Conv2dShape, cellsOf, geometryOf, geometryParams, placeOf } from './conv2d-shape.ts';
import type { Conv2dOptions, Conv2dVariant } from './conv2d-variant.ts';
import { paddedChannels, workgroupSize } from './elementwise.ts';

const shapeParams = { ...geometryParams, outChannels: 'u32', outFirst: 'u32', outOf: 'u32' } as const;

export const conv2dForwardKernel = defineKernel({
  shader: 'conv2d_forward.direct.wgsl',
  bindings: { input: 'read', weight: 'read', bias: 'read', output: 'readWrite' },
  params: { ...shapeParams, relu: 'u32' },
});

export const conv2dBackwardKernel = defineKernel({
  shader: 'conv2d_backward.direct.wgsl',
  bindings: { gradOutput: 'read', weight: 'read', activation: 'read', gradInput: 'readWrite' },
  params: { ...shapeParams, accumulate: 'u32', mask: 'u32' },
});

export const conv2dDirect: Conv2dVariant = {
  name: 'direct',
  family: 'direct',
  fits: () => true,
  weightBytes: ({ shape }) => packedWeightBytes(shape),
  packWeights: ({ shape, direction }, { weight }) => ({
    values: packConv2dWeight(weight, shape, direction === 'backward'),
  }),
  scratchBytes: () => [],
  record,
};

type Filters = Pick<Conv2dShape, 'inChannels' | 'outChannels' | 'kernelHeight' | 'kernelWidth'>;

/** Bytes of weights packed for the direct kernels. */
export function packedWeightBytes(filters: Filters): number {
  return cellsOf(filters) * paddedChannels(filters.inChannels) * paddedChannels(filters.outChannels) * bytesPerFloat;
}

/**
 * Reorders weights from PyTorch's [out, in, kh, kw] to [kh · kw, in, out], channels padded to a multiple of 4 with zeros;
 * with `transposed` to [kh · kw, out, in], as the direct backward kernel reads them.
 */
export function packConv2dWeight(
  weight: Float32Array,
  filters: Filters,
  transposed = false,
): Float32Array<ArrayBuffer> {
  const cells = cellsOf(filters);
  const inPadded = paddedChannels(filters.inChannels);
  const outPadded = paddedChannels(filters.outChannels);
  const packed = new Float32Array(cells * inPadded * outPadded);
  const [inStride, outStride] = transposed ? [1, inPadded] : [outPadded, 1];
  let source = 0;
  for (let o = 0; o < filters.outChannels; o++) {
    for (let i = 0; i < filters.inChannels; i++) {
      for (let cell = 0; cell < cells; cell++) {
        packed[cell * inPadded * outPadded + i * inStride + o * outStride] = weight[source++] ?? 0;
      }
    }
  }
  return packed;
}

function record(program: Program, { label, shape, source, output, weight, epilogue }: Conv2dOptions): void {
  const { first: outFirst, of: outOf } = placeOf(shape);
  const geometry = { ...geometryOf(shape), outChannels: paddedChannels(shape.outChannels), outFirst, outOf };
  const grid = (values: number) => linearGrid(program.gpu, values / 4, workgroupSize);
  if (epilogue.direction === 'forward') {
    program.dispatch(conv2dForwardKernel, {
      label,
      bindings: { input: source, weight, bias: epilogue.bias, output },
      params: { ...geometry, relu: Number(epilogue.relu) },
      grid: grid(geometry.outHeight * geometry.outWidth * geometry.outChannels),
    });
    return;
  }
  const { accumulate, activation } = epilogue;
  program.dispatch(conv2dBackwardKernel, {
    label,
    // A binding cannot be left out; without a mask the gradient stands in and is never read.
    bindings: { gradOutput: source, weight, activation: activation ?? source, gradInput: output },
    params: { ...geometry, accumulate: Number(accumulate), mask: Number(activation !== undefined) },
    grid: grid(geometry.inHeight * geometry.inWidth * geometry.inChannels),
  });
}
