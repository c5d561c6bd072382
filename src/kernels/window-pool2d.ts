/**
 * Max and average pooling over windows that may overlap, be padded or end beyond the map, by PyTorch's rules; a window is cut to the map, and
 * none begins beyond it. `pool2d.ts` has the faster form for windows of 2x2 side by side.
 *
 * The maximum is the first in scan order; going forward its place is noted, a byte a window and channel, and going back an input cell asks each
 * window that covers it. The average divides by the cells of the window that lie in the map or, as PyTorch's default counts, also in its padding.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import type { ChannelPlace } from './conv2d-shape.ts';
import { elementwiseGrid } from './elementwise.ts';
import type { Pooling } from './pool2d.ts';
import { positionsAlong } from './positions.ts';

const windowParams = {
  inHeight: 'u32',
  inWidth: 'u32',
  channels: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  outFirst: 'u32',
  outOf: 'u32',
  kernelSize: 'u32',
  stride: 'u32',
  padding: 'u32',
} as const;
const epilogueParams = { accumulate: 'u32', mask: 'u32' } as const;

export const windowMaxForwardKernel = defineKernel({
  shader: 'maxpool2d_forward.windows.wgsl',
  bindings: { input: 'read', output: 'readWrite', routes: 'readWrite' },
  params: windowParams,
});

export const windowMaxBackwardKernel = defineKernel({
  shader: 'maxpool2d_backward.windows.wgsl',
  bindings: { routes: 'read', gradOutput: 'read', activation: 'read', gradInput: 'readWrite' },
  params: { ...windowParams, ...epilogueParams },
});

export const windowAverageForwardKernel = defineKernel({
  shader: 'avgpool2d_forward.windows.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: { ...windowParams, countsPadding: 'u32' },
});

export const windowAverageBackwardKernel = defineKernel({
  shader: 'avgpool2d_backward.windows.wgsl',
  bindings: { gradOutput: 'read', activation: 'read', gradInput: 'readWrite' },
  params: { ...windowParams, countsPadding: 'u32', ...epilogueParams },
});

export interface WindowPoolShape {
  readonly inHeight: number;
  readonly inWidth: number;
  /** A multiple of 4. */
  readonly channels: number;
  readonly kernelSize: number;
  readonly stride: number;
  /** At most half the kernel. */
  readonly padding: number;
  /** Whether a last window counts that ends beyond the map (PyTorch's `ceil_mode`). */
  readonly ceil: boolean;
  /** Whether an average counts the padding's cells (PyTorch's `count_include_pad`). */
  readonly countsPadding: boolean;
  /** Where the output lies as some channels of a map that has more; absent for a map of its own. */
  readonly place?: ChannelPlace | undefined;
}

/** A byte says which cell of a window its maximum is. */
const mostCells = 256;

/** Height and width after pooling. @throws ShapeError when no window fits. */
export function windowPoolOutputSize(shape: WindowPoolShape): { readonly height: number; readonly width: number } {
  const { inHeight, inWidth, channels, kernelSize: kernel, stride, padding, ceil } = shape;
  const height = positionsAlong(inHeight, { kernel, stride, padding, ceil });
  const width = positionsAlong(inWidth, { kernel, stride, padding, ceil });
  if (height < 1 || width < 1 || channels % 4 !== 0 || 2 * padding > kernel || kernel ** 2 > mostCells) {
    throw new ShapeError(
      `pool2d: input is [${inHeight}, ${inWidth}, ${channels}], windows of ${kernel}x${kernel} with padding ${padding}; expected one that fits, ` +
        'a multiple of 4 channels and padding of at most half a window',
    );
  }
  return { height, width };
}

/** Words of four bytes that the routes of a maximum take. */
export function windowRouteWords(shape: WindowPoolShape): number {
  const { height, width } = windowPoolOutputSize(shape);
  return (height * width * shape.channels) / 4;
}

/** Records the forward pass: input [inHeight, inWidth, C] to output [height, width, C], at its place where it has one. */
export function recordWindowPoolForward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: WindowPoolShape;
    readonly input: BufferSlice;
    readonly output: BufferSlice;
    /** Where a maximum notes its places, `windowRouteWords`. */
    readonly routes: BufferSlice | undefined;
  },
): void {
  const { pooling, shape, input, output, routes } = options;
  const params = paramsOf(shape);
  const grid = elementwiseGrid((params.outHeight * params.outWidth * shape.channels) / 4);
  if (pooling === 'average') {
    program.dispatch(windowAverageForwardKernel, {
      label: 'avgpool2d_forward',
      bindings: { input, output },
      params: { ...params, countsPadding: Number(shape.countsPadding) },
      grid,
    });
    return;
  }
  program.dispatch(windowMaxForwardKernel, {
    label: 'maxpool2d_forward',
    bindings: { input, output, routes: needed(routes) },
    params,
    grid,
  });
}

/** Records `gradInput = mask · (old + what windows send back)`, old being 0 unless `accumulate`. */
export function recordWindowPoolBackward(
  program: Program,
  options: {
    readonly pooling: Pooling;
    readonly shape: WindowPoolShape;
    /** What the forward pass of a maximum noted. */
    readonly routes: BufferSlice | undefined;
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly accumulate: boolean;
    /** The pool's input where it is a ReLU's output, whose mask applies; absent for none. */
    readonly activation?: BufferSlice | undefined;
  },
): void {
  const { pooling, shape, routes, gradOutput, gradInput, accumulate, activation } = options;
  const epilogue = { accumulate: Number(accumulate), mask: Number(activation !== undefined) };
  const params = { ...paramsOf(shape), ...epilogue };
  const grid = elementwiseGrid((shape.inHeight * shape.inWidth * shape.channels) / 4);
  // A binding cannot be left out; without a mask the gradient stands in and is never read.
  const bindings = { gradOutput, activation: activation ?? gradOutput, gradInput };
  if (pooling === 'average') {
    program.dispatch(windowAverageBackwardKernel, {
      label: 'avgpool2d_backward',
      bindings,
      params: { ...params, countsPadding: Number(shape.countsPadding) },
      grid,
    });
    return;
  }
  program.dispatch(windowMaxBackwardKernel, {
    label: 'maxpool2d_backward',
    bindings: { ...bindings, routes: needed(routes) },
    params,
    grid,
  });
}

function paramsOf(shape: WindowPoolShape) {
  const { inHeight, inWidth, channels, kernelSize, stride, padding, place } = shape;
  const { height: outHeight, width: outWidth } = windowPoolOutputSize(shape);
  const [outFirst, outOf] = [place?.first ?? 0, place?.of ?? channels];
  return { inHeight, inWidth, channels, outHeight, outWidth, outFirst, outOf, kernelSize, stride, padding };
}

function needed(routes: BufferSlice | undefined): BufferSlice {
  if (routes === undefined) throw new ShapeError('maxpool2d: the routes of overlapping windows are missing');
  return routes;
}
