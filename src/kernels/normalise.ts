/** The step between the optimised picture, [H, W, 3] dense, and the network's input, [H, W, 4]: `scale · x + offset`. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';

export const normaliseForwardKernel = defineKernel({
  shader: 'normalise_forward.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: {
    pixels: 'u32',
    scale0: 'f32',
    scale1: 'f32',
    scale2: 'f32',
    offset0: 'f32',
    offset1: 'f32',
    offset2: 'f32',
    first: 'u32',
  },
});

export const normaliseBackwardKernel = defineKernel({
  shader: 'normalise_backward.wgsl',
  bindings: { gradOutput: 'read', gradInput: 'readWrite' },
  params: { pixels: 'u32', scale0: 'f32', scale1: 'f32', scale2: 'f32', firstPixel: 'u32', first: 'u32' },
});

/** One value per channel, RGB. */
export type ChannelTriple = readonly [number, number, number];

/** Records `output = scale · input + offset` per channel, the fourth channel 0. */
export function recordNormaliseForward(
  program: Program,
  options: {
    readonly input: BufferSlice;
    readonly output: BufferSlice;
    readonly pixels: number;
    readonly scale: ChannelTriple;
    readonly offset: ChannelTriple;
    /** Floats of the input before the first pixel; none when absent. */
    readonly first?: number;
  },
): void {
  const { input, output, pixels, scale, offset, first = 0 } = options;
  program.dispatch(normaliseForwardKernel, {
    bindings: { input, output },
    params: {
      pixels,
      scale0: scale[0],
      scale1: scale[1],
      scale2: scale[2],
      offset0: offset[0],
      offset1: offset[1],
      offset2: offset[2],
      first,
    },
    grid: elementwiseGrid(pixels),
  });
}

/** Records `gradInput = scale · gradOutput` per channel, the fourth channel dropped. */
export function recordNormaliseBackward(
  program: Program,
  options: {
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly pixels: number;
    readonly scale: ChannelTriple;
    /** Pixels of the map before the first one; none when absent. */
    readonly firstPixel?: number;
    /** Floats of the gradient before the first pixel's; none when absent. */
    readonly first?: number;
  },
): void {
  const { gradOutput, gradInput, pixels, scale, firstPixel = 0, first = 0 } = options;
  program.dispatch(normaliseBackwardKernel, {
    bindings: { gradOutput, gradInput },
    params: { pixels, scale0: scale[0], scale1: scale[1], scale2: scale[2], firstPixel, first },
    grid: elementwiseGrid(pixels),
  });
}
