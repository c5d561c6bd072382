/**
 * Total variation loss on the picture, in its 0..1 range: `weight / (3 · H · W) · Σ (squared differences of neighbours)`, where `nine`
 * takes the diagonal ones too, with weights for which a smooth slope counts the same. Takes away the grain that style losses at shallow
 * layers leave.
 *
 * Source: Mahendran and Vedaldi (2015), eq. 6 with β = 2; the mean makes a weight mean the same at every size. Nine points: Crowson,
 * style-transfer-pytorch (2021), TVLoss.
 */

import type { Program } from '../core/program.ts';
import { fourNeighbours, ninePoints, recordTotalVariation } from '../kernels/total-variation.ts';
import type { PictureLoss, PictureShape } from './loss.ts';

export class TotalVariationLoss implements PictureLoss {
  readonly form = 'picture';
  readonly weight: number;
  readonly #points: 'four' | 'nine';

  constructor(options: { readonly weight: number; readonly points: 'four' | 'nine' }) {
    this.weight = options.weight;
    this.#points = options.points;
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
      weights: this.#points === 'nine' ? ninePoints(whole) : fourNeighbours,
      scale: this.factor(whole),
      channelScale,
    });
  }
}
