/**
 * Style loss at a tap on means and covariances: `weight · [ mean_c((μ − μ*)²) + κ · (tr Σ* / C) · ‖Σ − Σ*‖² / ‖Σ*‖² ]` with κ = 0.75.
 *
 * The second part is W2's curvature around the target with one number for all directions, so no root is needed (decision 0027). κ is where
 * pictures come out nearest to W2's.
 */

import type { Program } from '../core/program.ts';
import {
  measuresBytes,
  noRidges,
  recordCovariance,
  recordCovarianceCoefficients,
  recordSymmetricMeasures,
} from '../kernels/moments.ts';
import type { MapShape, SummedLoss, TapKernels, TargetPreparation } from './loss.ts';
import {
  cut,
  cutBytes,
  momentsScratchBytes,
  recordAffineGradient,
  recordMoments,
  scratchAt,
  statisticsBytes,
  statisticsIn,
} from './moments.ts';

type Options<Step extends 'recordSums' | 'recordCoefficients' | 'recordGradient'> = Parameters<SummedLoss[Step]>[1];

/** On the covariances' part, against the means'. */
export const covarianceShare = 0.75;

const targetSizes = (whole: MapShape) => [statisticsBytes(whole), measuresBytes] as const;

export class CovarianceLoss implements SummedLoss {
  readonly form = 'summed';
  readonly name = 'covariance';
  readonly weight: number;

  /** Of the sums the covariance, with trace and norm. */
  readonly preparation: TargetPreparation = {
    bytes: (whole) => cutBytes(targetSizes(whole)),
    record: (program, { label, whole, sums, target, scratch }) => {
      const { channels } = whole;
      const [statistics, measures] = cut(target, targetSizes(whole));
      const moments = statisticsIn(sums, whole);
      // Once to be kept and once to be measured: WebGPU lets no dispatch read and write one buffer, whatever the ranges.
      const measured = statisticsIn(scratchAt(scratch, 0, label), whole);
      for (const output of [measured, statisticsIn(statistics, whole)]) {
        recordCovariance(program, { label, channels, moments, output, ridges: noRidges });
      }
      recordSymmetricMeasures(program, { label, size: channels, matrix: measured.matrix, output: measures });
    },
  };

  constructor(weight: number) {
    this.weight = weight;
  }

  /** From `Σ_c (μ − μ*)² + …`. */
  factor({ channels }: MapShape): number {
    return this.weight / channels;
  }

  /** Second moments, [C, C], and means, [C]. */
  sumBytes(whole: MapShape): number {
    return statisticsBytes(whole);
  }

  /** A matrix, [C, C], and what is added at every position, [C]. */
  coefficientBytes(whole: MapShape): number {
    return statisticsBytes(whole);
  }

  scratchBytes(part: MapShape, { gram }: TapKernels): readonly number[] {
    return [Math.max(momentsScratchBytes(part, gram), statisticsBytes(part))];
  }

  recordSums(program: Program, options: Options<'recordSums'>): void {
    recordMoments(program, { ...options, scratch: scratchAt(options.scratch, 0, options.label) });
  }

  recordCoefficients(program: Program, options: Options<'recordCoefficients'>): void {
    const { label, whole, sums, target, partial, coefficients } = options;
    const { positions, channels } = whole;
    const [statistics, measures] = cut(target, targetSizes(whole));
    recordCovarianceCoefficients(program, {
      label,
      channels,
      moments: statisticsIn(sums, whole),
      target: statisticsIn(statistics, whole),
      measures,
      coefficients: statisticsIn(coefficients, whole),
      partial,
      weight: covarianceShare,
      scale: (2 * this.factor({ positions, channels })) / positions,
    });
  }

  /** `gradient = old + 2 · weight / (C · positions) · [ (μ − μ*) + 2 κ tr Σ* / ‖Σ*‖² · (Σ − Σ*) (F − μ) ]`. */
  recordGradient(program: Program, options: Options<'recordGradient'>): void {
    recordAffineGradient(program, options);
  }
}
