/** Adding up what parts leave: `total = old + values`. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';

export const addKernel = defineKernel({
  shader: 'add.wgsl',
  bindings: { values: 'read', total: 'readWrite' },
  params: { count: 'u32', accumulate: 'u32' },
});

/** Records `total = old + values` over `count` floats, old being 0 unless `accumulate`. */
export function recordAdd(
  program: Program,
  options: {
    readonly values: BufferSlice;
    readonly total: BufferSlice;
    readonly count: number;
    readonly accumulate: boolean;
  },
): void {
  const { values, total, count } = options;
  program.dispatch(addKernel, {
    bindings: { values, total },
    params: { count, accumulate: Number(options.accumulate) },
    grid: elementwiseGrid(count),
  });
}
