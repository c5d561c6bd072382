/**
 * Max and average pooling over windows that do not overlap (stride = kernel size), incomplete windows dropped: what VGG uses,
 * and Gatys' average instead of the maximum. `maxpool2d`: Boureau et al. (2010); ties as in PyTorch, first in scan order.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';

const forwardParams = { inHeight: 'u32', inWidth: 'u32', channels: 'u32', kernelSize: 'u32' } as const;
const backwardParams = { ...forwardParams, accumulate: 'u32', mask: 'u32' } as const;
const forwardBindings = { input: 'read', output: 'readWrite' } as const;
const backwardBindings = { input: 'read', gradOutput: 'read', gradInput: 'readWrite' } as const;

export const maxpool2dForwardKernel = defineKernel({
  shader: 'maxpool2d_forward.wgsl',
  bindings: forwardBindings,
  params: forwardParams,
});

export const maxpool2dBackwardKernel = defineKernel({
  shader: 'maxpool2d_backward.wgsl',
  bindings: backwardBindings,
  params: backwardParams,
});

export const avgpool2dForwardKernel = defineKernel({
  shader: 'avgpool2d_forward.wgsl',
  bindings: forwardBindings,
  params: forwardParams,
});

export const avgpool2dBackwardKernel = defineKernel({
  shader: 'avgpool2d_backward.wgsl',
  bindings: backwardBindings,
  params: backwardParams,
});

export type Pooling = 'max' | 'average';

export interface Pool2dShape {
  readonly inHeight: number;
  readonly inWidth: number;
  /** A multiple of 4. */
  readonly channels: number;
  readonly kernelSize: number;
}

/** Height and width after pooling: rounded down. @throws ShapeError when no whole window fits. */
export function pool2dOutputSize(shape: Pool2dShape): { readonly height: number; readonly width: number } {
  const height = Math.floor(shape.inHeight / shape.kernelSize);
  const width = Math.floor(shape.inWidth / shape.kernelSize);
  if (height < 1 || width < 1 || shape.channels % 4 !== 0) {
    throw new ShapeError(
      `pool2d: input is [${shape.inHeight}, ${shape.inWidth}, ${shape.channels}]; expected at least ` +
        `${shape.kernelSize} rows and columns and a multiple of 4 channels`,
    );
  }
  return { height, width };
}

/** Records the forward pass: input [inHeight, inWidth, C] to output [⌊inHeight/k⌋, ⌊inWidth/k⌋, C]. */
export function recordPool2dForward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: Pool2dShape;
    readonly input: BufferSlice;
    readonly output: BufferSlice;
  },
): void {
  const { shape, input, output } = options;
  const { height, width } = pool2dOutputSize(shape);
  const kernel = options.pooling === 'max' ? maxpool2dForwardKernel : avgpool2dForwardKernel;
  program.dispatch(kernel, {
    bindings: { input, output },
    params: { ...shape },
    grid: elementwiseGrid((height * width * shape.channels) / 4),
  });
}

/**
 * Records the backward pass with its epilogue: `gradInput = mask · (old + routed gradOutput)`, old being what a loss
 * has written there (`accumulate`), the mask that of the ReLU whose output the pool's input is (`mask`).
 */
export function recordPool2dBackward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: Pool2dShape;
    readonly input: BufferSlice;
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly accumulate: boolean;
    readonly mask: boolean;
  },
): void {
  const { shape, input, gradOutput, gradInput } = options;
  pool2dOutputSize(shape);
  const isMax = options.pooling === 'max';
  const k = isMax ? shape.kernelSize : 1;
  const items = Math.ceil(shape.inHeight / k) * Math.ceil(shape.inWidth / k) * (shape.channels / 4);
  program.dispatch(isMax ? maxpool2dBackwardKernel : avgpool2dBackwardKernel, {
    bindings: { input, gradOutput, gradInput },
    params: { ...shape, accumulate: Number(options.accumulate), mask: Number(options.mask) },
    grid: elementwiseGrid(items),
  });
}
