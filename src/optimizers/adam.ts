/**
 * Adam.
 *
 *   g += weightDecay · x;  m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²
 *   x −= learningRate · m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵏ),  v̂ = v / (1 − β₂ᵏ) at step k
 *
 * Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1; defaults, the place of ε and weight decay as in
 * torch/optim/adam.py. A β₁ that changes on the way corrects by its present value, as there.
 */

import { defineUpdateRule } from './first-order.ts';

export const adamRule = defineUpdateRule({
  name: 'adam',
  state: [
    { name: 'first', isNonNegative: false },
    { name: 'second', isNonNegative: true },
  ],
  defaults: { learningRate: 0.001, momentum: 0.9, nesterov: false, beta2: 0.999, weightDecay: 0 },
  params: {
    stepSize: ({ learningRate, momentum: beta1 }, step) => learningRate / (1 - beta1 ** step),
    rootScale: ({ beta2 }, step) => 1 / Math.sqrt(1 - beta2 ** step),
    keepFirst: ({ momentum: beta1 }) => beta1,
    takeFirst: ({ momentum: beta1 }) => 1 - beta1,
    keepSecond: ({ beta2 }) => beta2,
    takeSecond: ({ beta2 }) => 1 - beta2,
    epsilon: () => 1e-8,
    weightDecay: ({ weightDecay }) => weightDecay,
  },
});
