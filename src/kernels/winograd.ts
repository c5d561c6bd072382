/**
 * 3x3, stride 1 convolution by Winograd: input transform, matrix products, output transform with the epilogue of
 * either direction. A *patch* is the square of outputs that is made at once, from a square of inputs two larger. F(4x4, 3x3) multiplies
 * 4 times less than direct, in 36 products; in f32 its error is 1 to 2.5e-6 of the output's rms for 64 to 512 channels.
 *
 * Here is what all of them share; `winograd-lanes.ts`, `winograd2-lanes.ts` and `winograd-tiles.ts` make the variants.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), sections 4.1 and 4.3, the latter with other
 * points: 0, ±3/4, ±3/2, ∞ halve the paper's error (docs/decisions/0005-winograd-points.md).
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { type Conv2dShape, conv2dOutputSize, paddingOf, placeOf } from './conv2d-shape.ts';
import {
  type Conv2dOptions,
  type Conv2dProblem,
  type Conv2dVariant,
  epilogueBindings,
  epilogueFlags,
  type PackedWeights,
  scratchOf,
} from './conv2d-variant.ts';
import { paddedChannels, workgroupSize } from './elementwise.ts';
import type { Variant } from './family.ts';
import { type GemmKernel, recordGemm } from './gemm.ts';

/** The transform of F(4x4, 3x3)'s weights, once per network. */
export const winogradWeightKernel = defineKernel({
  shader: 'winograd_weight.wgsl',
  bindings: { source: 'read', transformed: 'readWrite' },
  params: { inChannels: 'u32', outChannels: 'u32', rotate: 'u32', batchStride: 'u32' },
});

/** Members of `struct Params` that input transforms have before the others: the map that is read. */
export const winogradReadParams = {
  inHeight: 'u32',
  inWidth: 'u32',
  paddingRows: 'u32',
  paddingColumns: 'u32',
} as const;

/** What tells one Winograd from another. */
export interface WinogradForm extends Variant<Conv2dProblem> {
  /** Edge of a patch of outputs: 4 for F(4x4, 3x3). */
  readonly patchEdge: number;
  readonly weightKernel: typeof winogradWeightKernel;
  readonly gemm: GemmKernel;
  /** Bytes that each of the two scratch buffers may take before the picture is cut into bands of patch rows. */
  readonly scratchGoalBytes: number;
  /** Whether its kernels have whole vectors and blocks for so many channels, in = those that are read. */
  fitsChannels(inChannels: number, outChannels: number, lanes: number | undefined): boolean;
  recordInput(program: Program, transform: InputTransform): void;
  recordOutput(program: Program, transform: OutputTransform): void;
}

/** One transform of a band of one map. */
export interface WinogradTransform<Binding extends string> {
  readonly label: string;
  readonly bindings: Readonly<Record<Binding, BufferSlice>>;
  readonly params: {
    readonly height: number;
    readonly width: number;
    readonly channels: number;
    /** Where these lie in the map. */
    readonly first: number;
    readonly mapChannels: number;
    readonly firstPatchRow: number;
    /** Values between the matrices of two coefficients. */
    readonly batchStride: number;
  };
  readonly band: Band;
}

export interface InputTransform extends WinogradTransform<'input' | 'transformed'> {
  readonly params: WinogradTransform<never>['params'] & Readonly<Record<keyof typeof winogradReadParams, number>>;
}

export interface OutputTransform extends WinogradTransform<'product' | 'bias' | 'activation' | 'output'> {
  readonly params: WinogradTransform<never>['params'] & ReturnType<typeof epilogueFlags>;
}

/** A band of patch rows. */
interface Band {
  readonly patchRows: number;
  readonly patches: number;
}

/** Values between the matrices of two coefficients, beyond their own: keeps their streams off the same cache sets. */
const batchPadding = 16;

/** A band reads every weight of its layer, so it should have so many patches to share them. */
const leastPatchesPerBand = 128;

/** The variant of a form. @param rowsPerBand patch rows of a band; as many as the form's `scratchGoalBytes` allows when absent. */
export function winogradVariant(form: WinogradForm, rowsPerBand?: number): Conv2dVariant {
  const { name, family, suits } = form;
  return {
    name,
    family,
    ...(suits === undefined ? {} : { suits }),
    fits: (problem, lanes) => {
      const { inChannels, outChannels } = asSeen(problem);
      return isWinogradShape(problem.shape) && form.fitsChannels(inChannels, outChannels, lanes);
    },
    weightBytes: ({ shape }) => coefficientsOf(form) * strideOf(shape.inChannels * shape.outChannels) * bytesPerFloat,
    packWeights: (problem, { weight }) => packWeights(form, problem, weight),
    scratchBytes: (problem) => {
      const { patchesAcross, bandRows } = bandingOf(form, problem, rowsPerBand);
      const bytes = bandBytes(form, problem, bandRows * patchesAcross);
      return [bytes, bytes];
    },
    record: (program, options) => record(program, form, options, rowsPerBand),
    inBands: (rows, shape) =>
      Math.ceil(conv2dOutputSize(shape).height / form.patchEdge) > rows
        ? winogradVariant({ ...form, name: `${name}, bands of ${rows}` }, rows)
        : undefined,
  };
}

/** With more padding, the backward pass would have less than none. */
const mostPadding = 2;

/** Whether a convolution is of the kind that Winograd's forms are for. */
export function isWinogradShape(shape: Conv2dShape): boolean {
  const isSquare = shape.kernelHeight === 3 && shape.kernelWidth === 3 && shape.stride === 1;
  const isPadded = paddingOf(shape).every((padding) => padding <= mostPadding);
  return isSquare && isPadded && shape.paddingMode === 'zeros';
}

