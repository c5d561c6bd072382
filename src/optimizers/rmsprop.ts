/**
 * RMSprop.
 *
 *   g += weightDecay · x;  v = α v + (1 − α) g²;  b = momentum · b + g / (√v + ε);  x −= learningRate · b
 *
 * Source: Tieleman and Hinton, Coursera: Neural Networks for Machine Learning (2012), lecture 6.5; defaults and form as in
 * torch/optim/rmsprop.py, not centred.
 */

import { defineKernel } from '../core/kernel.ts';
import { commonParams, type UpdateRule } from './first-order.ts';

export const rmspropKernel = defineKernel({
  shader: 'rmsprop.wgsl',
  bindings: { gradient: 'read', square: 'readWrite', velocity: 'readWrite', variable: 'readWrite' },
  params: {
    ...commonParams,
    learningRate: 'f32',
    momentum: 'f32',
    keepSquare: 'f32',
    takeSquare: 'f32',
    epsilon: 'f32',
    weightDecay: 'f32',
  },
});

export const rmspropRule: UpdateRule = {
  name: 'rmsprop',
  kernel: rmspropKernel,
  state: [
    { name: 'square', isNonNegative: true },
    { name: 'velocity', isNonNegative: false },
  ],
  defaults: { learningRate: 0.01, momentum: 0, nesterov: false, beta2: 0.99, weightDecay: 0 },
  params: ({ learningRate, momentum, beta2: alpha, weightDecay }) => ({
    learningRate,
    momentum,
    keepSquare: alpha,
    takeSquare: 1 - alpha,
    epsilon: 1e-8,
    weightDecay,
  }),
};
