/**
 * Total variation in f64, exponent 2: of four neighbours (Mahendran and Vedaldi 2015, eq. 6 with β = 2), and of nine points (Crowson,
 * style-transfer-pytorch, TVLoss), there times 3 · H · W as here.
 */

import type { ChannelTriple } from '../../src/kernels/normalise.ts';

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** Factor per channel from the variable to the 0..1 range of pixels. */
  readonly channelScale: ChannelTriple;
}

/** Calls `visit` for a pair of values: their indices and the weight of their squared difference. */
type Visit = (near: number, far: number, weight: number) => void;

export type TotalVariation = (picture: Picture, visit: Visit) => void;

/** Σ_{y,x,c} k_c² · ((x[y+1,x,c] − x[y,x,c])² + (x[y,x+1,c] − x[y,x,c])²) over pairs inside. Layout: [H, W, 3]. */
export const fourNeighbours: TotalVariation = (picture, visit) => {
  const { height, width, channelScale } = picture;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [c, k] of channelScale.entries()) {
        const at = (y * width + x) * 3 + c;
        if (y + 1 < height) visit(at, at + 3 * width, k * k);
        if (x + 1 < width) visit(at, at + 3, k * k);
      }
    }
  }
};

/**
 * 3HW · 2 · (mean dx² / 3 + mean dy² / 3 + mean d↘² / 12 + mean d↙² / 12), the picture being padded by one with its own edge and the
 * means over the pairs of the padded picture [H + 2, W + 2]. Layout: [H, W, 3].
 */
export const ninePoints: TotalVariation = (picture, visit) => {
  const { height, width, channelScale } = picture;
  const clamp = (value: number, size: number): number => Math.min(Math.max(value - 1, 0), size - 1);
  const indexOf = (y: number, x: number): number => (clamp(y, height) * width + clamp(x, width)) * 3;
  const pairs = (from: readonly [number, number], to: readonly [number, number], share: number): void => {
    const [rows, columns] = [height + 2 - Math.max(from[0], to[0]), width + 2 - Math.max(from[1], to[1])];
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (const [c, k] of channelScale.entries()) {
          const [near, far] = [indexOf(y + from[0], x + from[1]) + c, indexOf(y + to[0], x + to[1]) + c];
          visit(near, far, (k * k * share * height * width * 2) / (rows * columns));
        }
      }
    }
  };
  pairs([0, 0], [0, 1], 1 / 3);
  pairs([0, 0], [1, 0], 1 / 3);
  pairs([0, 0], [1, 1], 1 / 12);
  pairs([0, 1], [1, 0], 1 / 12);
};

export function totalVariationValue(picture: Picture, input: Float64Array, forEachPair = fourNeighbours): number {
  let total = 0;
  forEachPair(picture, (near, far, weight) => {
    total += weight * ((input[far] ?? 0) - (input[near] ?? 0)) ** 2;
  });
  return total;
}

/** old + scale · dTV/dx. Layout: [H, W, 3]. */
export function totalVariationGradient(
  picture: Picture,
  input: Float64Array,
  { scale, old, forEachPair = fourNeighbours }: GradientOptions,
): Float64Array {
  const gradient = Float64Array.from(input, (_, index) => old?.[index] ?? 0);
  forEachPair(picture, (near, far, weight) => {
    const slope = scale * 2 * weight * ((input[far] ?? 0) - (input[near] ?? 0));
    gradient[far] = (gradient[far] ?? 0) + slope;
    gradient[near] = (gradient[near] ?? 0) - slope;
  });
  return gradient;
}

interface GradientOptions {
  readonly scale: number;
  readonly old?: Float64Array;
  readonly forEachPair?: TotalVariation;
}