/** A problem as the transforms see it: in the backward direction maps and channels change places, and what was not padded is. */
function asSeen({ shape, direction }: Conv2dProblem) {
  const { inHeight, inWidth, inChannels, outChannels } = shape;
  const output = conv2dOutputSize(shape);
  const [paddingRows, paddingColumns] = paddingOf(shape);
  if (direction === 'forward') {
    const read = { inHeight, inWidth, paddingRows, paddingColumns };
    return { ...output, inChannels, outChannels, read };
  }
  const turned = { paddingRows: mostPadding - paddingRows, paddingColumns: mostPadding - paddingColumns };
  const read = { inHeight: output.height, inWidth: output.width, ...turned };
  return { height: inHeight, width: inWidth, inChannels: outChannels, outChannels: inChannels, read };
}

/** Where the channels that are read and made lie in their maps. */
function placesOf({ shape, epilogue }: Pick<Conv2dOptions, 'shape' | 'epilogue'>) {
  const { first, of: mapChannels } = placeOf(shape);
  const ofOutput = { first, mapChannels };
  const ofInput = { first: 0, mapChannels: paddedChannels(shape.inChannels) };
  return epilogue.direction === 'forward' ? { read: ofInput, made: ofOutput } : { read: ofOutput, made: ofInput };
}

/** Products per patch and channel pair. */
function coefficientsOf({ patchEdge }: WinogradForm): number {
  return (patchEdge + 2) ** 2;
}

/** Values from one coefficient's matrix to the next. */
function strideOf(values: number): number {
  return values + batchPadding;
}

function packWeights(form: WinogradForm, problem: Conv2dProblem, weight: Float32Array): PackedWeights {
  const { inChannels, outChannels } = asSeen(problem);
  const filters = inChannels * outChannels;
  return {
    values: new Float32Array(weight),
    transform: (program, source, transformed) => {
      program.dispatch(form.weightKernel, {
        bindings: { source, transformed },
        params: {
          inChannels,
          outChannels,
          rotate: Number(problem.direction === 'backward'),
          batchStride: strideOf(filters),
        },
        grid: linearGrid(program.gpu, filters, workgroupSize),
      });
    },
  };
}

interface Banding {
  readonly patchesAcross: number;
  readonly patchRows: number;
  /** Patch rows of a band. */
  readonly bandRows: number;
}

function bandingOf(form: WinogradForm, problem: Conv2dProblem, wantedRows?: number): Banding {
  const { height, width } = asSeen(problem);
  const patchesAcross = Math.ceil(width / form.patchEdge);
  const patchRows = Math.ceil(height / form.patchEdge);
  const fittingRows = Math.floor(form.scratchGoalBytes / bandBytes(form, problem, patchesAcross));
  const leastRows = Math.ceil(leastPatchesPerBand / patchesAcross);
  const bands = Math.ceil(patchRows / Math.max(leastRows, fittingRows));
  // Bands of one size, so that none is left with a few rows.
  return { patchesAcross, patchRows, bandRows: wantedRows ?? Math.ceil(patchRows / bands) };
}

/** Bytes of so many patches before or after the products, whichever have more channels. */
function bandBytes(form: WinogradForm, { shape: { inChannels, outChannels } }: Conv2dProblem, patches: number): number {
  return coefficientsOf(form) * strideOf(patches * Math.max(inChannels, outChannels)) * bytesPerFloat;
}

/** Records a convolution, band by band. */
function record(program: Program, form: WinogradForm, options: Conv2dOptions, rowsPerBand: number | undefined): void {
  const problem = { shape: options.shape, direction: options.epilogue.direction };
  const { patchesAcross, patchRows, bandRows } = bandingOf(form, problem, rowsPerBand);
  for (let firstPatchRow = 0; firstPatchRow < patchRows; firstPatchRow += bandRows) {
    const rows = Math.min(bandRows, patchRows - firstPatchRow);
    const band = { patchRows: rows, patches: rows * patchesAcross };
    recordBand(program, form, options, { ...asSeen(problem), firstPatchRow, band });
  }
}

function recordBand(
  program: Program,
  form: WinogradForm,
  options: Conv2dOptions,
  at: ReturnType<typeof asSeen> & { readonly firstPatchRow: number; readonly band: Band },
): void {
  const { label, source, output, weight, epilogue } = options;
  const { height, width, inChannels, outChannels, read, firstPatchRow, band } = at;
  const [transformed, product] = [scratchOf(options, 0), scratchOf(options, 1)];
  const params = { height, width, firstPatchRow };
  const places = placesOf(options);
  const [inStride, outStride] = [strideOf(band.patches * inChannels), strideOf(band.patches * outChannels)];
  form.recordInput(program, {
    label: `${label} input transform`,
    bindings: { input: source, transformed },
    params: { ...params, ...read, channels: inChannels, ...places.read, batchStride: inStride },
    band,
  });
  recordGemm(program, form.gemm, {
    label: `${label} product`,
    a: transformed,
    b: weight,
    c: product,
    batches: coefficientsOf(form),
    rows: band.patches,
    columns: outChannels,
    depth: inChannels,
    aStrides: { batch: inStride, row: inChannels, depth: 1 },
    bStrides: { batch: strideOf(inChannels * outChannels), depth: outChannels },
    cStrides: { batch: outStride, row: outChannels },
  });
  form.recordOutput(program, {
    label: `${label} output transform`,
    bindings: { product, output, ...epilogueBindings(epilogue, product) },
    params: { ...params, channels: outChannels, ...places.made, batchStride: outStride, ...epilogueFlags(epilogue) },
    band,
  });
}
