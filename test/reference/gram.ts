/** The Gram matrix in f64. */

import type { GramShape } from '../../src/kernels/gram.ts';

/** G[i][j] = scale · Σ_t F[t,i] · F[t,j]. Layout: feature F [positions, channels], result [channels, channels]. */
export function gramForward(shape: GramShape, feature: Float64Array, scale: number): Float64Array {
  const { positions, channels } = shape;
  const gram = new Float64Array(channels * channels);
  for (let t = 0; t < positions; t++) {
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < channels; j++) {
        const product = (feature[t * channels + i] ?? 0) * (feature[t * channels + j] ?? 0);
        gram[i * channels + j] = (gram[i * channels + j] ?? 0) + product;
      }
    }
  }
  return gram.map((value) => scale * value);
}

/**
 * gradFeature[t,c] = old[t,c] + Σ_d F[t,d] · gradGram[d,c].
 *
 * For G = scale · FᵀF and a symmetric dL/dG, gradGram = 2 · scale · dL/dG makes this dL/dF. Layout as forward.
 */
export function gramBackward(
  shape: GramShape,
  feature: Float64Array,
  gradGram: Float64Array,
  old?: Float64Array,
): Float64Array {
  const { positions, channels } = shape;
  const gradFeature = new Float64Array(positions * channels);
  for (let t = 0; t < positions; t++) {
    for (let c = 0; c < channels; c++) {
      let sum = old?.[t * channels + c] ?? 0;
      for (let d = 0; d < channels; d++) {
        sum += (feature[t * channels + d] ?? 0) * (gradGram[d * channels + c] ?? 0);
      }
      gradFeature[t * channels + c] = sum;
    }
  }
  return gradFeature;
}
