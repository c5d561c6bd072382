/** Squared error against a reference, value and gradient in one pass; the content loss and the end of the style loss. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { vectorsOf, workgroupSize } from './elementwise.ts';

export const mseKernel = defineKernel({
  shader: 'mse.wgsl',
  bindings: { input: 'read', reference: 'read', gradient: 'readWrite', partial: 'readWrite' },
  params: { count: 'u32', scale: 'f32', accumulate: 'u32' },
});

/** Partial sums per loss term: enough invocations for a GPU, few enough for one workgroup to add. */
export const partialsPerTerm = 1024;

/**
 * Records `gradient = old + scale · (input − reference)` and `partial`, whose sum is `Σ (input − reference)²`.
 *
 * For a loss w · mean((input − reference)²) over n values, scale is 2 w / n and the value w / n · Σ partial.
 */
export function recordMse(
  program: Program,
  options: {
    readonly input: BufferSlice;
    readonly reference: BufferSlice;
    readonly gradient: BufferSlice;
    /** [partialsPerTerm] */
    readonly partial: BufferSlice;
    /** A multiple of 4. */
    readonly values: number;
    readonly scale: number;
    readonly accumulate: boolean;
  },
): void {
  const { input, reference, gradient, partial, scale } = options;
  program.dispatch(mseKernel, {
    bindings: { input, reference, gradient, partial },
    params: { count: vectorsOf('mse', options.values), scale, accumulate: Number(options.accumulate) },
    grid: [partialsPerTerm / workgroupSize],
  });
}
