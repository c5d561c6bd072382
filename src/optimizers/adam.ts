/**
 * Adam.
 *
 *   g += weightDecay · x;  m = β₁ m + (1 − β₁) g;  v = β₂ v + (1 − β₂) g²
 *   x −= learningRate · m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵏ),  v̂ = v / (1 − β₂ᵏ) at step k
 *
 * Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1; defaults, the place of ε and weight decay as in
 * torch/optim/adam.py. A β₁ that changes on the way corrects by its present value, as there.
 */

import { defineKernel } from '../core/kernel.ts';
import { commonParams, type UpdateRule } from './first-order.ts';

export const adamKernel = defineKernel({
  shader: 'adam.wgsl',
  bindings: { gradient: 'read', first: 'readWrite', second: 'readWrite', variable: 'readWrite' },
  params: {
    ...commonParams,
    stepSize: 'f32',
    rootScale: 'f32',
    keepFirst: 'f32',
    takeFirst: 'f32',
    keepSecond: 'f32',
    takeSecond: 'f32',
    epsilon: 'f32',
    weightDecay: 'f32',
  },
});

export const adamRule: UpdateRule = {
  name: 'adam',
  kernel: adamKernel,
  state: [
    { name: 'first', isNonNegative: false },
    { name: 'second', isNonNegative: true },
  ],
  defaults: { learningRate: 0.001, momentum: 0.9, nesterov: false, beta2: 0.999, weightDecay: 0 },
  params: ({ learningRate, momentum: beta1, beta2, weightDecay }, step) => ({
    stepSize: learningRate / (1 - beta1 ** step),
    rootScale: 1 / Math.sqrt(1 - beta2 ** step),
    keepFirst: beta1,
    takeFirst: 1 - beta1,
    keepSecond: beta2,
    takeSecond: 1 - beta2,
    epsilon: 1e-8,
    weightDecay,
  }),
};
