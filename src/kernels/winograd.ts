/**
 * 3x3, stride 1, padding 1 convolution by Winograd's F(4x4, 3x3): input transform, 36 matrix products,
 * output transform with the epilogue of either direction. 4 times fewer multiplications than direct; in f32 the error is
 * 1 to 2.5e-6 of the output's rms for 64 to 512 channels.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), section 4.3, with other points:
 * 0, ±3/4, ±3/2, ∞ halve the paper's error (docs/decisions/0005-winograd-points.md).
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

export const winogradInputKernel = defineKernel({
  shader: 'winograd_input.lanes.wgsl',
  bindings: { input: 'read', transformed: 'readWrite' },
  params: { height: 'u32', width: 'u32', channels: 'u32', firstTileRow: 'u32', batchStride: 'u32' },
});

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

/** Edge of a tile of outputs. */
const tileSize = 4;

/** Products per tile and channel pair: (4 + 3 − 1)². */
const coefficients = 36;

/** Values between the matrices of two coefficients, beyond their own: keeps 36 streams off the same cache sets. */
const batchPadding = 16;

/**
 * Bytes that each of the two scratch buffers may take before the picture is cut into bands of tile rows. On a CPU a small band
 * rests in the caches between the three steps, but each band reads the weights again, which from 256 channels on are the larger part
 * (decision 0024). On a GPU, where caches are smaller and dispatches dearer, a band is large.
 */
function scratchGoalBytes({ inChannels, outChannels }: WinogradShape, { family }: WinogradKernels): number {
  if (family === 'tiles') return 32 * 2 ** 20;
  return (Math.max(inChannels, outChannels) < 256 ? 4 : 8) * 2 ** 20;
}

export interface WinogradShape {
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** Whose transforms and products run. */
export type WinogradKernels = LanesBackend | TilesVariant;

/** Whether the kernels can run a shape: whole vectors of input channels, and on lanes whole column blocks of output channels. */
export function winogradFits(shape: WinogradShape, kernels: WinogradKernels): boolean {
  const [depthBlock, columnBlock] = kernels.family === 'tiles' ? [4, 4] : [kernels.lanes, gemmColumnBlock];
  return shape.inChannels % depthBlock === 0 && shape.outChannels % columnBlock === 0;
}

/** Bytes of one transformed weight set. */
export function winogradWeightBytes(inChannels: number, outChannels: number): number {
  return coefficients * (inChannels * outChannels + batchPadding) * bytesPerFloat;
}

interface Banding {
  readonly tilesAcross: number;
  readonly tileRows: number;
  readonly rowsPerBand: number;
}

function bandingOf(shape: WinogradShape, kernels: WinogradKernels, wantedRows?: number): Banding {
  const tilesAcross = Math.ceil(shape.width / tileSize);
  const tileRows = Math.ceil(shape.height / tileSize);
  const rowBytes = coefficients * tilesAcross * Math.max(shape.inChannels, shape.outChannels) * bytesPerFloat;
  const rowsPerBand = Math.min(
    tileRows,
    wantedRows ?? Math.max(1, Math.floor(scratchGoalBytes(shape, kernels) / rowBytes)),
  );
  return { tilesAcross, tileRows, rowsPerBand };
}

/** Bytes that each of the two scratch buffers needs for a shape, in bands of `tileRowsPerBand` or of the size that suits. */
export function winogradScratchBytes(shape: WinogradShape, kernels: WinogradKernels, tileRowsPerBand?: number): number {
  const { tilesAcross, rowsPerBand } = bandingOf(shape, kernels, tileRowsPerBand);
  const channels = Math.max(shape.inChannels, shape.outChannels);
  return coefficients * (rowsPerBand * tilesAcross * channels + batchPadding) * bytesPerFloat;
}

/**
 * Records the transform of a weight set, once per network.
 *
 * @param options.source [9, in, out] as the direct kernel wants it.
 * @param options.transformed [36, rows, columns]: rows = in and columns = out, or swapped and rotated by 180° for the
 * backward pass.
 */
export function recordWinogradWeights(
  program: Program,
  options: {
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
  program.dispatch(winogradWeightKernel, {
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
  /** [36, inChannels, outChannels], from `recordWinogradWeights`. */
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
  const { shape, kernels } = options;
  const { tilesAcross, tileRows, rowsPerBand } = bandingOf(shape, kernels, options.tileRowsPerBand);
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
  program.dispatch(winogradInputKernel, { label, constants: { LANES: lanes }, bindings, params, grid });
}

function recordProduct(program: Program, { label, kernels, shape, weight, scratch }: WinogradOptions, band: Band) {
  const { inChannels, outChannels } = shape;
  const product = {
    label: `${label} product`,
    a: scratch[0],
    b: weight,
    c: scratch[1],
    batches: coefficients,
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
  program.dispatch(winogradOutputKernel, { label, constants: { LANES: lanes }, bindings, params, grid });
}
