/**
 * Style loss at a tap: the squared Wasserstein distance of the Gaussians with a map's and the style's means and covariances,
 * `weight · [ mean_c((μ − μ*)²) + (1 / C) · tr(Σ* + Σ − 2 (R Σ R)^½) ]` with R = Σ*^½.
 *
 * The root is a fixed count of matrix products (`kernels/inverse-root.ts`), on matrices of [C, C] from the map's moments or, where a whole map
 * with fewer positions is at hand, of [positions, positions] (docs/decisions/0027-means-and-covariances.md).
 *
 * Source: Dowson and Landau (1982); as a style loss Vacher et al. (2020), and crowsonkb's style-transfer-pytorch. Opposed to these, the
 * gradient is written out: with the transport T = R (R Σ R)^−½ R it is 2 / (C N) · [ (μ − μ*) + (I − T) (F − μ) ] at each position.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import { recordGemm } from '../kernels/gemm.ts';
import {
  fineRoot,
  pairBytes,
  pairOf,
  productFor,
  quickRoot,
  type RootBuffers,
  recordInverseRoot,
  recordSquareProduct,
  recordSymmetricCopy,
} from '../kernels/inverse-root.ts';
import {
  measuresBytes,
  type Ridges,
  recordChannelSums,
  recordCovariance,
  recordSymmetricMeasures,
} from '../kernels/moments.ts';
import { recordW2Centre, recordW2Coefficients, recordW2Gradient } from '../kernels/w2.ts';
import type { MapShape, StepOptions, TapKernels, TargetPreparation, WholeMapForm } from './loss.ts';
import { MomentsLoss, momentsScratchBytes, scratchAt, statisticsBytes, statisticsIn } from './moments.ts';

/**
 * Moments are uncentred sums in f32, whose roundings may leave a covariance with eigenvalues below 0, which the root's polynomials blow up.
 * Of a flat map roundings are up to 1e-6 of the moments, in part the same in all channels; the rest has eigenvalues that grow with the root
 * of the channels. Either is far below what the root resolves (9e-6 of the norm of all).
 */
export function w2Ridges(channels: number): Ridges {
  return { ridge: 2e-6 * Math.sqrt(channels), meanRidge: 1e-5 };
}

/** Positions are padded to this where they are columns of products. */
const columnBlock = 64;

const paddedPositions = ({ positions }: MapShape): number => Math.ceil(positions / columnBlock) * columnBlock;

export class W2Loss extends MomentsLoss {
  readonly name = 'w2';
  readonly #takesWhole: boolean;

  readonly wholeMap: WholeMapForm = {
    fits: (whole) => this.#takesWhole && paddedPositions(whole) < whole.channels,
    record: (program, options) => this.#recordWhole(program, options),
  };

  /** @param options.takesWhole Whether a map that is there as a whole may be worked on over its positions; usual. */
  constructor(options: { readonly weight: number; readonly takesWhole?: boolean }) {
    super(options.weight);
    this.#takesWhole = options.takesWhole ?? true;
  }

  /** Raw products, a pair of matrices, a matrix, measures: each a buffer, since no dispatch may read and write one. */
  scratchBytes(part: MapShape, { gram }: TapKernels): readonly number[] {
    const { channels } = part;
    return [
      Math.max(momentsScratchBytes(part, gram), pairBytes(channels)),
      pairBytes(channels),
      statisticsBytes(part),
      measuresBytes,
    ];
  }

  recordCoefficients(program: Program, options: StepOptions<'recordCoefficients'>): void {
    const { label, whole, sums, target, partial, coefficients } = options;
    const { channels } = whole;
    const { statistics, measures } = this.targetIn(target, whole);
    const { matrix: root, vector: targetMeans } = statistics;
    const buffers = buffersIn(options);
    const { raw, weight } = buffers;
    const common = { label, gemm: productFor(options.kernels.gram.family, channels), size: channels };
    const moments = statisticsIn(sums, whole);
    const covariance = statisticsIn(buffers.pair, whole);
    recordCovariance(program, { label, channels, moments, output: covariance, ridges: w2Ridges(channels) });
    recordCongruence(program, { ...common, root, matrix: covariance.matrix, raw, output: weight });
    recordInverseRoot(program, { ...common, steps: quickRoot, matrix: weight, buffers });
    recordCongruence(program, { ...common, root, matrix: pairOf(buffers, channels).q, raw, output: weight });
    recordW2Coefficients(program, {
      label,
      channels,
      transport: weight,
      moments,
      targetMeans,
      measures,
      coefficients: statisticsIn(coefficients, whole),
      partial,
      ridges: w2Ridges(channels),
      scale: this.gradientScale(whole),
    });
  }

