/**
 * Gradient descent with momentum.
 *
 *   g += weightDecay · x;  b = momentum · b + g;  x −= learningRate · b, with Nesterov's momentum x −= learningRate · (g + momentum · b)
 *
 * Source: torch/optim/sgd.py, its defaults and its form of Nesterov's momentum; without dampening.
 */

import { defineKernel } from '../core/kernel.ts';
import { commonParams, type UpdateRule } from './first-order.ts';

export const sgdKernel = defineKernel({
  shader: 'sgd.wgsl',
  bindings: { gradient: 'read', velocity: 'readWrite', variable: 'readWrite' },
  params: { ...commonParams, learningRate: 'f32', momentum: 'f32', isNesterov: 'u32', weightDecay: 'f32' },
});

export const sgdRule: UpdateRule = {
  name: 'sgd',
  kernel: sgdKernel,
  state: [{ name: 'velocity', isNonNegative: false }],
  defaults: { learningRate: 0.001, momentum: 0, nesterov: false, beta2: 0, weightDecay: 0 },
  params: ({ learningRate, momentum, nesterov, weightDecay }) => ({
    learningRate,
    momentum,
    isNesterov: nesterov ? 1 : 0,
    weightDecay,
  }),
};
