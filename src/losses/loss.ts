/**
 * What a loss is to whoever plans and records it: a value that holds no device memory. It sees a picture through sums over positions alone,
 * in three steps, so that a map may be seen a part at a time (docs/decisions/0025-loss-terms.md):
 *
 * (a) sums over a part's positions; those of all parts, added up, are the map's;
 * (b) the value and the coefficients, from the map's sums;
 * (c) the gradient at a part's positions, from the coefficients.
 *
 * The value is left as `partialsPerTerm` partial sums: it is `factor` times all of them, which the loss table adds up.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Program } from '../core/program.ts';
import type { GramVariant } from '../kernels/gram.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';

/** The kernels that were chosen for the tap where a loss stands. */
export interface TapKernels {
  readonly gram: GramVariant;
}

/** A feature map or a part of one. */
export interface MapShape {
  readonly positions: number;
  /** A multiple of 4. */
  readonly channels: number;
}

/** Positions of a map that follow each other in memory: all of them, or a window's. */
export interface MapPart {
  readonly positions: number;
  /** [positions, channels] */
  readonly feature: BufferSlice;
}

/** Where a part's gradient goes: `gradient = old + dLoss/dFeature`, old being 0 unless `accumulate`. */
export interface PartGradient {
  /** [positions, channels] */
  readonly gradient: BufferSlice;
  readonly accumulate: boolean;
}

/**
 * A loss whose gradient at a position needs nothing of the others: one pass makes (a) and (c), and (b) is a factor. Its target is the
 * content picture's map.
 */
export interface PointwiseLoss {
  readonly form: 'pointwise';
  readonly weight: number;
  /** (b) From the sum of the partial sums, of all parts together, to the weighted loss. */
  factor(whole: MapShape): number;
  /** (a) and (c) of a part. */
  record(
    program: Program,
    options: PartGradient & {
      readonly whole: MapShape;
      readonly part: MapPart;
      /** The target at the part's positions, [positions, channels]. */
      readonly target: BufferSlice;
      readonly partial: BufferSlice;
    },
  ): void;
}

/**
 * A loss whose gradient needs the sums over all positions first. Its target is the same sums at the style picture, or what its preparation
 * makes of them; the sums of a mix of pictures are theirs, each times its share.
 */
export interface SummedLoss {
  readonly form: 'summed';
  /** What its dispatches are called, before the layer. */
  readonly name: string;
  readonly weight: number;
  /** From the sum of the partial sums to the weighted loss. */
  factor(whole: MapShape): number;
  /** Of the sums, and so of the target where nothing is made of it. */
  sumBytes(whole: MapShape): number;
  /** What is made once of the style's sums; absent where they are the target as they are. */
  readonly preparation?: TargetPreparation;
  /** A cheaper way over a map that is there as a whole; absent where there is none. */
  readonly wholeMap?: WholeMapForm;
  coefficientBytes(whole: MapShape): number;
  /** Buffers for intermediate results of a part of this shape; one after the other, all terms use the same. */
  scratchBytes(part: MapShape, kernels: TapKernels): readonly number[];
  /** (a) */
  recordSums(program: Program, options: SummedRecording & { readonly part: MapPart; readonly sums: BufferSlice }): void;
  /** (b) */
  recordCoefficients(
    program: Program,
    options: SummedRecording & {
      readonly sums: BufferSlice;
      readonly target: BufferSlice;
      readonly partial: BufferSlice;
      readonly coefficients: BufferSlice;
    },
  ): void;
  /** (c) */
  recordGradient(
    program: Program,
    options: SummedRecording & PartGradient & { readonly part: MapPart; readonly coefficients: BufferSlice },
  ): void;
}

/** What a step of a summed loss is told. */
export type StepOptions<Step extends 'recordSums' | 'recordCoefficients' | 'recordGradient'> = Parameters<
  SummedLoss[Step]
>[1];

/** Makes the target of the mixed sums, once for each size of the picture. */
export interface TargetPreparation {
  /** Of the target. */
  bytes(whole: MapShape): number;
  /** `whole` is the map that the target is for, not the style picture's. */
  record(
    program: Program,
    options: SummedRecording & { readonly sums: BufferSlice; readonly target: BufferSlice },
  ): void;
}

/** All three steps of a summed loss as one, over a whole map. */
export interface WholeMapForm {
  /** Whether a map of this shape is worked on so, and its target prepared for it. */
  fits(whole: MapShape): boolean;
  record(
    program: Program,
    options: SummedRecording &
      PartGradient & {
        /** [positions, channels] */
        readonly feature: BufferSlice;
        readonly target: BufferSlice;
        readonly partial: BufferSlice;
        /** For whatever the form has in place of sums and coefficients. */
        readonly sums: BufferSlice;
        readonly coefficients: BufferSlice;
      },
  ): void;
}

/** What each step of a summed loss is told. */
export interface SummedRecording {
  readonly label: string;
  /** The whole map, whatever part of it is at hand. */
  readonly whole: MapShape;
  /** At least `scratchBytes`. */
  readonly scratch: readonly BufferSlice[];
  readonly kernels: TapKernels;
}

/** A loss at a tap of the network. */
export type MapLoss = PointwiseLoss | SummedLoss;

export interface PictureShape {
  readonly width: number;
  readonly height: number;
}

/** A loss on the picture itself; one pass makes (a) and (c), (b) is a factor. */
export interface PictureLoss {
  readonly form: 'picture';
  readonly weight: number;
  /** (b) From the sum of the partial sums, of all bands together, to the weighted loss. */
  factor(whole: PictureShape): number;
  /** (a) and (c): adds to the gradient, and so comes after everything that overwrites it. */
  record(
    program: Program,
    options: {
      readonly whole: PictureShape;
      /** The rows of the picture that are at hand, [height, width, 3]: all of it, or a band with the neighbours that it has. */
      readonly picture: BufferSlice;
      readonly height: number;
      /** The rows of them that are worked on; all when absent. */
      readonly rows?: { readonly first: number; readonly count: number };
      /** As the picture. */
      readonly gradient: BufferSlice;
      readonly partial: BufferSlice;
      /** Factor from the variable's channel to the 0..1 range of pixels. */
      readonly channelScale: ChannelTriple;
    },
  ): void;
}
