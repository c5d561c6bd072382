/** Total variation in f64: anisotropic, exponent 2 (Mahendran and Vedaldi 2015, eq. 6 with β = 2). */

import type { ChannelTriple } from '../../src/kernels/normalise.ts';

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** Factor per channel from the variable to the 0..1 range of pixels. */
  readonly channelScale: ChannelTriple;
}

/** Calls `visit` for every pair of neighbours: the indices of the nearer and the farther one, and k_c². */
function forEachPair(picture: Picture, visit: (near: number, far: number, weight: number) => void): void {
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
}

/** TV = Σ_{y,x,c} k_c² · ((x[y+1,x,c] − x[y,x,c])² + (x[y,x+1,c] − x[y,x,c])²) over pairs inside. Layout: [H, W, 3]. */
export function totalVariationValue(picture: Picture, input: Float64Array): number {
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
  scale: number,
  old?: Float64Array,
): Float64Array {
  const gradient = Float64Array.from(input, (_, index) => old?.[index] ?? 0);
  forEachPair(picture, (near, far, weight) => {
    const slope = scale * 2 * weight * ((input[far] ?? 0) - (input[near] ?? 0));
    gradient[far] = (gradient[far] ?? 0) + slope;
    gradient[near] = (gradient[near] ?? 0) - slope;
  });
  return gradient;
}
