/**
 * Content (perceptual) loss at a tap: `weight · mean((F − F*)²)` over all values of the feature map.
 *
 * Source: Gatys et al. (2016), eq. 1. Opposed to the paper, the mean replaces half the sum, so that a weight means the same
 * at every size of picture and layer.
 */

import type { Program } from '../core/program.ts';
import { recordMse } from '../kernels/mse.ts';
import type { MapShape, PointwiseLoss } from './loss.ts';

export class ContentLoss implements PointwiseLoss {
  readonly form = 'pointwise';
  readonly weight: number;

  constructor(weight: number) {
    this.weight = weight;
  }

  /** From `Σ (F − F*)²`. */
  factor({ positions, channels }: MapShape): number {
    return this.weight / (positions * channels);
  }

  /** `gradient = old + 2 · weight / values · (F − F*)`. */
  record(program: Program, options: Parameters<PointwiseLoss['record']>[1]): void {
    const { whole, part, target, partial, gradient, accumulate } = options;
    recordMse(program, {
      input: part.feature,
      reference: target,
      gradient,
      partial,
      values: part.positions * whole.channels,
      scale: 2 * this.factor(whole),
      accumulate,
    });
  }
}
