/**
 * F(2x2, 3x3) on CPU adapters. It multiplies 2.25 times less than direct, in 16 products; its weights take 2.25 times less memory than those of
 * F(4x4, 3x3), which decides where a map has few patches, and its error is 2 to 6e-7 of the output's rms.
 */

import { defineKernel } from '../core/kernel.ts';
import { winogradWeightKernel } from './winograd.ts';
import { winogradInputKernel, winogradOnLanes, winogradOutputKernel } from './winograd-lanes.ts';

export const winograd2WeightKernel = defineKernel({ ...winogradWeightKernel, shader: 'winograd2_weight.wgsl' });
export const winograd2InputKernel = defineKernel({ ...winogradInputKernel, shader: 'winograd2_input.lanes.wgsl' });
export const winograd2OutputKernel = defineKernel({ ...winogradOutputKernel, shader: 'winograd2_output.lanes.wgsl' });

export const winograd2Lanes = winogradOnLanes({
  name: 'winograd2 lanes',
  patchEdge: 2,
  weight: winograd2WeightKernel,
  input: winograd2InputKernel,
  output: winograd2OutputKernel,
});
