/** Functions with known minima, in f64 on the host; `objective.wgsl` computes the same in f32 on the device. */

import type { HostObjective, Vector } from '../reference/lbfgs.ts';

export type FunctionName = 'rosenbrock' | 'himmelblau' | 'beale' | 'quadratic' | 'cosine' | 'broken';

/** `kind` in the shader. */
export const functionKinds: Readonly<Record<FunctionName, number>> = {
  rosenbrock: 0,
  himmelblau: 1,
  beale: 2,
  quadratic: 3,
  cosine: 4,
  broken: 5,
};

/** Weights 1 … `condition` of the quadratic, spread evenly in the logarithm. */
export const quadraticWeight = (i: number, size: number, condition: number): number =>
  condition ** (i / Math.max(size - 1, 1));

/** Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])²; minimum 0 at (1, …, 1). */
export const rosenbrock: HostObjective = (x) => {
  const gradient = x.map(() => 0);
  let loss = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = pair(x, i);
    const bend = b - a * a;
    loss += 100 * bend * bend + (1 - a) * (1 - a);
    gradient[i] = (gradient[i] ?? 0) - 400 * bend * a - 2 * (1 - a);
    gradient[i + 1] = (gradient[i + 1] ?? 0) + 200 * bend;
  }
  return { loss, gradient };
};

/** (x² + y - 11)² + (x + y² - 7)²; minima 0 at (3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126). */
export const himmelblau: HostObjective = (x) => {
  const [a, b] = pair(x, 0);
  const p = a * a + b - 11;
  const q = a + b * b - 7;
  return { loss: p * p + q * q, gradient: [4 * a * p + 2 * q, 2 * p + 4 * b * q] };
};

/** (1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²; minimum 0 at (3, 0.5). */
export const beale: HostObjective = (x) => {
  const [a, b] = pair(x, 0);
  const p = 1.5 - a + a * b;
  const q = 2.25 - a + a * b * b;
  const r = 2.625 - a + a * b ** 3;
  return {
    loss: p * p + q * q + r * r,
    gradient: [
      2 * p * (b - 1) + 2 * q * (b * b - 1) + 2 * r * (b ** 3 - 1),
      2 * p * a + 4 * q * a * b + 6 * r * a * b * b,
    ],
  };
};

/** Σ ½ wᵢ (x[i] - sin(i + 1))². */
export const quadratic =
  (condition: number): HostObjective =>
  (x) => {
    const weight = (i: number): number => quadraticWeight(i, x.length, condition);
    const gradient = x.map((value, i) => weight(i) * (value - Math.sin(i + 1)));
    return { loss: x.reduce((sum, value, i) => sum + 0.5 * weight(i) * (value - Math.sin(i + 1)) ** 2, 0), gradient };
  };

/** Σ 1 - cos(x[i]): curvature is negative where |x| is above π / 2. */
export const cosine: HostObjective = (x) => ({
  loss: x.reduce((sum, value) => sum + 1 - Math.cos(value), 0),
  gradient: x.map(Math.sin),
});

function pair(x: Vector, i: number): readonly [number, number] {
  return [x[i] ?? Number.NaN, x[i + 1] ?? Number.NaN];
}
