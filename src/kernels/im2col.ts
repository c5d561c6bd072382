/**
 * Convolutions as matrix products of the `lanes` family, for what Winograd does not take: few channels, as the picture's, and kernels, strides
 * and places of any kind. Forward, the input's patches are unrolled and multiplied; backward, the product comes first and its columns are
 * gathered. A kernel of one cell needs neither: its patches are the map as it lies. Band by band, so that the unrolled patches stay small.
 */

import { bytesPerFloat, roundUp } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import type { Program } from '../core/program.ts';
import {
  type Conv2dShape,
  cellsOf,
  conv2dOutputSize,
  geometryOf,
  geometryParams,
  paddingOf,
  placeOf,
} from './conv2d-shape.ts';
import {
  type Conv2dOptions,
  type Conv2dProblem,
  type Conv2dVariant,
  type ConvWeights,
  type Epilogue,
  scratchOf,
} from './conv2d-variant.ts';
import { elementwiseGrid, paddedChannels } from './elementwise.ts';
import { recordGemm } from './gemm.ts';
import { gemmColumnBlock, gemmDepthBlock, gemmLanes } from './gemm-lanes.ts';
import { recordReluBackward } from './relu.ts';
import { isWinogradShape } from './winograd.ts';

const bandParams = { ...geometryParams, firstRow: 'u32', rows: 'u32' } as const;

export const im2colKernel = defineKernel({
  shader: 'im2col.wgsl',
  bindings: { input: 'read', columns: 'readWrite' },
  params: bandParams,
});

export const col2imKernel = defineKernel({
  shader: 'col2im.wgsl',
  bindings: { columns: 'read', activation: 'read', gradInput: 'readWrite' },
  params: {
    ...bandParams,
    fromRow: 'u32',
    toRow: 'u32',
    oldRows: 'u32',
    rowStride: 'u32',
    accumulate: 'u32',
    mask: 'u32',
  },
});

export const channelFillKernel = defineKernel({
  shader: 'channel_fill.wgsl',
  bindings: { value: 'read', output: 'readWrite' },
  params: { count: 'u32', vectors: 'u32', first: 'u32', channels: 'u32' },
});

/** Unrolled patches take about so much at a time. */
const scratchGoalBytes = 8 * 2 ** 20;

/** The variant. @param rowsPerBand rows of the output at a time; as many as `scratchGoalBytes` holds when absent. */
function im2colVariant(name: string, rowsPerBand?: number): Conv2dVariant {
  return {
    name,
    family: 'lanes',
    fits,
    weightBytes,
    packWeights: (problem, weights) => ({ values: packWeights(problem, weights) }),
    scratchBytes: (problem) => {
      if (isPoint(problem.shape)) return [];
      return [bandRowsOf(problem, rowsPerBand) * rowBytes(problem)];
    },
    record: (program, options) => {
      const { shape, epilogue } = options;
      if (isPoint(shape)) {
        recordPoint(program, options);
        return;
      }
      const rows = bandRowsOf({ shape, direction: epilogue.direction }, rowsPerBand);
      if (epilogue.direction === 'forward') recordForward(program, options, { relu: epilogue.relu, rows });
      else recordBackward(program, options, { ...epilogue, rows });
    },
    inBands: (rows, shape) => {
      if (isPoint(shape) || conv2dOutputSize(shape).height <= rows) return undefined;
      return im2colVariant(`${name}, bands of ${rows}`, rows);
    },
  };
}

export const im2colLanes: Conv2dVariant = im2colVariant('im2col lanes');

/** Whether patches are the map as it lies. */
function isPoint(shape: Conv2dShape): boolean {
  return cellsOf(shape) === 1 && shape.stride === 1 && paddingOf(shape).every((padding) => padding === 0);
}

/** Values of an unrolled patch, cells · channels. */
function patchOf(shape: Conv2dShape): number {
  return cellsOf(shape) * paddedChannels(shape.inChannels);
}

/** What Winograd takes is left to it but where the product has few columns. */
function fits({ shape, direction, makesHalf = false }: Conv2dProblem): boolean {
  if (shape.outChannels % 4 !== 0) return false;
  const patch = patchOf(shape);
  // Sums of a point rest in the output from the bias on, longer ones from one block of the product to the next.
  if (makesHalf && (isPoint(shape) || patch + 1 > gemmDepthBlock)) return false;
  return !isWinogradShape(shape) || (direction === 'forward' ? patch < 128 : patch <= gemmColumnBlock);
}

