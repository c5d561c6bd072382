/**
 * RMSprop.
 *
 *   g += weightDecay · x;  v = α v + (1 − α) g²;  b = momentum · b + g / (√v + ε);  x −= learningRate · b
 *
 * Source: Tieleman and Hinton, Coursera: Neural Networks for Machine Learning (2012), lecture 6.5; defaults and form as in
 * torch/optim/rmsprop.py, not centred.
 */

import { defineUpdateRule } from './first-order.ts';

export const rmspropRule = defineUpdateRule({
  name: 'rmsprop',
  state: [
    { name: 'square', isNonNegative: true },
    { name: 'velocity', isNonNegative: false },
  ],
  defaults: { learningRate: 0.01, momentum: 0, nesterov: false, beta2: 0.99, weightDecay: 0 },
  params: {
    learningRate: ({ learningRate }) => learningRate,
    momentum: ({ momentum }) => momentum,
    keepSquare: ({ beta2: alpha }) => alpha,
    takeSquare: ({ beta2: alpha }) => 1 - alpha,
    epsilon: () => 1e-8,
    weightDecay: ({ weightDecay }) => weightDecay,
  },
});
