/** The Gram matrix and its backward pass by their definition: any shape, any adapter. */

import { defineKernel } from '../core/kernel.ts';
import { linearGrid } from '../core/program.ts';
import { workgroupSize } from './elementwise.ts';
import { chunkingOf, chunksBytes, type GramVariant, recordReduce } from './gram-variant.ts';

export const gramForwardKernel = defineKernel({
  shader: 'gram_forward.direct.wgsl',
  bindings: { feature: 'read', partial: 'readWrite' },
  params: { positions: 'u32', channels: 'u32', chunkSize: 'u32' },
});

export const gramBackwardKernel = defineKernel({
  shader: 'gram_backward.direct.wgsl',
  bindings: { feature: 'read', gradGram: 'read', gradFeature: 'readWrite' },
  params: { positions: 'u32', channels: 'u32', accumulate: 'u32' },
});

/** As for the product on CPU adapters, whose figure `gram-product.ts` has; not measured apart. */
const partialValues = 2 ** 19;

export const gramDirect: GramVariant = {
  name: 'direct',
  family: 'direct',
  fits: () => true,
  scratchBytes: (shape) => chunksBytes(chunkingOf(shape, partialValues), shape),
  recordForward: (program, options) => {
    const { shape, feature, scratch, label = 'gram' } = options;
    const { positions, channels } = shape;
    const chunking = chunkingOf(shape, partialValues);
    program.dispatch(gramForwardKernel, {
      label: `${label} partial`,
      bindings: { feature, partial: scratch },
      params: { positions, channels, chunkSize: chunking.chunkSize },
      grid: [Math.ceil((channels * channels) / 4 / workgroupSize), 1, chunking.chunks],
    });
    recordReduce(program, options, chunking, 0);
  },
  recordBackward: (program, { shape, feature, gradGram, gradFeature, accumulate, label = 'gram' }) => {
    const { positions, channels } = shape;
    program.dispatch(gramBackwardKernel, {
      label: `${label} backward`,
      bindings: { feature, gradGram, gradFeature },
      params: { positions, channels, accumulate: Number(accumulate) },
      grid: linearGrid(program.gpu, (positions * channels) / 4, workgroupSize),
    });
  },
};
