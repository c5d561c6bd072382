/**
 * conv2d: shape rule, weights in the forms the kernels want, choice of variant, forward and backward-data.
 * Weights are frozen: there is no gradient with respect to them anywhere.
 *
 * Layout: NHWC with channels padded to a multiple of 4; host weights are PyTorch's OIHW.
 */

import { type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import { defineKernel } from '../core/kernel.ts';
import { linearGrid, type Program } from '../core/program.ts';
import { type Conv2dShape, conv2dOutputSize } from './conv2d-shape.ts';
import { recordConv2dTiles, type TilesGeometry } from './conv2d-tiles.ts';
import { paddedChannels, workgroupSize } from './elementwise.ts';
import { type Backend, type DirectBackend, lanesOfBackend, measuredVariant } from './family.ts';
import { im2colFits, im2colScratchBytes, recordIm2colBackward, recordIm2colForward } from './im2col.ts';
import { type TilesVariant, tileNames } from './tiles.ts';
import { recordWinograd, type WinogradKernels, winogradFits, winogradScratchBytes } from './winograd.ts';

const shapeParams = {
  inHeight: 'u32',
  inWidth: 'u32',
  inChannels: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  outChannels: 'u32',
  kernelHeight: 'u32',
  kernelWidth: 'u32',
  stride: 'u32',
  padding: 'u32',
  replicate: 'u32',
} as const;

export const conv2dForwardKernel = defineKernel({
  shader: 'conv2d_forward.direct.wgsl',
  bindings: { input: 'read', weight: 'read', bias: 'read', output: 'readWrite' },
  params: { ...shapeParams, relu: 'u32' },
});

export const conv2dBackwardKernel = defineKernel({
  shader: 'conv2d_backward.direct.wgsl',
  bindings: { gradOutput: 'read', weight: 'read', activation: 'read', gradInput: 'readWrite' },
  params: { ...shapeParams, accumulate: 'u32', mask: 'u32' },
});

export * from './conv2d-shape.ts';

/**
 * How a convolution runs: `direct` anywhere; `tiles` (implicit matrix product), `winograd`, and `im2col` (for few input
 * channels, on adapters with `lanes`) where their kernels fit.
 */
export type Conv2dVariant =
  | DirectBackend
  | TilesVariant
  | { readonly family: 'im2col'; readonly lanes: number }
  | { readonly family: 'winograd'; readonly kernels: WinogradKernels };

export type Direction = 'forward' | 'backward';

/** How a person, and a table of measurements, calls a variant: `direct`, `tiles 64x64`, `winograd lanes`. */
export function conv2dVariantName(variant: Conv2dVariant): string {
  if (variant.family === 'direct') return 'direct';
  if (variant.family === 'tiles') return `tiles ${variant.tile}`;
  if (variant.family === 'im2col') return 'im2col lanes';
  const { kernels } = variant;
  return kernels.family === 'lanes' ? 'winograd lanes' : `winograd tiles ${kernels.tile}`;
}

/** Every variant of one direction, `direct` first. `lanes` is the adapter's lane count, where it has one. */
export function conv2dVariants(
  shape: Conv2dShape,
  direction: Direction,
  lanes: number | undefined,
): readonly Conv2dVariant[] {
  const onTiles = tileNames.map((tile) => ({ family: 'tiles', tile }) as const);
  const kernels: readonly WinogradKernels[] = [
    ...(lanes === undefined ? [] : [{ family: 'lanes', lanes } as const]),
    ...onTiles,
  ];
  const fitting = kernels.filter(
    (one) => isWinogradShape(shape) && winogradFits(winogradShapeOf(shape, direction), one),
  );
  return [
    { family: 'direct' },
    ...fitting.map((one) => ({ family: 'winograd', kernels: one }) as const),
    ...(lanes !== undefined && im2colFits(shape, direction) ? [{ family: 'im2col', lanes } as const] : []),
    ...(tilesFit(shape, direction) ? onTiles : []),
  ];
}

function isWinogradShape(shape: Conv2dShape): boolean {
  const isVgg = shape.kernelHeight === 3 && shape.kernelWidth === 3 && shape.stride === 1 && shape.padding === 1;
  return isVgg && shape.paddingMode === 'zeros';
}

/** The implicit product runs any forward pass; backward, each pixel must be read by every tap, and by none twice. */
function tilesFit({ stride, paddingMode }: Conv2dShape, direction: Direction): boolean {
  return direction === 'forward' || (stride === 1 && paddingMode === 'zeros');
}

/** Below this many channels Winograd's transforms, which a GPU pays in memory traffic, cost more than its product saves. */
const leastWinogradChannels = 32;

/** What a table of measurements calls one direction of a layer; the name of a VGG layer says its shape and place. */
export function conv2dOperation(direction: Direction, layer: string): string {
  return `conv2d_${direction} ${layer}`;
}

/** The variant of one direction on a backend; `layer` finds what was measured for it. */
export function chooseConv2dVariant(
  shape: Conv2dShape,
  direction: Direction,
  backend: Backend,
  layer?: string,
): Conv2dVariant {
  const known = conv2dVariants(shape, direction, lanesOfBackend(backend));
  const measured =
    layer === undefined
      ? undefined
      : measuredVariant(backend, conv2dOperation(direction, layer), known, conv2dVariantName);
  return measured ?? known.find((variant) => isUsual(variant, shape, backend)) ?? { family: 'direct' };
}

/** Whether a variant is the one that its family takes for a shape where nothing was measured. */
function isUsual(variant: Conv2dVariant, { inChannels, outChannels }: Conv2dShape, { family }: Backend): boolean {
  if (variant.family === 'winograd') {
    const { kernels } = variant;
    const isWorthIt = kernels.family === 'lanes' || Math.min(inChannels, outChannels) >= leastWinogradChannels;
    return kernels.family === family && isWorthIt;
  }
  return variant.family === 'im2col' ? family === 'lanes' : variant.family === family;
}

/** A convolution as Winograd's transforms see it: in the backward direction the channels change places. */
export function winogradShapeOf(shape: Conv2dShape, direction: Direction) {
  const { inHeight: height, inWidth: width } = shape;
  const [inChannels, outChannels] =
    direction === 'forward' ? [shape.inChannels, shape.outChannels] : [shape.outChannels, shape.inChannels];
  return { height, width, inChannels, outChannels };
}

/**
 * Reorders weights from PyTorch's [out, in, kh, kw] to [kh · kw, in, out], channels padded to a multiple of 4 with zeros;
 * with `transposed` to [kh · kw, out, in], as the direct backward kernel reads them.
 */
export function packConv2dWeight(
  weight: Float32Array,
  shape: Pick<Conv2dShape, 'inChannels' | 'outChannels' | 'kernelHeight' | 'kernelWidth'>,
  transposed = false,
): Float32Array<ArrayBuffer> {
  const taps = shape.kernelHeight * shape.kernelWidth;
  const inPadded = paddedChannels(shape.inChannels);
  const outPadded = paddedChannels(shape.outChannels);
  const packed = new Float32Array(taps * inPadded * outPadded);
  const [inStride, outStride] = transposed ? [1, inPadded] : [outPadded, 1];
  let source = 0;
  for (let o = 0; o < shape.outChannels; o++) {
    for (let i = 0; i < shape.inChannels; i++) {
      for (let tap = 0; tap < taps; tap++) {
        packed[tap * inPadded * outPadded + i * inStride + o * outStride] = weight[source++] ?? 0;
      }
    }
  }
  return packed;
}

/** Bytes of weights packed for the direct kernels. */
export function packedWeightBytes(inChannels: number, outChannels: number, taps: number): number {
  return taps * paddedChannels(inChannels) * paddedChannels(outChannels) * bytesPerFloat;
}

function paramsOf(shape: Conv2dShape) {
  const { height, width } = conv2dOutputSize(shape);
  return {
    inHeight: shape.inHeight,
    inWidth: shape.inWidth,
    inChannels: paddedChannels(shape.inChannels),
    outHeight: height,
    outWidth: width,
    outChannels: paddedChannels(shape.outChannels),
    kernelHeight: shape.kernelHeight,
    kernelWidth: shape.kernelWidth,
    stride: shape.stride,
    padding: shape.padding,
    replicate: Number(shape.paddingMode === 'replicate'),
  };
}

/** A direction of a convolution as the implicit product sees it. */
function tilesGeometryOf(shape: Conv2dShape, direction: Direction): TilesGeometry {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, kernelHeight, kernelWidth } =
    paramsOf(shape);
  const { stride, padding } = shape;
  const kernel = { kernelHeight, kernelWidth, stride, replicate: shape.paddingMode === 'replicate' };
  if (direction === 'forward') {
    const maps = { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels };
    return { ...maps, ...kernel, direction: 1, offset: -padding };
  }
  const read = { inHeight: outHeight, inWidth: outWidth, inChannels: outChannels };
  const made = { outHeight: inHeight, outWidth: inWidth, outChannels: inChannels };
  return { ...read, ...made, ...kernel, direction: -1, offset: padding };
}