  /** R, or Σ* where the loss is taken over positions; means; trace and norm of Σ*. */
  protected recordTarget(program: Program, options: Parameters<TargetPreparation['record']>[1]): void {
    const { label, whole, sums, target } = options;
    const { channels } = whole;
    const { statistics: output, measures } = this.targetIn(target, whole);
    const buffers = buffersIn(options);
    const { raw, weight } = buffers;
    const kept = statisticsIn(weight, whole);
    const moments = statisticsIn(sums, whole);
    const common = { label, gemm: productFor(options.kernels.gram.family, channels), size: channels };
    const keep = (): void =>
      recordCovariance(program, { label, channels, moments, output: kept, ridges: w2Ridges(channels) });
    recordCovariance(program, { label, channels, moments, output, ridges: w2Ridges(channels) });
    keep();
    recordSymmetricMeasures(program, { label, size: channels, matrix: kept.matrix, output: measures });
    if (this.wholeMap.fits(whole)) return;
    recordInverseRoot(program, { ...common, steps: fineRoot, matrix: kept.matrix, buffers });
    keep();
    const { q } = pairOf(buffers, channels);
    recordSquareProduct(program, { ...common, a: kept.matrix, b: q, c: raw, isSymmetric: true });
    recordSymmetricCopy(program, { ...common, input: raw, output: output.matrix, measures: buffers.measures });
  }

  /**
   * Over positions: with Fc = F − μ as columns, A = Fcᵀ Σ* Fc / N has the eigenvalues of R Σ R, and T Fc = Σ* Fc A^−½. The buffers of the
   * coefficients and of the moments hold [C, columns], columns being fewer than channels.
   */
  #recordWhole(program: Program, options: Parameters<WholeMapForm['record']>[1]): void {
    const { label, whole, feature, target, partial, gradient, accumulate, kernels } = options;
    const { positions, channels } = whole;
    const columns = paddedPositions(whole);
    const buffers = buffersIn(options);
    const { raw } = buffers;
    const { statistics, measures } = this.targetIn(target, whole);
    const { matrix: covariance, vector: targetMeans } = statistics;
    const { matrix: spread, vector: means } = statisticsIn(options.sums, whole);
    const deviations = options.coefficients;
    const gemm = productFor(kernels.gram.family, columns);
    const map = { label, shape: { positions, channels }, columns, feature, means };
    const wide = {
      label: `${label} product`,
      batches: 1,
      columns,
      bStrides: { batch: 0, depth: columns },
      cStrides: { batch: 0, row: columns },
    };
    const byChannel = { rows: channels, aStrides: { batch: 0, row: channels, depth: 1 } };
    recordChannelSums(program, { ...map, scratch: raw, output: means, scale: 1 / positions });
    recordW2Centre(program, { ...map, output: deviations });
    recordGemm(program, gemm, { ...wide, ...byChannel, depth: channels, a: covariance, b: deviations, c: spread });
    recordGemm(program, gemm, {
      ...wide,
      rows: columns,
      depth: channels,
      aStrides: { batch: 0, row: 1, depth: columns },
      a: deviations,
      b: spread,
      c: raw,
      triangle: true,
    });
    // The product is N · A, so its inverse root is short of √N.
    const factor = Math.sqrt(positions);
    recordInverseRoot(program, { label, gemm, size: columns, steps: quickRoot, matrix: raw, buffers, factor });
    recordGemm(program, gemm, {
      ...wide,
      rows: channels,
      depth: columns,
      aStrides: { batch: 0, row: columns, depth: 1 },
      a: spread,
      b: pairOf(buffers, columns).q,
      c: raw,
    });
    const scale = this.gradientScale(whole);
    recordW2Gradient(program, {
      ...map,
      transported: raw,
      targetMeans,
      measures,
      gradient,
      accumulate,
      partial,
      scale,
    });
  }
}

function buffersIn(options: { readonly scratch: readonly BufferSlice[]; readonly label: string }): RootBuffers {
  const at = (index: number): BufferSlice => scratchAt(options.scratch, index, options.label);
  return { raw: at(0), pair: at(1), weight: at(2), measures: { ...at(3), sizeBytes: measuresBytes } };
}

/** Records `output = root · matrix · root`, all symmetric, on and above the diagonal; `raw` lies between. */
function recordCongruence(
  program: Program,
  options: Omit<Parameters<typeof recordSquareProduct>[1], 'a' | 'b' | 'c' | 'isSymmetric'> & {
    readonly root: BufferSlice;
    readonly matrix: BufferSlice;
    readonly raw: BufferSlice;
    readonly output: BufferSlice;
  },
): void {
  const { root, matrix, raw, output } = options;
  recordSquareProduct(program, { ...options, a: matrix, b: root, c: raw, isSymmetric: false });
  recordSquareProduct(program, { ...options, a: root, b: raw, c: output, isSymmetric: true });
}
