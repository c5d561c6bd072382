/**
 * Between three values a position, [height, width, 3], and three planes, which matrix products take: `planes = w · M · values` and back. A weight
 * w goes by the frequency that a position of a spectrum stands for; of a picture it is 1.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';
import type { ChannelTriple } from './normalise.ts';

const mixing = {
  stepX: 'f32',
  stepY: 'f32',
  floor: 'f32',
  rise: 'f32',
  level: 'f32',
  fall: 'f32',
  m00: 'f32',
  m01: 'f32',
  m02: 'f32',
  m10: 'f32',
  m11: 'f32',
  m12: 'f32',
  m20: 'f32',
  m21: 'f32',
  m22: 'f32',
} as const;

export const planesSplitKernel = defineKernel({
  shader: 'planes_split.wgsl',
  bindings: { values: 'read', planes: 'readWrite' },
  params: { width: 'u32', height: 'u32', pitch: 'u32', plane: 'u32', ...mixing },
});

export const planesJoinKernel = defineKernel({
  shader: 'planes_join.wgsl',
  bindings: { planes: 'read', values: 'readWrite' },
  params: { pixels: 'u32', width: 'u32', pitch: 'u32', plane: 'u32', ...mixing },
});

/** Rows of a 3x3 matrix. */
export type ChannelMatrix = readonly [ChannelTriple, ChannelTriple, ChannelTriple];

export const sameChannels: ChannelMatrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** w = rise · f^¾ + level + fall / f^¾ of the frequency f = √((y · stepY)² + (x · stepX)²), which counts as `floor` where it is less. */
export interface FrequencyWeight {
  readonly stepX: number;
  readonly stepY: number;
  /** More than 0. */
  readonly floor: number;
  readonly rise: number;
  readonly level: number;
  readonly fall: number;
}

/** Of what is no spectrum. */
export const noWeight: FrequencyWeight = { stepX: 0, stepY: 0, floor: 1, rise: 0, level: 1, fall: 0 };

/** A picture's size, and that of the planes, which may have more rows and columns. */
export interface PlaneShape {
  readonly width: number;
  readonly height: number;
  readonly paddedWidth: number;
  readonly paddedHeight: number;
}

export interface PlanesOptions {
  readonly label?: string;
  /** [height, width, 3] */
  readonly values: BufferSlice;
  /** [3, paddedHeight, paddedWidth] */
  readonly planes: BufferSlice;
  readonly shape: PlaneShape;
  readonly weight: FrequencyWeight;
  readonly matrix: ChannelMatrix;
}

/** Records `planes = w · matrix · values`, 0 beyond the picture. @throws ShapeError where planes are smaller than the picture. */
export function recordPlanesSplit(program: Program, options: PlanesOptions): void {
  const { values, planes, shape } = options;
  const { width, height, paddedWidth } = shape;
  const plane = planeOf(shape);
  program.dispatch(planesSplitKernel, {
    ...labelOf(options),
    bindings: { values, planes },
    params: { width, height, pitch: paddedWidth, plane, ...mixingOf(options) },
    grid: elementwiseGrid(plane),
  });
}

/** Records `values = w · matrix · planes`. @throws ShapeError where planes are smaller than the picture. */
export function recordPlanesJoin(program: Program, options: PlanesOptions): void {
  const { values, planes, shape } = options;
  const { width, height, paddedWidth } = shape;
  const pixels = width * height;
  program.dispatch(planesJoinKernel, {
    ...labelOf(options),
    bindings: { planes, values },
    params: { pixels, width, pitch: paddedWidth, plane: planeOf(shape), ...mixingOf(options) },
    grid: elementwiseGrid(pixels),
  });
}

function labelOf({ label }: PlanesOptions): { readonly label?: string } {
  return label === undefined ? {} : { label };
}

function planeOf({ width, height, paddedWidth, paddedHeight }: PlaneShape): number {
  if (paddedWidth < width || paddedHeight < height) {
    throw new ShapeError(`planes of ${paddedWidth}x${paddedHeight} do not hold a picture of ${width}x${height}`);
  }
  return paddedWidth * paddedHeight;
}

function mixingOf({ weight, matrix }: PlanesOptions): Readonly<Record<keyof typeof mixing, number>> {
  const { stepX, stepY, floor, rise, level, fall } = weight;
  const [[m00, m01, m02], [m10, m11, m12], [m20, m21, m22]] = matrix;
  return { stepX, stepY, floor, rise, level, fall, m00, m01, m02, m10, m11, m12, m20, m21, m22 };
}
