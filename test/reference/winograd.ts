/** The weights' side of Winograd's F(2x2, 3x3) and F(4x4, 3x3) in f64, from their definition (Lavin and Gray 2015, section 4). */

/** Where the polynomials of filter and picture are evaluated, besides ∞. docs/decisions/0005-winograd-points.md says why these. */
const points = { 2: [0, 1, -1], 4: [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2] } as const;

/**
 * The matrix G, 3 taps to tile + 2 coefficients: [1, p, p²] / Π (p − other points) for each point, [0, 0, 1] for ∞. The divisor of
 * the point 0 of F(2x2, 3x3) is −1; as in the paper, its sign is left to the input transform.
 */
function matrixOf(tile: 2 | 4): readonly (readonly number[])[] {
  const own: readonly number[] = points[tile];
  const finite = own.map((p) => {
    const divisor = own.reduce((product, other) => (other === p ? product : product * (p - other)), 1);
    const signed = tile === 2 && p === 0 ? -divisor : divisor;
    return [1 / signed, p / signed, p ** 2 / signed];
  });
  return [...finite, [0, 0, 1]];
}

/**
 * transformed[(tile + 2)·i + j][in][out] = (G w Gᵀ)[i][j] for the 3x3 filter w = weight[out,in,·,·]; for `backward` the filter is
 * rotated by 180° and the roles of in and out change, so that the result is [(tile + 2)²][out][in].
 *
 * Layout: weight as PyTorch's [out, in, 3, 3]; the result is dense.
 */
export function winogradWeight(
  tile: 2 | 4,
  weight: Float64Array,
  inChannels: number,
  outChannels: number,
  direction: 'forward' | 'backward',
): Float64Array {
  const filters = inChannels * outChannels;
  const g = matrixOf(tile);
  const edge = tile + 2;
  const transformed = new Float64Array(edge ** 2 * filters);
  for (let out = 0; out < outChannels; out++) {
    for (let inner = 0; inner < inChannels; inner++) {
      const filter = weight.slice((out * inChannels + inner) * 9, (out * inChannels + inner + 1) * 9);
      const taps = direction === 'forward' ? filter : filter.reverse();
      const at = direction === 'forward' ? inner * outChannels + out : out * inChannels + inner;
      for (let i = 0; i < edge; i++) {
        for (let j = 0; j < edge; j++) {
          let sum = 0;
          for (let ky = 0; ky < 3; ky++) {
            for (let kx = 0; kx < 3; kx++) {
              sum += (g[i]?.[ky] ?? 0) * (taps[ky * 3 + kx] ?? 0) * (g[j]?.[kx] ?? 0);
            }
          }
          transformed[(edge * i + j) * filters + at] = sum;
        }
      }
    }
  }
  return transformed;
}
