/** Words from one buffer to another, within a pass, where copies between buffers cannot be recorded. */

import type { BufferSlice } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import { elementwiseGrid } from './elementwise.ts';

export const vectorCopyKernel = defineKernel({
  shader: 'vector_copy.wgsl',
  bindings: { input: 'read', output: 'readWrite' },
  params: { size: 'u32' },
});

/** Records `output = input` over words of four bytes. */
export function recordVectorCopy(
  program: Program,
  options: {
    readonly label?: string;
    readonly input: BufferSlice;
    readonly output: BufferSlice;
    readonly words: number;
  },
): void {
  const { label, input, output, words } = options;
  program.dispatch(vectorCopyKernel, {
    ...(label === undefined ? {} : { label }),
    // Words are words: the module has no form for f16.
    bindings: { input: { ...input, element: 'u32' }, output: { ...output, element: 'u32' } },
    params: { size: words },
    grid: elementwiseGrid(words),
  });
}
