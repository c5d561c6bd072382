/** What elementwise kernels share: vectors of four floats, walked with the stride of the whole grid. */

import { ShapeError } from '../core/errors.ts';
import type { Grid } from '../core/program.ts';

export const workgroupSize = 64;

/** Enough workgroups to fill any adapter; beyond them each invocation takes several values. */
const mostWorkgroups = 1024;

/** The grid for `count` items, one or more per invocation. */
export function elementwiseGrid(count: number): Grid {
  return [Math.min(Math.max(Math.ceil(count / workgroupSize), 1), mostWorkgroups)];
}

/** `values / 4`. @throws ShapeError when the count does not divide. */
export function vectorsOf(kernel: string, values: number): number {
  if (values % 4 !== 0) {
    throw new ShapeError(`${kernel}: ${values} values are not a multiple of 4; pad the channels`);
  }
  return values / 4;
}

/** Channels are stored padded to a multiple of 4. */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / 4) * 4;
}
