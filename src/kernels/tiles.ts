/**
 * The tile shapes of the `tiles` family, for GPUs: header constants of `gemm.tiles.wgsl`, its transposed form and `conv2d.tiles.wgsl`. Which is
 * best is for `impasto tune` to measure. All stay within WebGPU's default limits (256 invocations, 16 KiB of workgroup memory).
 */

import type { HeaderConstants } from '../core/shader.ts';

/** Rows x columns of the output that a workgroup makes. */
export type TileName = '64x64' | '128x64' | '32x32';

/** By name: the tile, the depth held at a time, and what an invocation makes (rows x 4 · vectors columns). */
const shapes = {
  // 64 invocations of 8x8, 8 KiB.
  '64x64': { TILE_M: 64, TILE_N: 64, TILE_K: 16, ROWS: 8, VECTORS: 2 },
  // 128 invocations of 8x8, 12 KiB: half as many loads of B.
  '128x64': { TILE_M: 128, TILE_N: 64, TILE_K: 16, ROWS: 8, VECTORS: 2 },
  // 64 invocations of 4x4, 4 KiB: for maps so small that larger tiles would leave a GPU idle.
  '32x32': { TILE_M: 32, TILE_N: 32, TILE_K: 16, ROWS: 4, VECTORS: 1 },
} as const satisfies Readonly<Record<TileName, HeaderConstants>>;

/** The first is what runs where nothing was measured. */
export const defaultTile: TileName = '64x64';
export const tileNames: readonly TileName[] = [defaultTile, '128x64', '32x32'];

/** The header constants of a tile. */
export function tileConstants(tile: TileName): (typeof shapes)[TileName] {
  return shapes[tile];
}
