/** Windows of a picture on the device, into the network and back. */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import { coverOf } from '../core/ranges.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';
import {
  recordPictureWindowBackward,
  recordPictureWindowForward,
  type WindowPlace,
} from '../kernels/picture-window.ts';
import { type Rectangle, seenBefore, type Window } from '../models/windows.ts';
import type { PictureSize } from '../settings/sizes.ts';

/** The rows of a picture, [H, W, 3], that a frame lies in, where a picture may be larger than a binding. */
function rowsOf(
  picture: BufferSlice,
  size: PictureSize,
  frame: Rectangle,
): { readonly slice: BufferSlice } & WindowPlace {
  const { left, top, width, height } = frame;
  const pitch = size.width;
  const stretch = { first: 3 * (top * pitch + left), count: 3 * ((height - 1) * pitch + width) };
  return { ...coverOf(picture, stretch), width, height, pitch };
}

/** Records a window of a picture as the network's input. */
export function recordWindowIn(
  program: Program,
  options: {
    readonly picture: BufferSlice;
    readonly size: PictureSize;
    readonly frame: Rectangle;
    /** [height, width, 4] */
    readonly input: BufferSlice;
    readonly scale: ChannelTriple;
    readonly offset: ChannelTriple;
  },
): void {
  const { picture, size, frame, input, scale, offset } = options;
  const { slice, ...place } = rowsOf(picture, size, frame);
  recordPictureWindowForward(program, { ...place, picture: slice, output: input, scale, offset });
}

/** Records a window's gradient, added to the picture's; that of the windows before must be there, in their order. */
export function recordWindowOut(
  program: Program,
  options: {
    readonly gradient: BufferSlice;
    readonly size: PictureSize;
    readonly windows: readonly Window[];
    readonly index: number;
    readonly frame: Rectangle;
    /** [height, width, 4] */
    readonly gradInput: BufferSlice;
    readonly scale: ChannelTriple;
  },
): void {
  const { gradient, size, windows, index, frame, gradInput, scale } = options;
  const { slice, ...place } = rowsOf(gradient, size, frame);
  const done = seenBefore(windows, index);
  recordPictureWindowBackward(program, { ...place, gradOutput: gradInput, gradient: slice, scale, done });
}
