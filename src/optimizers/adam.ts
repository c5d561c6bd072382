/**
 * Adam, one pass a step over vectors on the device.
 *
 *   m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²;  x -= learningRate · m̂ / (√v̂ + ε),  m̂ = m / (1 - β₁ᵏ),  v̂ = v / (1 - β₂ᵏ)
 *
 * Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1; defaults and the place of ε as in
 * torch/optim/adam.py. Departures: a value whose gradient is not finite is left as it is; x may be kept within a range.
 */

import { BufferScope, bytesPerFloat, roundUp } from '../core/buffers.ts';
import { InputError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { defineKernel } from '../core/kernel.ts';
import { type Dispatch, Program, parameterPageBytes } from '../core/program.ts';
import { elementwiseGrid } from '../kernels/elementwise.ts';
import type { DeviceObjective, Evaluator, Optimizer, StopReason } from './optimizer.ts';

export const adamKernel = defineKernel({
  shader: 'adam.wgsl',
  bindings: { gradient: 'read', first: 'readWrite', second: 'readWrite', variable: 'readWrite' },
  params: {
    size: 'u32',
    stepSize: 'f32',
    rootScale: 'f32',
    keepFirst: 'f32',
    takeFirst: 'f32',
    keepSecond: 'f32',
    takeSecond: 'f32',
    epsilon: 'f32',
    isClamped: 'u32',
    low: 'f32',
    high: 'f32',
  },
});

export interface AdamOptions {
  /** Default 0.001, as in PyTorch; for pictures in 0..1, 0.02 is usual. */
  readonly learningRate?: number;
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment; default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Range [low, high] that x is kept within; absent, it is free. */
  readonly clamp?: readonly [low: number, high: number];
}

/** Device bytes that `Adam.create` takes for `size` values: two moments and a page of parameters. */
export function adamBytes(size: number): number {
  return roundUp(2 * size * bytesPerFloat, 4) + parameterPageBytes;
}

export class Adam implements Optimizer {
  /** Positive and finite; takes effect from the next step. */
  learningRate: number;
  readonly #size: number;
  readonly #options: Required<Omit<AdamOptions, 'clamp'>> & Pick<AdamOptions, 'clamp'>;
  readonly #scope: BufferScope;
  readonly #program: Program;
  readonly #dispatch: Dispatch;
  #steps = 0;

  private constructor(gpu: Gpu, objective: DeviceObjective, options: AdamOptions) {
    this.#options = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...options };
    this.learningRate = this.#options.learningRate;
    this.#size = objective.size;
    this.#scope = new BufferScope(gpu.buffers);
    this.#program = new Program(gpu, 'adam');
    const { variable, gradient, size } = objective;
    const first = this.#scope.allocate('adam first moment', size * bytesPerFloat);
    const second = this.#scope.allocate('adam second moment', size * bytesPerFloat);
    this.#dispatch = this.#program.dispatch(adamKernel, {
      bindings: { gradient, first, second, variable },
      params: this.#params(1),
      grid: elementwiseGrid(size),
    });
  }

  /**
   * Takes the moments' memory and records the step. The caller owns the result.
   *
   * @throws InputError for options that make no sense. DeviceError where the device refuses the memory.
   */
  static async create(gpu: Gpu, objective: DeviceObjective, options: AdamOptions = {}): Promise<Adam> {
    checkOptions(options);
    return await gpu.checked('Adam', () => new Adam(gpu, objective, options));
  }

  async step(evaluator: Evaluator): Promise<StopReason | undefined> {
    this.#steps += 1;
    this.#program.update(this.#dispatch, this.#params(this.#steps));
    await evaluator.submit([this.#program]);
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
  }

  #params(step: number) {
    const { beta1, beta2, epsilon, clamp } = this.#options;
    return {
      size: this.#size,
      stepSize: this.learningRate / (1 - beta1 ** step),
      rootScale: 1 / Math.sqrt(1 - beta2 ** step),
      keepFirst: beta1,
      takeFirst: 1 - beta1,
      keepSecond: beta2,
      takeSecond: 1 - beta2,
      epsilon,
      isClamped: clamp === undefined ? 0 : 1,
      low: clamp?.[0] ?? 0,
      high: clamp?.[1] ?? 0,
    };
  }
}

function checkOptions({ learningRate = 1, beta1 = 0, beta2 = 0, epsilon = 0, clamp }: AdamOptions): void {
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new InputError(`Adam: learningRate must be a positive number, got ${learningRate}`);
  }
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) throw new InputError(`Adam: ${name} must be from 0 to below 1, got ${value}`);
  }
  if (!(epsilon >= 0)) throw new InputError(`Adam: epsilon must not be negative, got ${epsilon}`);
  if (clamp !== undefined && !(clamp[0] < clamp[1])) {
    throw new InputError(`Adam: clamp must be a range [low, high] with low < high, got [${clamp[0]}, ${clamp[1]}]`);
  }
}
