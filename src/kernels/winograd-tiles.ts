/** Winograd's transforms of the `tiles` family, for GPUs: one band of tile rows each. `winograd.ts` puts the parts together. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { workgroupSize } from './elementwise.ts';

export const winogradInputTilesKernel = defineKernel({
  shader: 'winograd_input.tiles.wgsl',
  bindings: { input: 'read', transformed: 'readWrite' },
  params: {
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    firstTileRow: 'u32',
    tileRows: 'u32',
    batchStride: 'u32',
  },
});

export const winogradOutputTilesKernel = defineKernel({
  shader: 'winograd_output.tiles.wgsl',
  bindings: { product: 'read', bias: 'read', activation: 'read', output: 'readWrite' },
  params: {
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    firstTileRow: 'u32',
    tileRows: 'u32',
    batchStride: 'u32',
    bias: 'u32',
    relu: 'u32',
    accumulate: 'u32',
    mask: 'u32',
  },
});

/** Channels that an invocation of the transforms owns. */
const channelsHeld = 2;

/** A band of tile rows of one map, and the distance of the coefficients' matrices. */
interface BandParams {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly firstTileRow: number;
  readonly batchStride: number;
}

/** How many tiles a band has. */
export interface BandTiles {
  readonly tileRows: number;
  readonly tiles: number;
}

export function recordWinogradInputTiles(
  program: Program,
  options: {
    readonly label: string;
    readonly params: BandParams;
    readonly band: BandTiles;
    readonly bindings: { readonly input: BufferSlice; readonly transformed: BufferSlice };
  },
): void {
  const { label, params, band, bindings } = options;
  program.dispatch(winogradInputTilesKernel, {
    label,
    bindings,
    params: { ...params, tileRows: band.tileRows },
    grid: linearGrid(program.gpu, (band.tiles * params.channels) / channelsHeld, workgroupSize),
  });
}

export function recordWinogradOutputTiles(
  program: Program,
  options: {
    readonly label: string;
    readonly params: BandParams & Readonly<Record<'bias' | 'relu' | 'accumulate' | 'mask', number>>;
    readonly band: BandTiles;
    readonly bindings: Readonly<Record<'product' | 'bias' | 'activation' | 'output', BufferSlice>>;
  },
): void {
  const { label, params, band, bindings } = options;
  program.dispatch(winogradOutputTilesKernel, {
    label,
    bindings,
    params: { ...params, tileRows: band.tileRows },
    grid: linearGrid(program.gpu, (band.tiles * params.channels) / channelsHeld, workgroupSize),
  });
}
