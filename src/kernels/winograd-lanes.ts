/** Winograd's transforms on CPU adapters, lanes along channels, and F(4x4, 3x3) with them. `winograd.ts` puts the parts together. */

import { defineKernel } from '../core/kernel.ts';
import { type Conv2dVariant, epilogueParams } from './conv2d-variant.ts';
import { lanesOfGpu } from './family.ts';
import { gemmLanes } from './gemm-lanes.ts';
import { type WinogradForm, winogradReadParams, winogradVariant, winogradWeightKernel } from './winograd.ts';

export const winogradInputKernel = defineKernel({
  shader: 'winograd_input.lanes.wgsl',
  bindings: { input: 'read', transformed: 'readWrite' },
  params: {
    ...winogradReadParams,
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    first: 'u32',
    mapChannels: 'u32',
    firstPatchRow: 'u32',
    batchStride: 'u32',
  },
});

export const winogradOutputKernel = defineKernel({
  shader: 'winograd_output.lanes.wgsl',
  bindings: { product: 'read', bias: 'read', activation: 'read', output: 'readWrite' },
  params: {
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    first: 'u32',
    mapChannels: 'u32',
    firstPatchRow: 'u32',
    batchStride: 'u32',
    ...epilogueParams,
  },
});

/**
 * A band and its products should stay in the CPU's caches: 4 MiB took 302 to 315 ms of CPU time for the convolutions of an evaluation at
 * 256x192, 32 MiB 330 to 342, 1 MiB 517.
 */
const scratchGoalBytes = 4 * 2 ** 20;

/** A form whose transforms are written as those of F(4x4, 3x3) are. */
export function winogradOnLanes(own: {
  readonly name: string;
  readonly patchEdge: number;
  readonly weight: typeof winogradWeightKernel;
  readonly input: typeof winogradInputKernel;
  readonly output: typeof winogradOutputKernel;
}): Conv2dVariant {
  const form: WinogradForm = {
    name: own.name,
    family: 'lanes',
    patchEdge: own.patchEdge,
    weightKernel: own.weight,
    gemm: gemmLanes,
    scratchGoalBytes,
    fitsChannels: (inChannels, outChannels, lanes = 0) => inChannels % lanes === 0 && outChannels % lanes === 0,
    recordInput: (program, { label, bindings, params, band }) => {
      const lanes = lanesOfGpu(program.gpu);
      const grid = [params.channels / lanes, band.patchRows] as const;
      program.dispatch(own.input, { label, constants: { LANES: lanes }, bindings, params, grid });
    },
    recordOutput: (program, { label, bindings, params, band }) => {
      const lanes = lanesOfGpu(program.gpu);
      const grid = [params.channels / lanes, band.patchRows] as const;
      program.dispatch(own.output, { label, constants: { LANES: lanes }, bindings, params, grid });
    },
  };
  return winogradVariant(form);
}

export const winogradLanes = winogradOnLanes({
  name: 'winograd lanes',
  patchEdge: 4,
  weight: winogradWeightKernel,
  input: winogradInputKernel,
  output: winogradOutputKernel,
});
