/** The geometry of a convolution. */

import { ShapeError } from '../core/errors.ts';
import { paddedChannels } from './elementwise.ts';

export type PaddingMode = 'zeros' | 'replicate';

/** Forward, or backward to the gradient of the input. Weights are frozen: there is no gradient with respect to them anywhere. */
export type Direction = 'forward' | 'backward';

export interface Conv2dShape {
  readonly inHeight: number;
  readonly inWidth: number;
  /** Unpadded, as the weights have them. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly paddingMode: PaddingMode;
}

/** Height and width of the output. @throws ShapeError when the kernel does not fit the padded input. */
export function conv2dOutputSize(shape: Conv2dShape): { readonly height: number; readonly width: number } {
  const size = (input: number, kernel: number): number =>
    Math.floor((input + 2 * shape.padding - kernel) / shape.stride) + 1;
  const height = size(shape.inHeight, shape.kernelHeight);
  const width = size(shape.inWidth, shape.kernelWidth);
  if (height < 1 || width < 1) {
    throw new ShapeError(
      `conv2d: a ${shape.kernelHeight}x${shape.kernelWidth} kernel does not fit an input of ` +
        `${shape.inHeight}x${shape.inWidth} with padding ${shape.padding}`,
    );
  }
  return { height, width };
}

/** Values of a filter's patch in one channel. */
export function cellsOf({ kernelHeight, kernelWidth }: Pick<Conv2dShape, 'kernelHeight' | 'kernelWidth'>): number {
  return kernelHeight * kernelWidth;
}

/** What kernels are told of the geometry. */
export const geometryParams = {
  inHeight: 'u32',
  inWidth: 'u32',
  inChannels: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  kernelHeight: 'u32',
  kernelWidth: 'u32',
  stride: 'u32',
  padding: 'u32',
  replicate: 'u32',
} as const;

/** The values of `geometryParams`, channels padded. */
export function geometryOf(shape: Conv2dShape): Readonly<Record<keyof typeof geometryParams, number>> {
  const { height, width } = conv2dOutputSize(shape);
  return {
    inHeight: shape.inHeight,
    inWidth: shape.inWidth,
    inChannels: paddedChannels(shape.inChannels),
    outHeight: height,
    outWidth: width,
    kernelHeight: shape.kernelHeight,
    kernelWidth: shape.kernelWidth,
    stride: shape.stride,
    padding: shape.padding,
    replicate: Number(shape.paddingMode === 'replicate'),
  };
}
