/**
 * 3x3, stride 1, padding 1 convolution by Winograd: input transform, matrix products, output transform with the epilogue of
 * either direction. F(4x4, 3x3) multiplies 4 times less than direct, in 36 products; in f32 its error is 1 to 2.5e-6 of the
 * output's rms for 64 to 512 channels. F(2x2, 3x3) multiplies 2.25 times less, in 16 products; its weights take 2.25 times less
 * memory, which decides where a map has few tiles, and its error is 2 to 6e-7.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), sections 4.1 and 4.3, the latter with other
 * points: 0, ±3/4, ±3/2, ∞ halve the paper's error (docs/decisions/0005-winograd-points.md).
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { workgroupSize } from './elementwise.ts';
import type { LanesBackend } from './family.ts';
import { gemmColumnBlock, recordGemm } from './gemm.ts';
import { recordGemmTiles } from './gemm-tiles.ts';
import type { TilesVariant } from './tiles.ts';
import { recordWinogradInputTiles, recordWinogradOutputTiles } from './winograd-tiles.ts';

export const winogradWeightKernel = defineKernel({
  shader: 'winograd_weight.wgsl',
  bindings: { source: 'read', transformed: 'readWrite' },
  params: { inChannels: 'u32', outChannels: 'u32', rotate: 'u32', batchStride: 'u32' },
});

export const winograd2WeightKernel = defineKernel({ ...winogradWeightKernel, shader: 'winograd2_weight.wgsl' });

export const winogradInputKernel = defineKernel({
  shader: 'winograd_input.lanes.wgsl',
  bindings: { input: 'read', transformed: 'readWrite' },
  params: { height: 'u32', width: 'u32', channels: 'u32', firstTileRow: 'u32', batchStride: 'u32' },
});

export const winograd2InputKernel = defineKernel({ ...winogradInputKernel, shader: 'winograd2_input.lanes.wgsl' });

export const winogradOutputKernel = defineKernel({
  shader: 'winograd_output.lanes.wgsl',
  bindings: { product: 'read', bias: 'read', activation: 'read', output: 'readWrite' },
  params: {
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    firstTileRow: 'u32',
    batchStride: 'u32',
    bias: 'u32',
    relu: 'u32',
    accumulate: 'u32',
    mask: 'u32',
  },
});

export const winograd2OutputKernel = defineKernel({ ...winogradOutputKernel, shader: 'winograd2_output.lanes.wgsl' });

/** Edge of a tile of outputs: F(2x2, 3x3) or F(4x4, 3x3). */
export type WinogradTile = 2 | 4;

/** Products per tile and channel pair: (tile + 3 − 1)². */
function coefficientsOf(tile: WinogradTile): number {
  return (tile + 2) ** 2;
}

/** The kernels of a CPU adapter; `tiles` has its own, for 4. */
const lanesKernels = {
  2: { weight: winograd2WeightKernel, input: winograd2InputKernel, output: winograd2OutputKernel },
  4: { weight: winogradWeightKernel, input: winogradInputKernel, output: winogradOutputKernel },
} as const;

/** Values between the matrices of two coefficients, beyond their own: keeps their streams off the same cache sets. */
const batchPadding = 16;

/**
 * Bytes that each of the two scratch buffers may take before the picture is cut into bands of tile rows. On a CPU a band and its
 * products should stay in its caches: 4 MiB took 302 to 315 ms of CPU time for the convolutions of an evaluation at 256x192, 32 MiB 330 to
 * 342, 1 MiB 517. On a GPU it only has to keep scratch well below the 128 MiB binding limit.
 */
const scratchGoalBytes = { lanes: 4 * 2 ** 20, tiles: 32 * 2 ** 20 } as const;

/** A band reads every weight of its layer, so it should have so many tiles to share them. */
const leastTilesPerBand = 128;