/** Values of the scratch for one position: an unrolled patch and a one (forward), or the product before it is gathered (backward). */
function scratchRow({ shape, direction }: Conv2dProblem): number {
  return direction === 'forward' ? patchOf(shape) + 1 : roundUp(patchOf(shape), gemmColumnBlock);
}

function rowBytes(problem: Conv2dProblem): number {
  return conv2dOutputSize(problem.shape).width * scratchRow(problem) * bytesPerFloat;
}

/** Rows of the output in a band. */
function bandRowsOf(problem: Conv2dProblem, wanted?: number): number {
  const { height } = conv2dOutputSize(problem.shape);
  if (wanted !== undefined) return Math.min(wanted, height);
  const bands = Math.ceil(height / Math.max(1, Math.floor(scratchGoalBytes / rowBytes(problem))));
  // Bands of one size, so that none is left with a few rows.
  return Math.ceil(height / bands);
}

/** Rows and columns of the weights as the product reads them. */
function weightSize(problem: Conv2dProblem): { readonly rows: number; readonly columns: number } {
  const { shape, direction } = problem;
  const { outChannels } = shape;
  // Of one cell the bias is in the output before the product.
  if (direction === 'forward') return { rows: patchOf(shape) + Number(!isPoint(shape)), columns: outChannels };
  return { rows: outChannels, columns: isPoint(shape) ? patchOf(shape) : scratchRow(problem) };
}

function weightBytes(problem: Conv2dProblem): number {
  const { rows, columns } = weightSize(problem);
  return rows * columns * bytesPerFloat;
}

/** Forward [(cell, in) and a last row of biases, out], backward [out, (cell, in)], its columns padded with zeros to whole blocks. */
function packWeights(problem: Conv2dProblem, { weight, bias }: ConvWeights): Float32Array<ArrayBuffer> {
  const { shape, direction } = problem;
  const { inChannels } = shape;
  const cells = cellsOf(shape);
  const { columns } = weightSize(problem);
  const packed = new Float32Array(weightBytes(problem) / bytesPerFloat);
  const [patchStride, outStride] = direction === 'forward' ? [columns, 1] : [1, columns];
  weight.forEach((value, index) => {
    const cell = index % cells;
    const channel = Math.floor(index / cells) % inChannels;
    const out = Math.floor(index / (cells * inChannels));
    packed[(cell * paddedChannels(inChannels) + channel) * patchStride + out * outStride] = value;
  });
  if (direction === 'forward' && !isPoint(shape)) packed.set(bias, patchOf(shape) * columns);
  return packed;
}

/** A kernel of one cell: one product on the maps as they lie. */
function recordPoint(program: Program, options: Conv2dOptions): void {
  const { label, shape, source, output, weight, epilogue } = options;
  const pixels = shape.inHeight * shape.inWidth;
  const { first, of } = placeOf(shape);
  const inChannels = paddedChannels(shape.inChannels);
  const inMap = { batch: 0, row: inChannels };
  const outMap = { first, batch: 0, row: of };
  const common = { label: `${label} product`, a: source, b: weight, c: output, batches: 1, rows: pixels };
  if (epilogue.direction === 'forward') {
    recordFill(program, options, epilogue);
    recordGemm(program, gemmLanes, {
      ...common,
      columns: shape.outChannels,
      depth: inChannels,
      aStrides: { ...inMap, depth: 1 },
      bStrides: { batch: 0, depth: shape.outChannels },
      cStrides: outMap,
      accumulate: true,
      relu: epilogue.relu,
    });
    return;
  }
  const { accumulate, activation } = epilogue;
  recordGemm(program, gemmLanes, {
    ...common,
    columns: inChannels,
    depth: shape.outChannels,
    aStrides: { ...outMap, depth: 1 },
    bStrides: { batch: 0, depth: inChannels },
    cStrides: inMap,
    accumulate,
  });
  if (activation !== undefined) {
    recordReluBackward(program, { output: activation, gradient: output, values: pixels * inChannels });
  }
}

