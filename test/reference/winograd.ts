/** The weights' side of Winograd's F(4x4, 3x3) in f64, from its definition (Lavin and Gray 2015, section 4.3). */

/** Where the polynomials of filter and picture are evaluated, besides ∞. docs/decisions/0005-winograd-points.md says why these. */
const points: readonly number[] = [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2];

/** The matrix G, 3 taps to 6 coefficients: [1, p, p²] / Π (p − other points) for each point, [0, 0, 1] for ∞. */
const g: readonly (readonly number[])[] = [
  ...points.map((p) => {
    const divisor = points.reduce((product, other) => (other === p ? product : product * (p - other)), 1);
    return [1 / divisor, p / divisor, p ** 2 / divisor];
  }),
  [0, 0, 1],
];

/**
 * transformed[6·i + j][in][out] = (G w Gᵀ)[i][j] for the 3x3 filter w = weight[out,in,·,·]; for `backward` the filter is
 * rotated by 180° and the roles of in and out change, so that the result is [36][out][in].
 *
 * Layout: weight as PyTorch's [out, in, 3, 3]; the result is dense.
 */
export function winogradWeight(
  weight: Float64Array,
  inChannels: number,
  outChannels: number,
  direction: 'forward' | 'backward',
): Float64Array {
  const filters = inChannels * outChannels;
  const transformed = new Float64Array(36 * filters);
  for (let out = 0; out < outChannels; out++) {
    for (let inner = 0; inner < inChannels; inner++) {
      const filter = weight.slice((out * inChannels + inner) * 9, (out * inChannels + inner + 1) * 9);
      const taps = direction === 'forward' ? filter : filter.reverse();
      const at = direction === 'forward' ? inner * outChannels + out : out * inChannels + inner;
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          let sum = 0;
          for (let ky = 0; ky < 3; ky++) {
            for (let kx = 0; kx < 3; kx++) {
              sum += (g[i]?.[ky] ?? 0) * (taps[ky * 3 + kx] ?? 0) * (g[j]?.[kx] ?? 0);
            }
          }
          transformed[(6 * i + j) * filters + at] = sum;
        }
      }
    }
  }
  return transformed;
}