export interface WinogradShape {
  readonly tile: WinogradTile;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Whose transforms and products run. */
export type WinogradKernels = LanesBackend | TilesVariant;

/** Whether the kernels can run a shape: whole vectors of input channels, and on lanes whole column blocks of output channels. */
export function winogradFits(shape: WinogradShape, kernels: WinogradKernels): boolean {
  if (shape.tile === 2 && kernels.family === 'tiles') return false;
  const [depthBlock, columnBlock] = kernels.family === 'tiles' ? [4, 4] : [kernels.lanes, gemmColumnBlock];
  return shape.inChannels % depthBlock === 0 && shape.outChannels % columnBlock === 0;
}

/** Bytes of one transformed weight set. */
export function winogradWeightBytes(tile: WinogradTile, inChannels: number, outChannels: number): number {
  return coefficientsOf(tile) * (inChannels * outChannels + batchPadding) * bytesPerFloat;
}

interface Banding {
  readonly tilesAcross: number;
  readonly tileRows: number;
  readonly rowsPerBand: number;
}

function bandingOf(shape: WinogradShape, { family }: WinogradKernels, wantedRows?: number): Banding {
  const tilesAcross = Math.ceil(shape.width / shape.tile);
  const tileRows = Math.ceil(shape.height / shape.tile);
  const rowBytes = scratchBytes(shape, tilesAcross);
  const fittingRows = Math.floor(scratchGoalBytes[family] / rowBytes);
  const leastRows = Math.ceil(leastTilesPerBand / tilesAcross);
  const bands = Math.ceil(tileRows / Math.max(leastRows, fittingRows));
  // Bands of one size, so that none is left with a few rows.
  const rowsPerBand = wantedRows ?? Math.ceil(tileRows / bands);
  return { tilesAcross, tileRows, rowsPerBand };
}

/** Bytes of so many tiles before or after the products, whichever have more channels. */
function scratchBytes({ tile, inChannels, outChannels }: WinogradShape, tiles: number): number {
  return coefficientsOf(tile) * (tiles * Math.max(inChannels, outChannels) + batchPadding) * bytesPerFloat;
}

/** Bytes that each of the two scratch buffers needs for a shape, in bands of `tileRowsPerBand` or of the size that suits. */
export function winogradScratchBytes(shape: WinogradShape, kernels: WinogradKernels, tileRowsPerBand?: number): number {
  const { tilesAcross, rowsPerBand } = bandingOf(shape, kernels, tileRowsPerBand);
  return scratchBytes(shape, rowsPerBand * tilesAcross);
}

/**
 * Records the transform of a weight set, once per network.
 *
 * @param options.source [9, in, out] as the direct kernel wants it.
 * @param options.transformed [coefficients, rows, columns]: rows = in and columns = out, or swapped and rotated by 180° for the
 * backward pass.
 */
export function recordWinogradWeights(
  program: Program,
  options: {
    readonly tile: WinogradTile;
    readonly source: BufferSlice;
    readonly transformed: BufferSlice;
    readonly inChannels: number;
    readonly outChannels: number;
    readonly direction: 'forward' | 'backward';
  },
): void {
  const { source, transformed } = options;
  const isBackward = options.direction === 'backward';
  const [inChannels, outChannels] = isBackward
    ? [options.outChannels, options.inChannels]
    : [options.inChannels, options.outChannels];
  const filters = inChannels * outChannels;
  program.dispatch(lanesKernels[options.tile].weight, {
    bindings: { source, transformed },
    params: { inChannels, outChannels, rotate: Number(isBackward), batchStride: filters + batchPadding },
    grid: linearGrid(program.gpu, filters, workgroupSize),
  });
}

export interface WinogradOptions {
  readonly label: string;
  readonly kernels: WinogradKernels;
  /** Channels as this direction sees them: in = the channels of `input`, out = those of `output`. */
  readonly shape: WinogradShape;
  /** [height, width, inChannels] */
  readonly input: BufferSlice;
  /** [coefficients, inChannels, outChannels], from `recordWinogradWeights`. */
  readonly weight: BufferSlice;
  /** [height, width, outChannels] */
  readonly output: BufferSlice;
  /** Two buffers of `winogradScratchBytes`, shared by all layers. */
  readonly scratch: readonly [BufferSlice, BufferSlice];
  /** Forward: added before `relu`. */
  readonly bias?: BufferSlice;
  readonly relu?: boolean;
  /** Backward: adds to what `output` holds, then masks by `activation > 0` where given. */
  readonly accumulate?: boolean;
  readonly activation?: BufferSlice;
  /** Tile rows of a band; as many as `scratchGoalBytes` allows when absent. */
  readonly tileRowsPerBand?: number;
}

/** Records a convolution, band by band. */
export function recordWinograd(program: Program, options: WinogradOptions): void {
  const { shape } = options;
  const { tilesAcross, tileRows, rowsPerBand } = bandingOf(shape, options.kernels, options.tileRowsPerBand);
  for (let firstTileRow = 0; firstTileRow < tileRows; firstTileRow += rowsPerBand) {
    const bandRows = Math.min(rowsPerBand, tileRows - firstTileRow);
    const tiles = bandRows * tilesAcross;
    const band: Band = {
      firstTileRow,
      tileRows: bandRows,
      tiles,
      inStride: tiles * shape.inChannels + batchPadding,
      outStride: tiles * shape.outChannels + batchPadding,
    };
    recordInput(program, options, band);
    recordProduct(program, options, band);
    recordOutput(program, options, band);
  }
}

/** A band of tile rows. */
interface Band {
  readonly firstTileRow: number;
  readonly tileRows: number;
  readonly tiles: number;
  /** Values between the coefficients' matrices, before and after the product. */
  readonly inStride: number;
  readonly outStride: number;
}

function recordInput(program: Program, { label: name, kernels, shape, input, scratch }: WinogradOptions, band: Band) {
  const { height, width, inChannels } = shape;
  const label = `${name} input transform`;
  const bindings = { input, transformed: scratch[0] };
  const params = { height, width, channels: inChannels, firstTileRow: band.firstTileRow, batchStride: band.inStride };
  if (kernels.family === 'tiles') {
    recordWinogradInputTiles(program, { label, bindings, params, band });
    return;
  }
  const { lanes } = kernels;
  const grid = [inChannels / lanes, band.tileRows] as const;
  program.dispatch(lanesKernels[shape.tile].input, { label, constants: { LANES: lanes }, bindings, params, grid });
}

function recordProduct(program: Program, { label, kernels, shape, weight, scratch }: WinogradOptions, band: Band) {
  const { inChannels, outChannels } = shape;
  const product = {
    label: `${label} product`,
    a: scratch[0],
    b: weight,
    c: scratch[1],
    batches: coefficientsOf(shape.tile),
    rows: band.tiles,
    columns: outChannels,
    depth: inChannels,
    aStrides: { batch: band.inStride, row: inChannels, depth: 1 },
    bStrides: { batch: inChannels * outChannels + batchPadding, depth: outChannels },
    cStrides: { batch: band.outStride, row: outChannels },
  };
  if (kernels.family === 'tiles') recordGemmTiles(program, { ...product, tile: kernels.tile });
  else recordGemm(program, { ...product, lanes: kernels.lanes });
}

function recordOutput(program: Program, options: WinogradOptions, band: Band): void {
  const { kernels, shape } = options;
  const { height, width, outChannels } = shape;
  const label = `${options.label} output transform`;
  const product = options.scratch[1];
  const bindings = {
    product,
    // A binding cannot be left out; what the flags switch off is bound to the products and never read.
    bias: options.bias ?? product,
    activation: options.activation ?? product,
    output: options.output,
  };
  const params = {
    height,
    width,
    channels: outChannels,
    firstTileRow: band.firstTileRow,
    batchStride: band.outStride,
    bias: Number(options.bias !== undefined),
    relu: Number(options.relu ?? false),
    accumulate: Number(options.accumulate ?? false),
    mask: Number(options.activation !== undefined),
  };
  if (kernels.family === 'tiles') {
    recordWinogradOutputTiles(program, { label, bindings, params, band });
    return;
  }
  const { lanes } = kernels;
  const grid = [outChannels / lanes, band.tileRows] as const;
  program.dispatch(lanesKernels[shape.tile].output, { label, constants: { LANES: lanes }, bindings, params, grid });
}