/** Scratch buffers that a direction needs, in bytes each. */
export function conv2dScratchBytes(
  shape: Conv2dShape,
  direction: Direction,
  variant: Conv2dVariant,
): readonly number[] {
  switch (variant.family) {
    case 'im2col':
      return [im2colScratchBytes(shape, direction)];
    case 'winograd': {
      const bytes = winogradScratchBytes(winogradShapeOf(shape, direction), variant.kernels);
      return [bytes, bytes];
    }
    default:
      return [];
  }
}

/** What both directions share. */
interface Conv2dOptions {
  readonly label: string;
  readonly variant: Conv2dVariant;
  readonly shape: Conv2dShape;
  /** In the form of the variant and direction: `packConv2dWeight`, `packIm2colWeight` or `recordWinogradWeights`. */
  readonly weight: BufferSlice;
  /** As many buffers as `conv2dScratchBytes` says, of at least those sizes. */
  readonly scratch?: readonly BufferSlice[];
}

/** Records `output = act(conv(input) + bias)`. */
export function recordConv2dForward(
  program: Program,
  options: Conv2dOptions & {
    readonly input: BufferSlice;
    readonly bias: BufferSlice;
    readonly output: BufferSlice;
    readonly relu: boolean;
  },
): void {
  const { label, variant, shape, input, weight, bias, output, relu } = options;
  if (variant.family === 'im2col') {
    const { lanes } = variant;
    recordIm2colForward(program, { label, lanes, shape, weight, scratch: scratchOf(options, 0), input, output, relu });
    return;
  }
  if (variant.family === 'winograd') {
    const scratch = [scratchOf(options, 0), scratchOf(options, 1)] as const;
    const { kernels } = variant;
    const winogradShape = winogradShapeOf(shape, 'forward');
    recordWinograd(program, { label, kernels, shape: winogradShape, input, weight, output, scratch, bias, relu });
    return;
  }
  if (variant.family === 'tiles') {
    const geometry = tilesGeometryOf(shape, 'forward');
    recordConv2dTiles(program, { label, tile: variant.tile, geometry, input, weight, output, bias, relu });
    return;
  }
  const params = { ...paramsOf(shape), relu: Number(relu) };
  program.dispatch(conv2dForwardKernel, {
    label,
    bindings: { input, weight, bias, output },
    params,
    grid: linearGrid(program.gpu, (params.outHeight * params.outWidth * params.outChannels) / 4, workgroupSize),
  });
}

