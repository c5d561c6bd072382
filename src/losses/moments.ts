/**
 * What losses on means and covariances share: their sums are second moments and means over positions, uncentred, so that those of parts of a
 * map, and of pictures of a mix, add up; their gradient at a position is `matrix · F + vector`.
 */

import { type BufferSlice, bindingAlignmentBytes, bytesPerFloat, roundUp } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import { type GramVariant, recordGramBackward, recordGramForward } from '../kernels/gram.ts';
import {
  channelSumsScratchBytes,
  measuresBytes,
  recordChannelAdd,
  recordChannelSums,
  type Statistics,
} from '../kernels/moments.ts';
import type {
  MapPart,
  MapShape,
  PartGradient,
  StepOptions,
  SummedLoss,
  TapKernels,
  TargetPreparation,
} from './loss.ts';

const aligned = (bytes: number): number => roundUp(bytes, bindingAlignmentBytes);

/** Bytes of a matrix over channels. */
export function matrixBytes({ channels }: Pick<MapShape, 'channels'>): number {
  return channels ** 2 * bytesPerFloat;
}

/** Bytes of a matrix and a vector over channels, as they lie in one buffer. */
export function statisticsBytes(shape: Pick<MapShape, 'channels'>): number {
  return aligned(matrixBytes(shape)) + shape.channels * bytesPerFloat;
}

/** The matrix and the vector in a buffer of `statisticsBytes`. */
export function statisticsIn(slice: BufferSlice, shape: Pick<MapShape, 'channels'>): Statistics {
  const [matrix, vector] = cut(slice, [matrixBytes(shape), shape.channels * bytesPerFloat]);
  return { matrix, vector };
}

/**
 * Ranges of a buffer one after the other, each where a binding may begin. No dispatch may read one and write another.
 *
 * @throws ShapeError where they do not fit.
 */
export function cut<const Sizes extends readonly number[]>(
  slice: BufferSlice,
  sizes: Sizes,
): { readonly [Index in keyof Sizes]: BufferSlice };
export function cut(slice: BufferSlice, sizes: readonly number[]): readonly BufferSlice[] {
  let used = 0;
  return sizes.map((sizeBytes) => {
    const start = used;
    used = aligned(start + sizeBytes);
    if (start + sizeBytes > slice.sizeBytes) {
      throw new ShapeError(`a buffer of ${slice.sizeBytes} bytes was to hold ${start + sizeBytes} and more`);
    }
    return { buffer: slice.buffer, offsetBytes: slice.offsetBytes + start, sizeBytes };
  });
}

/** Bytes that {@link cut} takes for these sizes. */
export function cutBytes(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + aligned(size), 0);
}

/** A scratch buffer of a loss. @throws ShapeError where it was not given. */
export function scratchAt(scratch: readonly BufferSlice[], index: number, label: string): BufferSlice {
  const found = scratch[index];
  if (found === undefined) throw new ShapeError(`${label}: scratch buffer ${index + 1} was not given`);
  return found;
}

const scratchSizes = (part: MapShape, gram: GramVariant) =>
  [gram.scratchBytes(part), channelSumsScratchBytes(part)] as const;

/** Bytes of scratch that {@link recordMoments} takes. */
export function momentsScratchBytes(part: MapShape, gram: GramVariant): number {
  return cutBytes(scratchSizes(part, gram));
}

interface Told {
  readonly label: string;
  readonly whole: MapShape;
  readonly part: MapPart;
  readonly kernels: { readonly gram: GramVariant };
}

/** Records the part's share of the second moments `FᵀF / positions` and of the means. */
export function recordMoments(
  program: Program,
  { label, whole, part, scratch, sums, kernels }: Told & { readonly scratch: BufferSlice; readonly sums: BufferSlice },
): void {
  const shape = { positions: part.positions, channels: whole.channels };
  const { matrix, vector } = statisticsIn(sums, whole);
  const [partials, chunks] = cut(scratch, scratchSizes(shape, kernels.gram));
  const common = { label, shape, feature: part.feature, scale: 1 / whole.positions };
  recordGramForward(program, kernels.gram, { ...common, scratch: partials, output: matrix });
  recordChannelSums(program, { ...common, scratch: chunks, output: vector });
}

/** Records `gradient = old + F · matrix + vector` at the part's positions. */
export function recordAffineGradient(
  program: Program,
  options: Told & PartGradient & { readonly coefficients: BufferSlice },
): void {
  const { label, whole, part, coefficients, gradient, accumulate, kernels } = options;
  const shape = { positions: part.positions, channels: whole.channels };
  const { matrix, vector } = statisticsIn(coefficients, whole);
  recordChannelAdd(program, { label, shape, addend: vector, gradient, accumulate });
  const { feature } = part;
  recordGramBackward(program, kernels.gram, {
    label,
    shape,
    feature,
    gradGram: matrix,
    gradFeature: gradient,
    accumulate: true,
  });
}

/** Means and a matrix of the target, trace and squared norm of its covariance. */
export interface MomentsTarget {
  readonly statistics: Statistics;
  /** `measuresBytes` */
  readonly measures: BufferSlice;
}

/** A loss on a map's means and covariance, whose target is what `recordTarget` makes of the style's moments. */
export abstract class MomentsLoss implements SummedLoss {
  readonly form = 'summed';
  abstract readonly name: string;
  readonly weight: number;
  readonly preparation: TargetPreparation = {
    bytes: (whole) => cutBytes(targetSizes(whole)),
    record: (program, options) => this.recordTarget(program, options),
  };

  constructor(weight: number) {
    this.weight = weight;
  }

  /** From C times what stands in brackets in the loss's formula. */
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

  abstract scratchBytes(part: MapShape, kernels: TapKernels): readonly number[];

  recordSums(program: Program, options: StepOptions<'recordSums'>): void {
    recordMoments(program, { ...options, scratch: scratchAt(options.scratch, 0, options.label) });
  }

  abstract recordCoefficients(program: Program, options: StepOptions<'recordCoefficients'>): void;

  recordGradient(program: Program, options: StepOptions<'recordGradient'>): void {
    recordAffineGradient(program, options);
  }

  protected abstract recordTarget(program: Program, options: Parameters<TargetPreparation['record']>[1]): void;

  protected targetIn(target: BufferSlice, whole: MapShape): MomentsTarget {
    const [statistics, measures] = cut(target, targetSizes(whole));
    return { statistics: statisticsIn(statistics, whole), measures };
  }

  /** 2 · weight / (C · positions), of a gradient. */
  protected gradientScale(whole: MapShape): number {
    return (2 * this.factor(whole)) / whole.positions;
  }
}

const targetSizes = (whole: MapShape) => [statisticsBytes(whole), measuresBytes] as const;
