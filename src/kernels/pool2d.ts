/**
 * Max and average pooling over windows that do not overlap (stride = kernel size), incomplete windows dropped: what VGG uses,
 * and Gatys' average instead of the maximum. `maxpool2d`: Boureau et al. (2010); ties as in PyTorch, first in scan order.
 *
 * Where something will go backward, the forward pass notes a byte a window and channel, its route, and the backward pass needs
 * neither of the pool's maps (docs/decisions/0023-routed-pools.md). That form is for windows of 2x2 behind a ReLU.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';

const forwardParams = { inHeight: 'u32', inWidth: 'u32', channels: 'u32', kernelSize: 'u32' } as const;
const forwardBindings = { input: 'read', output: 'readWrite' } as const;

export const maxpool2dForwardKernel = defineKernel({
  shader: 'maxpool2d_forward.wgsl',
  bindings: forwardBindings,
  params: forwardParams,
});

export const avgpool2dForwardKernel = defineKernel({
  shader: 'avgpool2d_forward.wgsl',
  bindings: forwardBindings,
  params: forwardParams,
});

export const routedPool2dForwardKernel = defineKernel({
  shader: 'pool2d_forward.routed.wgsl',
  bindings: { input: 'read', output: 'readWrite', routes: 'readWrite' },
  params: { inHeight: 'u32', inWidth: 'u32', channels: 'u32' },
});

export const routedPool2dBackwardKernel = defineKernel({
  shader: 'pool2d_backward.routed.wgsl',
  bindings: { routes: 'read', gradOutput: 'read', gradInput: 'readWrite' },
  params: { inHeight: 'u32', inWidth: 'u32', channels: 'u32', share: 'f32', accumulate: 'u32' },
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

/** Edge of the windows that have routes: a byte holds two bits for each of the four cells. */
export const routedKernelSize = 2;

/** Vectors of four channels of all windows, incomplete ones at the far edges included: as many as the routes have words. */
function routeWords({ inHeight, inWidth, channels }: Pool2dShape): number {
  return Math.ceil(inHeight / routedKernelSize) * Math.ceil(inWidth / routedKernelSize) * (channels / 4);
}

/** Bytes of a pool's routes. */
export function pool2dRoutesBytes(shape: Pool2dShape): number {
  return routeWords(shape) * bytesPerFloat;
}

/** Records the forward pass: input [inHeight, inWidth, C] to output [⌊inHeight/k⌋, ⌊inWidth/k⌋, C]. */
export function recordPool2dForward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: Pool2dShape;
    readonly input: BufferSlice;
    readonly output: BufferSlice;
    /** Notes them, `pool2dRoutesBytes`; `input` must then be the output of a ReLU. */
    readonly routes?: BufferSlice | undefined;
  },
): void {
  const { pooling, shape, input, output, routes } = options;
  const { height, width } = pool2dOutputSize(shape);
  const label = `${pooling === 'max' ? 'maxpool2d' : 'avgpool2d'}_forward`;
  if (routes === undefined) {
    program.dispatch(pooling === 'max' ? maxpool2dForwardKernel : avgpool2dForwardKernel, {
      label,
      bindings: { input, output },
      params: { ...shape },
      grid: elementwiseGrid((height * width * shape.channels) / 4),
    });
    return;
  }
  assertRouted(shape);
  const { inHeight, inWidth, channels } = shape;
  program.dispatch(routedPool2dForwardKernel, {
    label,
    constants: { AVERAGE: Number(pooling === 'average') },
    bindings: { input, output, routes },
    params: { inHeight, inWidth, channels },
    grid: elementwiseGrid(routeWords(shape)),
  });
}

/**
 * Records the backward pass with its epilogue: `gradInput = mask · (old + routed gradOutput)`, old being what a loss
 * has written there (`accumulate`), the mask that of the ReLU whose output the pool's input is.
 */
export function recordPool2dBackward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: Pool2dShape;
    /** What the forward pass noted. */
    readonly routes: BufferSlice;
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly accumulate: boolean;
  },
): void {
  const { pooling, shape, routes, gradOutput, gradInput, accumulate } = options;
  pool2dOutputSize(shape);
  assertRouted(shape);
  const { inHeight, inWidth, channels } = shape;
  program.dispatch(routedPool2dBackwardKernel, {
    label: `${pooling === 'max' ? 'maxpool2d' : 'avgpool2d'}_backward`,
    bindings: { routes, gradOutput, gradInput },
    params: {
      inHeight,
      inWidth,
      channels,
      share: pooling === 'max' ? 1 : 1 / routedKernelSize ** 2,
      accumulate: Number(accumulate),
    },
    grid: elementwiseGrid(routeWords(shape)),
  });
}

function assertRouted({ kernelSize }: Pool2dShape): void {
  if (kernelSize !== routedKernelSize) {
    throw new ShapeError(
      `pool2d: only windows of ${routedKernelSize}x${routedKernelSize} have routes, got ${kernelSize}`,
    );
  }
}
