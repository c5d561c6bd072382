/** The end of an evaluation: sums the partials of every loss term and keeps the best picture so far, on the device. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { rangesOf, sliceOf } from '../core/ranges.ts';
import { elementwiseGrid } from './elementwise.ts';
import { partialsPerTerm } from './mse.ts';

export const lossSumKernel = defineKernel({
  shader: 'loss_sum.wgsl',
  bindings: { partial: 'read', scale: 'read', loss: 'readWrite', state: 'readWrite' },
  params: { terms: 'u32', partials: 'u32' },
});

export const keepBestKernel = defineKernel({
  shader: 'keep_best.wgsl',
  bindings: { input: 'read', state: 'read', best: 'readWrite' },
  params: { count: 'u32' },
});

/** Records `loss[1 + t] = scale[t] · Σ partial[t]`, `loss[0]` their sum, and the best-so-far `state`. */
export function recordLossSum(
  program: Program,
  options: {
    /** [terms, partialsPerTerm] */
    readonly partial: BufferSlice;
    /** [terms] */
    readonly scale: BufferSlice;
    /** [1 + terms] */
    readonly loss: BufferSlice;
    /** [2]: the lowest finite total so far (start it at +∞), and whether this evaluation set it. */
    readonly state: BufferSlice;
    readonly terms: number;
  },
): void {
  const { partial, scale, loss, state, terms } = options;
  program.dispatch(lossSumKernel, {
    bindings: { partial, scale, loss, state },
    params: { terms, partials: partialsPerTerm },
    grid: [1],
  });
}

/** Records `best = input` for evaluations that set a new lowest total, in ranges where the vectors are longer than a binding. */
export function recordKeepBest(
  program: Program,
  options: {
    readonly input: BufferSlice;
    readonly state: BufferSlice;
    readonly best: BufferSlice;
    readonly count: number;
  },
): void {
  const { input, state, best } = options;
  for (const range of rangesOf(options.count, program.gpu.limits.maxStorageBufferBindingSize)) {
    const { count } = range;
    program.dispatch(keepBestKernel, {
      bindings: { input: sliceOf(input, range), state, best: sliceOf(best, range) },
      params: { count },
      grid: elementwiseGrid(count),
    });
  }
}
