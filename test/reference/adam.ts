/** Adam in f64, as in Kingma and Ba (2015), algorithm 1, with the place of ε as in torch/optim/adam.py. */

import type { HostObjective, ReferenceTrace, Vector } from './lbfgs.ts';

export interface ReferenceAdamOptions {
  readonly learningRate: number;
  readonly evaluations: number;
  readonly clamp?: readonly [number, number];
}

/** `last` is the variable at the last evaluation. */
export function referenceAdam(objective: HostObjective, start: Vector, options: ReferenceAdamOptions): ReferenceTrace {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const [low, high] = options.clamp ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let x = start;
  let last = start;
  let m: Vector = start.map(() => 0);
  let v: Vector = start.map(() => 0);
  const losses: number[] = [];
  for (let step = 1; step <= options.evaluations; step++) {
    const { loss, gradient } = objective(x);
    losses.push(loss);
    last = x;
    m = gradient.map((g, i) => beta1 * (m[i] ?? 0) + (1 - beta1) * g);
    v = gradient.map((g, i) => beta2 * (v[i] ?? 0) + (1 - beta2) * g * g);
    x = x.map((value, i) => {
      const mean = (m[i] ?? 0) / (1 - beta1 ** step);
      const root = Math.sqrt((v[i] ?? 0) / (1 - beta2 ** step));
      return Math.min(Math.max(value - (options.learningRate * mean) / (root + epsilon), low), high);
    });
  }
  return { losses, last };
}
