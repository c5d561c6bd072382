/**
 * The step between a picture, [H, W, 3] dense, and the network's input for a window of it, [height, width, 4]: `scale · x + offset`. As
 * `normalise.ts`, which sees the picture as a whole.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';
import type { ChannelTriple } from './normalise.ts';

export const pictureWindowForwardKernel = defineKernel({
  shader: 'picture_window_forward.wgsl',
  bindings: { picture: 'read', output: 'readWrite' },
  params: {
    pixels: 'u32',
    width: 'u32',
    pitch: 'u32',
    first: 'u32',
    scale0: 'f32',
    scale1: 'f32',
    scale2: 'f32',
    offset0: 'f32',
    offset1: 'f32',
    offset2: 'f32',
  },
});

export const pictureWindowBackwardKernel = defineKernel({
  shader: 'picture_window_backward.wgsl',
  bindings: { gradOutput: 'read', gradient: 'readWrite' },
  params: {
    pixels: 'u32',
    width: 'u32',
    pitch: 'u32',
    first: 'u32',
    doneColumns: 'u32',
    doneRows: 'u32',
    scale0: 'f32',
    scale1: 'f32',
    scale2: 'f32',
  },
});

/** A window of a picture. */
export interface WindowPlace {
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture in a row. */
  readonly pitch: number;
  /** The value of the bound range with which the window begins. */
  readonly first: number;
}

/** Records `output = scale · the window of picture + offset` per channel, the fourth channel 0. */
export function recordPictureWindowForward(
  program: Program,
  options: WindowPlace & {
    readonly picture: BufferSlice;
    /** [height, width, 4] */
    readonly output: BufferSlice;
    readonly scale: ChannelTriple;
    readonly offset: ChannelTriple;
  },
): void {
  const { picture, output, width, height, pitch, first, scale, offset } = options;
  const pixels = width * height;
  program.dispatch(pictureWindowForwardKernel, {
    bindings: { picture, output },
    params: {
      pixels,
      width,
      pitch,
      first,
      scale0: scale[0],
      scale1: scale[1],
      scale2: scale[2],
      offset0: offset[0],
      offset1: offset[1],
      offset2: offset[2],
    },
    grid: elementwiseGrid(pixels),
  });
}

/**
 * Records `gradient = old + scale · gradOutput` at the window's pixels, the fourth channel dropped, old being 0 but where windows before have
 * been.
 */
export function recordPictureWindowBackward(
  program: Program,
  options: WindowPlace & {
    /** [height, width, 4] */
    readonly gradOutput: BufferSlice;
    readonly gradient: BufferSlice;
    readonly scale: ChannelTriple;
    /** The window's first columns and first rows that windows before have been at. */
    readonly done: { readonly columns: number; readonly rows: number };
  },
): void {
  const { gradOutput, gradient, width, height, pitch, first, scale, done } = options;
  const pixels = width * height;
  program.dispatch(pictureWindowBackwardKernel, {
    bindings: { gradOutput, gradient },
    params: {
      pixels,
      width,
      pitch,
      first,
      doneColumns: done.columns,
      doneRows: done.rows,
      scale0: scale[0],
      scale1: scale[1],
      scale2: scale[2],
    },
    grid: elementwiseGrid(pixels),
  });
}
