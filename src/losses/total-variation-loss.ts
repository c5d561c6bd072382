/**
 * Total variation loss on the picture: `weight / (3 · H · W) · Σ (squared differences of neighbours)`, in the picture's 0..1
 * range. Takes away the grain that style losses at shallow layers leave.
 *
 * Source: Mahendran and Vedaldi (2015), eq. 6 with β = 2; the mean makes a weight mean the same at every size.
 */

import type { Program } from '../core/program.ts';
import { recordTotalVariation } from '../kernels/total-variation.ts';
import type { PictureLoss, PictureShape } from './loss.ts';

export class TotalVariationLoss implements PictureLoss {
  readonly form = 'picture';
  readonly weight: number;

  constructor(weight: number) {
    this.weight = weight;
  }

  factor({ width, height }: PictureShape): number {
    return this.weight / (3 * width * height);
  }

  record(program: Program, options: Parameters<PictureLoss['record']>[1]): void {
    const { whole, picture, height, rows, gradient, partial, channelScale } = options;
    recordTotalVariation(program, {
      input: picture,
      gradient,
      partial,
      height,
      width: whole.width,
      ...(rows === undefined ? {} : { rows }),
      scale: this.factor(whole),
      channelScale,
    });
  }
}
