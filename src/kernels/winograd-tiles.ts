/** Winograd F(4x4, 3x3) of the `tiles` family, for GPUs. `winograd.ts` puts the parts together. */

import { defineKernel } from '../core/kernel.ts';
import { type Grid, linearGrid, type Program } from '../core/program.ts';
import { type Conv2dVariant, epilogueParams } from './conv2d-variant.ts';
import { workgroupSize } from './elementwise.ts';
import { gemmTiles } from './gemm-tiles.ts';
import { tileNames } from './tiles.ts';
import { type WinogradTransform, winogradReadParams, winogradVariant, winogradWeightKernel } from './winograd.ts';

export const winogradInputTilesKernel = defineKernel({
  shader: 'winograd_input.tiles.wgsl',
  bindings: { input: 'read', transformed: 'readWrite' },
  params: {
    ...winogradReadParams,
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    first: 'u32',
    mapChannels: 'u32',
    firstPatchRow: 'u32',
    patchRows: 'u32',
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
    first: 'u32',
    mapChannels: 'u32',
    firstPatchRow: 'u32',
    patchRows: 'u32',
    batchStride: 'u32',
    ...epilogueParams,
  },
});

/** Channels that an invocation of the transforms owns. */
const channelsHeld = 2;

/** On a GPU scratch only has to stay well below the 128 MiB binding limit. */
const scratchGoalBytes = 32 * 2 ** 20;

/** Below this many channels the transforms, which a GPU pays in memory traffic, cost more than the product saves. */
const leastChannels = 32;

function gridOf(program: Program, { params, band }: Pick<WinogradTransform<never>, 'params' | 'band'>): Grid {
  return linearGrid(program.gpu, (band.patches * params.channels) / channelsHeld, workgroupSize);
}

/** With every tile of the product, the usual one first. */
export const winogradTiles: readonly Conv2dVariant[] = tileNames.map((tile) =>
  winogradVariant({
    name: `winograd tiles ${tile}`,
    family: 'tiles',
    patchEdge: 4,
    weightKernel: winogradWeightKernel,
    gemm: gemmTiles(tile),
    scratchGoalBytes,
    suits: ({ shape }) => Math.min(shape.inChannels, shape.outChannels) >= leastChannels,
    fitsChannels: (inChannels, outChannels) => inChannels % 4 === 0 && outChannels % 4 === 0,
    recordInput: (program, transform) => {
      const { label, bindings, band } = transform;
      const params = { ...transform.params, patchRows: band.patchRows };
      program.dispatch(winogradInputTilesKernel, { label, bindings, params, grid: gridOf(program, transform) });
    },
    recordOutput: (program, transform) => {
      const { label, bindings, band } = transform;
      const params = { ...transform.params, patchRows: band.patchRows };
      program.dispatch(winogradOutputTilesKernel, { label, bindings, params, grid: gridOf(program, transform) });
    },
  }),
);
