/**
 * conv2d of the `tiles` family, for GPUs: one implicit matrix product serves the forward pass of any shape and, with the cells of a
 * filter counted backwards, the backward pass of stride 1. Reads the weights that the direct kernels read.
 */

import { defineKernel } from '../core/kernel.ts';
import type { Grid, Program } from '../core/program.ts';
import { conv2dDirect } from './conv2d-direct.ts';
import { type Conv2dShape, type Direction, geometryOf, placeOf } from './conv2d-shape.ts';
import {
  type Conv2dOptions,
  type Conv2dProblem,
  type Conv2dVariant,
  epilogueBindings,
  epilogueFlags,
  epilogueParams,
} from './conv2d-variant.ts';
import { paddedChannels } from './elementwise.ts';
import { type TileName, tileConstants, tileNames } from './tiles.ts';

export const conv2dTilesKernel = defineKernel({
  shader: 'conv2d.tiles.wgsl',
  bindings: { input: 'read', weight: 'read', bias: 'read', activation: 'read', output: 'readWrite' },
  params: {
    inHeight: 'u32',
    inWidth: 'u32',
    inChannels: 'u32',
    outHeight: 'u32',
    outWidth: 'u32',
    outChannels: 'u32',
    kernelHeight: 'u32',
    kernelWidth: 'u32',
    stride: 'u32',
    direction: 'i32',
    offsetRows: 'i32',
    offsetColumns: 'i32',
    replicate: 'u32',
    inFirst: 'u32',
    inOf: 'u32',
    outFirst: 'u32',
    outOf: 'u32',
    ...epilogueParams,
  },
});

/** Every tile, the usual one first. */
export const conv2dTiles: readonly Conv2dVariant[] = tileNames.map((tile) => ({
  ...conv2dDirect,
  name: `tiles ${tile}`,
  family: 'tiles',
  fits: isReadOnce,
  record: (program, options) => record(program, tile, options),
}));

/** Any forward pass; backward, each pixel must be read by every cell of a filter, and by none twice. */
function isReadOnce({ shape: { stride, paddingMode }, direction }: Conv2dProblem): boolean {
  return direction === 'forward' || (stride === 1 && paddingMode === 'zeros');
}

function record(program: Program, tile: TileName, options: Conv2dOptions): void {
  const { label, shape, source, weight, output, epilogue } = options;
  const constants = tileConstants(tile);
  const seen = asSeen(shape, epilogue.direction);
  program.dispatch(conv2dTilesKernel, {
    label,
    constants,
    bindings: { input: source, weight, output, ...epilogueBindings(epilogue, source) },
    params: { ...seen, ...epilogueFlags(epilogue) },
    grid: gridOf(program, seen, constants),
  });
}

/** The maps as the kernel sees them: in = what is read, out = what is made, in either direction; channels padded. */
function asSeen(shape: Conv2dShape, seenFrom: Direction) {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, paddingRows, paddingColumns, ...kernel } =
    geometryOf(shape);
  const place = placeOf(shape);
  const outChannels = paddedChannels(shape.outChannels);
  if (seenFrom === 'forward') {
    // The offsets are where the first cell reads, from an output.
    return {
      inHeight,
      inWidth,
      inChannels,
      outHeight,
      outWidth,
      outChannels,
      ...kernel,
      direction: 1,
      offsetRows: -paddingRows,
      offsetColumns: -paddingColumns,
      inFirst: 0,
      inOf: inChannels,
      outFirst: place.first,
      outOf: place.of,
    };
  }
  const read = { inHeight: outHeight, inWidth: outWidth, inChannels: outChannels };
  const made = { outHeight: inHeight, outWidth: inWidth, outChannels: inChannels };
  return {
    ...read,
    ...made,
    ...kernel,
    direction: -1,
    offsetRows: paddingRows,
    offsetColumns: paddingColumns,
    inFirst: place.first,
    inOf: place.of,
    outFirst: 0,
    outOf: inChannels,
  };
}

/** Channel tiles along x, pixel tiles along y and, past the limit, z. */
function gridOf(
  program: Program,
  { outHeight, outWidth, outChannels }: Readonly<Record<'outHeight' | 'outWidth' | 'outChannels', number>>,
  { TILE_M, TILE_N }: { readonly TILE_M: number; readonly TILE_N: number },
): Grid {
  const pixelTiles = Math.ceil((outHeight * outWidth) / TILE_M);
  const y = Math.min(pixelTiles, program.gpu.device.limits.maxComputeWorkgroupsPerDimension);
  return [Math.ceil(outChannels / TILE_N), y, Math.ceil(pixelTiles / y)];
}
