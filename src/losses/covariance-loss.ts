/**
 * Style loss at a tap on means and covariances: `weight · [ mean_c((μ − μ*)²) + κ · (tr Σ* / C) · ‖Σ − Σ*‖² / ‖Σ*‖² ]` with κ = 0.75.
 *
 * The second part is W2's curvature around the target with one number for all directions, so no root is needed (decision 0027). κ is where
 * pictures come out nearest to W2's.
 */

import type { Program } from '../core/program.ts';
import {
  noRidges,
  recordCovariance,
  recordCovarianceCoefficients,
  recordSymmetricMeasures,
} from '../kernels/moments.ts';
import type { MapShape, StepOptions, TapKernels, TargetPreparation } from './loss.ts';
import { MomentsLoss, momentsScratchBytes, scratchAt, statisticsBytes, statisticsIn } from './moments.ts';

/** On the covariances' part, against the means'. */
export const covarianceShare = 0.75;

/** Its gradient: `old + 2 · weight / (C · positions) · [ (μ − μ*) + 2 κ tr Σ* / ‖Σ*‖² · (Σ − Σ*) (F − μ) ]`. */
export class CovarianceLoss extends MomentsLoss {
  readonly name = 'covariance';

  scratchBytes(part: MapShape, { gram }: TapKernels): readonly number[] {
    return [Math.max(momentsScratchBytes(part, gram), statisticsBytes(part))];
  }

  recordCoefficients(program: Program, options: StepOptions<'recordCoefficients'>): void {
    const { label, whole, sums, target, partial, coefficients } = options;
    const { statistics, measures } = this.targetIn(target, whole);
    recordCovarianceCoefficients(program, {
      label,
      channels: whole.channels,
      moments: statisticsIn(sums, whole),
      target: statistics,
      measures,
      coefficients: statisticsIn(coefficients, whole),
      partial,
      weight: covarianceShare,
      scale: this.gradientScale(whole),
    });
  }

  /** The covariance, with trace and norm. */
  protected recordTarget(program: Program, options: Parameters<TargetPreparation['record']>[1]): void {
    const { label, whole, sums, target, scratch } = options;
    const { channels } = whole;
    const { statistics, measures } = this.targetIn(target, whole);
    const moments = statisticsIn(sums, whole);
    // Once to be kept and once to be measured: WebGPU lets no dispatch read and write one buffer, whatever the ranges.
    const measured = statisticsIn(scratchAt(scratch, 0, label), whole);
    for (const output of [measured, statistics]) {
      recordCovariance(program, { label, channels, moments, output, ridges: noRidges });
    }
    recordSymmetricMeasures(program, { label, size: channels, matrix: measured.matrix, output: measures });
  }
}
