/**
 * conv2d of the `tiles` family, for GPUs: one implicit matrix product serves the forward pass of any shape and, with the taps
 * counted backwards, the backward pass of stride 1. Reads the weights that the direct kernels read.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Grid, Program } from '../core/program.ts';
import { type TileName, tileConstants } from './tiles.ts';

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
    offset: 'i32',
    replicate: 'u32',
    bias: 'u32',
    relu: 'u32',
    accumulate: 'u32',
    mask: 'u32',
  },
});

/** The maps as the kernel sees them: in = what is read, out = what is made, in either direction; channels padded. */
export interface TilesGeometry {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  /** 1 forward, −1 backward. */
  readonly direction: 1 | -1;
  /** Where the first tap reads, from an output: −padding forward, padding backward. */
  readonly offset: number;
  readonly replicate: boolean;
}

/** Records one direction of a convolution with the epilogue that the options ask for. */
export function recordConv2dTiles(
  program: Program,
  options: {
    readonly label: string;
    readonly tile: TileName;
    readonly geometry: TilesGeometry;
    readonly input: BufferSlice;
    /** [taps, inChannels, outChannels] */
    readonly weight: BufferSlice;
    readonly output: BufferSlice;
    readonly bias?: BufferSlice;
    readonly relu?: boolean;
    readonly accumulate?: boolean;
    readonly activation?: BufferSlice;
  },
): void {
  const { label, tile, geometry, input, weight, output, bias, activation } = options;
  const constants = tileConstants(tile);
  program.dispatch(conv2dTilesKernel, {
    label,
    constants,
    // A binding cannot be left out; what the flags switch off is bound to the input and never read.
    bindings: { input, weight, bias: bias ?? input, activation: activation ?? input, output },
    params: {
      ...geometry,
      replicate: Number(geometry.replicate),
      bias: Number(bias !== undefined),
      relu: Number(options.relu ?? false),
      accumulate: Number(options.accumulate ?? false),
      mask: Number(activation !== undefined),
    },
    grid: gridOf(program, geometry, constants),
  });
}

/** Channel tiles along x, pixel tiles along y and, past the limit, z. */
function gridOf(
  program: Program,
  { outHeight, outWidth, outChannels }: TilesGeometry,
  { TILE_M, TILE_N }: { readonly TILE_M: number; readonly TILE_N: number },
): Grid {
  const pixelTiles = Math.ceil((outHeight * outWidth) / TILE_M);
  const y = Math.min(pixelTiles, program.gpu.device.limits.maxComputeWorkgroupsPerDimension);
  return [Math.ceil(outChannels / TILE_N), y, Math.ceil(pixelTiles / y)];
}
