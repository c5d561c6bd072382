/** The geometry of a convolution. */

import { ShapeError } from '../core/errors.ts';

export type PaddingMode = 'zeros' | 'replicate';

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
