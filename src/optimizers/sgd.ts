/**
 * Gradient descent with momentum.
 *
 *   g += weightDecay · x;  b = momentum · b + g;  x −= learningRate · b, with Nesterov's momentum x −= learningRate · (g + momentum · b)
 *
 * Source: torch/optim/sgd.py, its defaults and its form of Nesterov's momentum; without dampening.
 */

import { defineUpdateRule } from './first-order.ts';

export const sgdRule = defineUpdateRule({
  name: 'sgd',
  state: [{ name: 'velocity', isNonNegative: false }],
  defaults: { learningRate: 0.001, momentum: 0, nesterov: false, beta2: 0, weightDecay: 0 },
  params: {
    learningRate: ({ learningRate }) => learningRate,
    momentum: ({ momentum }) => momentum,
    isNesterov: ({ nesterov }) => nesterov,
    weightDecay: ({ weightDecay }) => weightDecay,
  },
});
