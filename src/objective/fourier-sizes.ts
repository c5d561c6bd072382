/** What a picture as frequencies takes on the device; pure, for plans. */

import { bytesPerFloat, roundUp } from '../core/buffers.ts';
import { transformStep } from '../kernels/cosine-transform.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';

export interface FourierSizes {
  readonly paddedWidth: number;
  readonly paddedHeight: number;
  /** Of three planes. */
  readonly planesBytes: number;
  /** Of the largest buffer that is bound as a whole: the planes, or a matrix where the picture is long and narrow. */
  readonly largestBytes: number;
  /** Of all of it: matrices, two sets of planes, the picture and its gradient beside the variable and its own. */
  readonly totalBytes: number;
}

export function fourierSizes({ width, height }: PictureSize): FourierSizes {
  const paddedWidth = roundUp(width, transformStep);
  const paddedHeight = roundUp(height, transformStep);
  const planesBytes = 3 * paddedWidth * paddedHeight * bytesPerFloat;
  const [acrossBytes, downBytes] = [paddedWidth ** 2 * bytesPerFloat, paddedHeight ** 2 * bytesPerFloat];
  const picturesBytes = 2 * 3 * width * height * bytesPerFloat;
  return {
    paddedWidth,
    paddedHeight,
    planesBytes,
    largestBytes: Math.max(planesBytes, acrossBytes, downBytes),
    totalBytes: 2 * planesBytes + 2 * acrossBytes + downBytes + picturesBytes,
  };
}

/** Bytes that a variable takes besides the picture, its gradient and its best version. */
export function variableBytes({ variable }: Pick<ObjectiveOptions, 'variable'>, size: PictureSize): number {
  return variable === 'fourier' ? fourierSizes(size).totalBytes : 0;
}

/** Buffers of a variable that a binding must hold as a whole. */
export function variableBuffers({ variable }: Pick<ObjectiveOptions, 'variable'>, size: PictureSize) {
  if (variable !== 'fourier') return [];
  return [{ name: 'the spectrum', sizeBytes: fourierSizes(size).largestBytes, picture: 'content', size } as const];
}
