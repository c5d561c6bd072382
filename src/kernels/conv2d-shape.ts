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
  /** Around the input: rows and columns, or one number for both. */
  readonly padding: number | readonly [rows: number, columns: number];
  readonly paddingMode: PaddingMode;
  /** Where the output lies as some channels of a map that has more; absent for a map of its own. */
  readonly place?: ChannelPlace | undefined;
}

/** Some channels of a map, both numbers multiples of 4. */
export interface ChannelPlace {
  /** Channels of the map before them. */
  readonly first: number;
  /** All channels of the map. */
  readonly of: number;
}

/** Rows and columns of padding. */
export function paddingOf({ padding }: Pick<Conv2dShape, 'padding'>): readonly [rows: number, columns: number] {
  return typeof padding === 'number' ? [padding, padding] : padding;
}

/** Where an output of so many channels, padded, lies. */
export function placeOf({ place, outChannels }: Pick<Conv2dShape, 'place' | 'outChannels'>): ChannelPlace {
  return place ?? { first: 0, of: paddedChannels(outChannels) };
}

/** Height and width of the output. @throws ShapeError when the kernel does not fit the padded input. */
export function conv2dOutputSize(shape: Conv2dShape): { readonly height: number; readonly width: number } {
  const size = (input: number, kernel: number, padding: number): number =>
    Math.floor((input + 2 * padding - kernel) / shape.stride) + 1;
  const [rows, columns] = paddingOf(shape);
  const height = size(shape.inHeight, shape.kernelHeight, rows);
  const width = size(shape.inWidth, shape.kernelWidth, columns);
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
  paddingRows: 'u32',
  paddingColumns: 'u32',
  replicate: 'u32',
} as const;

/** The values of `geometryParams`, channels padded. */
export function geometryOf(shape: Conv2dShape): Readonly<Record<keyof typeof geometryParams, number>> {
  const { height, width } = conv2dOutputSize(shape);
  const [paddingRows, paddingColumns] = paddingOf(shape);
  return {
    inHeight: shape.inHeight,
    inWidth: shape.inWidth,
    inChannels: paddedChannels(shape.inChannels),
    outHeight: height,
    outWidth: width,
    kernelHeight: shape.kernelHeight,
    kernelWidth: shape.kernelWidth,
    stride: shape.stride,
    paddingRows,
    paddingColumns,
    replicate: Number(shape.paddingMode === 'replicate'),
  };
}