/**
 * Records `gradInput = mask · (old + convᵀ(gradOutput))`: old is what a loss has written there (`accumulate`), the mask
 * that of the ReLU whose output the convolution's input is (`activation`, absent for none).
 */
export function recordConv2dBackward(
  program: Program,
  options: Conv2dOptions & {
    readonly gradOutput: BufferSlice;
    readonly gradInput: BufferSlice;
    readonly accumulate: boolean;
    readonly activation?: BufferSlice;
  },
): void {
  const { label, variant, shape, weight, gradOutput, gradInput, accumulate, activation } = options;
  const mask = activation === undefined ? {} : { activation };
  if (variant.family === 'im2col') {
    const scratch = scratchOf(options, 0);
    const { lanes } = variant;
    recordIm2colBackward(program, { label, lanes, shape, weight, scratch, gradOutput, gradInput, accumulate, ...mask });
    return;
  }
  if (variant.family === 'winograd') {
    recordWinograd(program, {
      label,
      kernels: variant.kernels,
      shape: winogradShapeOf(shape, 'backward'),
      input: gradOutput,
      weight,
      output: gradInput,
      scratch: [scratchOf(options, 0), scratchOf(options, 1)],
      accumulate,
      ...mask,
    });
    return;
  }
  if (variant.family === 'tiles') {
    recordConv2dTiles(program, {
      label,
      tile: variant.tile,
      geometry: tilesGeometryOf(shape, 'backward'),
      input: gradOutput,
      weight,
      output: gradInput,
      accumulate,
      ...mask,
    });
    return;
  }
  const params = { ...paramsOf(shape), accumulate: Number(accumulate), mask: Number(activation !== undefined) };
  program.dispatch(conv2dBackwardKernel, {
    label,
    // A binding cannot be left out; without a mask the gradient stands in and is never read.
    bindings: { gradOutput, weight, activation: activation ?? gradOutput, gradInput },
    params,
    grid: linearGrid(program.gpu, (params.inHeight * params.inWidth * params.inChannels) / 4, workgroupSize),
  });
}

function scratchOf(options: Conv2dOptions, index: number): BufferSlice {
  const slice = options.scratch?.[index];
  if (slice === undefined) {
    throw new ShapeError(`${options.label}: the ${options.variant.family} variant lacks scratch buffer ${index + 1}`);
  }
  return slice;
}
