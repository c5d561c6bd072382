/** ReLU on its own, where no convolution's epilogue applies it: `output = max(input, 0)`. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid, vectorsOf } from './elementwise.ts';

export const reluForwardKernel = defineKernel({
  shader: 'relu_forward.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: { count: 'u32' },
});

export const reluBackwardKernel = defineKernel({
  shader: 'relu_backward.wgsl',
  bindings: { output: 'read', gradient: 'readWrite' },
  params: { count: 'u32' },
});

/** Records `output = max(input, 0)` over `values` floats (a multiple of 4). */
export function recordReluForward(
  program: Program,
  options: { readonly input: BufferSlice; readonly output: BufferSlice; readonly values: number },
): void {
  const count = vectorsOf('relu', options.values);
  const { input, output } = options;
  program.dispatch(reluForwardKernel, { bindings: { input, output }, params: { count }, grid: elementwiseGrid(count) });
}

/** Records `gradient = output > 0 ? gradient : 0`, in place, over `values` floats (a multiple of 4). */
export function recordReluBackward(
  program: Program,
  options: { readonly output: BufferSlice; readonly gradient: BufferSlice; readonly values: number },
): void {
  const count = vectorsOf('relu', options.values);
  const { output, gradient } = options;
  program.dispatch(reluBackwardKernel, {
    bindings: { output, gradient },
    params: { count },
    grid: elementwiseGrid(count),
  });
}
