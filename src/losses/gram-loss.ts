/**
 * Style loss at a tap: `weight · mean((G − G*)²)` over the C² entries of the Gram matrices
 * `G = gramFactor / (C · positions) · FᵀF`.
 *
 * Source: Gatys et al. (2016), eq. 4. Opposed to the paper, G is divided by the number of elements of the map and the mean replaces
 * the sum over 4 C² N²; a uniform weight here is Gatys' released code with its 1 / C² (there G is divided by N only).
 */

import { bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import { recordGramBackward, recordGramForward } from '../kernels/gram.ts';
import { recordMse } from '../kernels/mse.ts';
import type { MapShape, StepOptions, SummedLoss, TapKernels } from './loss.ts';

export class GramLoss implements SummedLoss {
  readonly form = 'summed';
  readonly name = 'gram';
  readonly weight: number;
  readonly #gramFactor: number;

  constructor(options: { readonly weight: number; readonly gramFactor: number }) {
    this.weight = options.weight;
    this.#gramFactor = options.gramFactor;
  }

  /** From `Σ (G − G*)²`. */
  factor({ channels }: MapShape): number {
    return this.weight / channels ** 2;
  }

  /** G, [C, C]. */
  sumBytes({ channels }: MapShape): number {
    return channels ** 2 * bytesPerFloat;
  }

  /** dLoss/dG with all factors, [C, C]. */
  coefficientBytes(whole: MapShape): number {
    return this.sumBytes(whole);
  }

  scratchBytes(part: MapShape, { gram }: TapKernels): readonly number[] {
    return [gram.scratchBytes(part)];
  }

  /** Records the part's share of G. */
  recordSums(program: Program, { label, whole, part, scratch, sums, kernels }: StepOptions<'recordSums'>): void {
    const { channels } = whole;
    const [partials] = scratch;
    if (partials === undefined) throw new ShapeError(`${label}: no scratch buffer for the partial sums was given`);
    recordGramForward(program, kernels.gram, {
      shape: { positions: part.positions, channels },
      feature: part.feature,
      scratch: partials,
      output: sums,
      scale: this.#gramScale(whole),
      label,
    });
  }

  recordCoefficients(program: Program, options: StepOptions<'recordCoefficients'>): void {
    const { whole, sums, target, partial, coefficients } = options;
    recordMse(program, {
      input: sums,
      reference: target,
      gradient: coefficients,
      partial,
      values: whole.channels ** 2,
      // 2 · scale of the loss from the square, 2 · scale of the Gram from FᵀF.
      scale: 4 * this.factor(whole) * this.#gramScale(whole),
      accumulate: false,
    });
  }

  /**
   * `gradient = old + 4 · weight · s / C² · F (G − G*)`, s being the Gram's factor (Gatys et al. 2016, eq. 6; the map is post-ReLU
   * already).
   */
  recordGradient(program: Program, options: StepOptions<'recordGradient'>): void {
    const { label, whole, part, coefficients, gradient, accumulate, kernels } = options;
    const { channels } = whole;
    recordGramBackward(program, kernels.gram, {
      shape: { positions: part.positions, channels },
      feature: part.feature,
      gradGram: coefficients,
      gradFeature: gradient,
      accumulate,
      label,
    });
  }

  #gramScale({ positions, channels }: MapShape): number {
    return this.#gramFactor / (positions * channels);
  }
}
