/** Rectangles of feature maps, to and from memory where their positions follow each other: what losses in windows are recorded on. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid, vectorsOf } from './elementwise.ts';

export const rectangleCropKernel = defineKernel({
  shader: 'rectangle_crop.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: { count: 'u32', vectors: 'u32', pitch: 'u32', left: 'u32', top: 'u32', width: 'u32' },
});

export const rectanglePlaceKernel = defineKernel({
  shader: 'rectangle_place.wgsl',
  bindings: { values: 'read', gradient: 'readWrite' },
  params: {
    first: 'u32',
    count: 'u32',
    vectors: 'u32',
    pitch: 'u32',
    left: 'u32',
    top: 'u32',
    width: 'u32',
    height: 'u32',
    accumulate: 'u32',
  },
});

/** Where in a map. */
interface RectangleInMap {
  /** Positions of the map in a row. */
  readonly pitch: number;
  /** Of the map, a multiple of 4. */
  readonly channels: number;
  readonly rectangle: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Records `output = the rectangle of input`, a copy, both in one type. */
export function recordRectangleCrop(
  program: Program,
  options: RectangleInMap & {
    /** [rows, pitch, channels] */
    readonly input: BufferSlice;
    /** [height, width, channels] of the rectangle. */
    readonly output: BufferSlice;
  },
): void {
  const { input, output, pitch, channels, rectangle } = options;
  const { left, top, width, height } = rectangle;
  const vectors = vectorsOf('rectangle_crop', channels);
  const count = width * height * vectors;
  program.dispatch(rectangleCropKernel, {
    bindings: { input, output },
    params: { count, vectors, pitch, left, top, width },
    grid: elementwiseGrid(count),
  });
}

/** Records `gradient = old + values` within the rectangle and `old` around it, old being 0 unless `accumulate`, in some rows of a map. */
export function recordRectanglePlace(
  program: Program,
  options: RectangleInMap & {
    /** [height, width, channels] of the rectangle. */
    readonly values: BufferSlice;
    /** [rows, pitch, channels] */
    readonly gradient: BufferSlice;
    readonly accumulate: boolean;
    /** The rows that are written. */
    readonly rows: { readonly from: number; readonly to: number };
  },
): void {
  const { values, gradient, pitch, channels, rectangle, accumulate, rows } = options;
  const vectors = vectorsOf('rectangle_place', channels);
  const [first, count] = [rows.from * pitch * vectors, (rows.to - rows.from) * pitch * vectors];
  program.dispatch(rectanglePlaceKernel, {
    bindings: { values, gradient },
    params: { first, count, vectors, pitch, ...rectangle, accumulate: Number(accumulate) },
    grid: elementwiseGrid(count),
  });
}