/** Records the biases into the output, which the product adds to. */
function recordFill(
  program: Program,
  { label, shape, output }: Conv2dOptions,
  { bias }: Extract<Epilogue, { readonly direction: 'forward' }>,
): void {
  const vectors = shape.outChannels / 4;
  const count = shape.inHeight * shape.inWidth * vectors;
  const { first, of: channels } = placeOf(shape);
  program.dispatch(channelFillKernel, {
    label: `${label} bias`,
    bindings: { value: bias, output },
    params: { count, vectors, first, channels },
    grid: elementwiseGrid(count),
  });
}

function recordForward(
  program: Program,
  options: Conv2dOptions,
  { relu, rows: bandRows }: { readonly relu: boolean; readonly rows: number },
): void {
  const { label, shape, source, output, weight } = options;
  const columns = scratchOf(options, 0);
  const geometry = geometryOf(shape);
  const { first, of } = placeOf(shape);
  const depth = scratchRow({ shape, direction: 'forward' });
  for (let firstRow = 0; firstRow < geometry.outHeight; firstRow += bandRows) {
    const rows = Math.min(bandRows, geometry.outHeight - firstRow);
    const pixels = rows * geometry.outWidth;
    program.dispatch(im2colKernel, {
      label: `${label} im2col`,
      bindings: { input: source, columns },
      params: { ...geometry, firstRow, rows },
      grid: elementwiseGrid(pixels),
    });
    recordGemm(program, gemmLanes, {
      label: `${label} product`,
      a: columns,
      b: weight,
      c: output,
      batches: 1,
      rows: pixels,
      columns: shape.outChannels,
      depth,
      aStrides: { batch: 0, row: depth, depth: 1 },
      bStrides: { batch: 0, depth: shape.outChannels },
      cStrides: { first: first + firstRow * geometry.outWidth * of, batch: 0, row: of },
      relu,
    });
  }
}

function recordBackward(
  program: Program,
  options: Conv2dOptions,
  {
    accumulate,
    activation,
    rows: bandRows,
  }: Extract<Epilogue, { readonly direction: 'backward' }> & { readonly rows: number },
): void {
  const { label, shape, source, output, weight } = options;
  const columns = scratchOf(options, 0);
  const geometry = geometryOf(shape);
  const { first, of } = placeOf(shape);
  const rowStride = scratchRow({ shape, direction: 'backward' });
  let oldRows = 0;
  for (let firstRow = 0; firstRow < geometry.outHeight; firstRow += bandRows) {
    const rows = Math.min(bandRows, geometry.outHeight - firstRow);
    recordGemm(program, gemmLanes, {
      label: `${label} product`,
      a: source,
      b: weight,
      c: columns,
      batches: 1,
      rows: rows * geometry.outWidth,
      columns: rowStride,
      depth: shape.outChannels,
      aStrides: { first: first + firstRow * geometry.outWidth * of, batch: 0, row: of, depth: 1 },
      bStrides: { batch: 0, depth: rowStride },
      cStrides: { batch: 0, row: rowStride },
    });
    const read = rowsReadBy(shape, { firstRow, rows });
    // Rows between that nothing reads are written too.
    const [fromRow, toRow] = [Math.min(read.from, oldRows), read.to];
    program.dispatch(col2imKernel, {
      label: `${label} col2im`,
      // A binding cannot be left out; without a mask the columns stand in and are never read.
      bindings: { columns, activation: activation ?? columns, gradInput: output },
      params: {
        ...geometry,
        firstRow,
        rows,
        fromRow,
        toRow,
        oldRows,
        rowStride,
        accumulate: Number(accumulate),
        mask: Number(activation !== undefined),
      },
      grid: elementwiseGrid(((toRow - fromRow) * geometry.inWidth * geometry.inChannels) / 4),
    });
    oldRows = toRow;
  }
}

/** Rows of the input that some rows of the output read; at the end also those that none does. */
function rowsReadBy(
  shape: Conv2dShape,
  { firstRow, rows }: { readonly firstRow: number; readonly rows: number },
): { readonly from: number; readonly to: number } {
  const { inHeight, kernelHeight, stride } = shape;
  const [padding] = paddingOf(shape);
  const isLast = firstRow + rows === conv2dOutputSize(shape).height;
  const within = (row: number): number => Math.min(Math.max(row, 0), inHeight - 1);
  return {
    from: within(firstRow * stride - padding),
    to: isLast ? inHeight : within((firstRow + rows - 1) * stride - padding + kernelHeight - 1) + 1,
  };
}
