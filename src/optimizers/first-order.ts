/**
 * Optimisers of one pass: gradient and variable go through a single kernel that keeps one or two vectors of state. What
 * differs between them is an update rule: `sgd.ts`, `rmsprop.ts`, `adam.ts`.
 *
 * Departures from PyTorch, whose rules and defaults they have: a value whose gradient is not finite is left as it is; the variable
 * may be kept within a range.
 */

import { type BufferSlice, bytesPerFloat, roundUp } from '../core/buffers.ts';
import { InputError, ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { defineKernel, type KernelDefinition, type ScalarType } from '../core/kernel.ts';
import { checkNumber } from '../core/numbers.ts';
import { buildInScope, type Dispatch, type Program, type ProgramScope, parameterPageBytes } from '../core/program.ts';
import { boundRanges } from '../core/ranges.ts';
import { elementwiseGrid } from '../kernels/elementwise.ts';
import {
  type DeviceObjective,
  type Evaluator,
  type Optimizer,
  type OptimizerState,
  type StateVector,
  type StepValues,
  type StopReason,
  vectorsProblem,
} from './optimizer.ts';

/** A parameter at step `step`, counted from 1; a truth value becomes a u32 of 0 or 1. */
type StepParameter = (values: StepValues, step: number) => number | boolean;

/** What an update rule is told to be. */
interface UpdateRuleTable {
  /** Of the rule and of its shader. */
  readonly name: string;
  /** Vectors it keeps, zero before the first step. */
  readonly state: readonly { readonly name: string; readonly isNonNegative: boolean }[];
  readonly defaults: StepValues;
  /** Members of `struct Params` after those that every shader of this kind has, in order. */
  readonly params: Readonly<Record<string, StepParameter>>;
}

/** How one step moves the variable. */
export interface UpdateRule extends UpdateRuleTable {
  readonly kernel: KernelDefinition;
}

/** Describes the rule's kernel, which binds `gradient`, the vectors of the state and `variable`. */
export function defineUpdateRule(rule: UpdateRuleTable): UpdateRule {
  const typeOf = (parameter: StepParameter): ScalarType =>
    typeof parameter(rule.defaults, 1) === 'boolean' ? 'u32' : 'f32';
  const kernel = defineKernel({
    shader: `${rule.name}.wgsl`,
    bindings: {
      gradient: 'read',
      ...Object.fromEntries(rule.state.map(({ name }) => [name, 'readWrite'] as const)),
      variable: 'readWrite',
    },
    params: {
      size: 'u32',
      isClamped: 'u32',
      low: 'f32',
      high: 'f32',
      ...Object.fromEntries(Object.entries(rule.params).map(([name, parameter]) => [name, typeOf(parameter)])),
    },
  });
  return { ...rule, kernel };
}

export interface FirstOrderOptions extends Partial<StepValues> {
  /** Range [low, high] that the variable is kept within; absent, it is free. */
  readonly clamp?: readonly [low: number, high: number];
  /** What to go on with, of the same rule and size; absent, the beginning. */
  readonly state?: OptimizerState;
}

/** Device bytes that {@link FirstOrderOptimizer.create} takes for `size` values: the rule's state and a page of parameters. */
export function firstOrderBytes(rule: UpdateRule, size: number): number {
  return rule.state.length * roundUp(size * bytesPerFloat, 4) + parameterPageBytes;
}

export class FirstOrderOptimizer implements Optimizer {
  readonly isResizable = true;
  readonly #gpu: Gpu;
  readonly #rule: UpdateRule;
  readonly #size: number;
  readonly #clamp: readonly [number, number] | undefined;
  readonly #scope: ProgramScope;
  readonly #state: readonly BufferSlice[];
  readonly #program: Program;
  /** One, or several over ranges of vectors that are larger than a binding may be. */
  readonly #dispatches: readonly { readonly dispatch: Dispatch; readonly size: number }[];
  #values: StepValues;
  #steps: number;

  private constructor(scope: ProgramScope, objective: DeviceObjective, rule: UpdateRule, options: FirstOrderOptions) {
    const { clamp, state, ...values } = options;
    this.#gpu = scope.gpu;
    this.#rule = rule;
    this.#clamp = clamp;
    this.#values = { ...rule.defaults, ...values };
    this.#steps = state?.steps ?? 0;
    this.#size = objective.size;
    this.#scope = scope;
    this.#program = scope.program(rule.name);
    this.#state = rule.state.map(({ name }, index) => {
      const known = state?.vectors[index]?.values;
      const label = `${rule.name} ${name}`;
      return known === undefined
        ? scope.allocate(label, this.#size * bytesPerFloat)
        : scope.upload(label, Float32Array.from(known));
    });
    this.#dispatches = this.#record(objective);
  }

  /**
   * Takes the state's memory and records the step. The caller owns the result.
   *
   * @throws InputError for options that make no sense. ShapeError for a state of another rule or size. DeviceError where the
   *   device refuses the memory.
   */
  static async create(
    gpu: Gpu,
    objective: DeviceObjective,
    rule: UpdateRule,
    options: FirstOrderOptions = {},
  ): Promise<FirstOrderOptimizer> {
    checkValues(rule.name, options);
    const { clamp, state } = options;
    if (clamp !== undefined && !(clamp[0] < clamp[1])) {
      throw new InputError(`${rule.name}: clamp is [${clamp[0]}, ${clamp[1]}]; expected [low, high] with low < high`);
    }
    const problem = state && firstOrderStateProblem(rule, state, objective.size);
    if (problem !== undefined) throw new ShapeError(problem);
    return await buildInScope(gpu, rule.name, (scope) => new FirstOrderOptimizer(scope, objective, rule, options));
  }

  set(values: Partial<StepValues>): void {
    checkValues(this.#rule.name, values);
    this.#values = { ...this.#values, ...values };
  }

  async step(evaluator: Evaluator): Promise<StopReason | undefined> {
    this.#steps += 1;
    for (const { dispatch, size } of this.#dispatches) {
      this.#program.update(dispatch, this.#params(this.#steps, size));
    }
    await evaluator.submit([this.#program]);
    return undefined;
  }

  async readState(): Promise<OptimizerState> {
    const vectors: StateVector[] = [];
    // One after the other: each takes device memory on its way.
    for (const [index, { name, isNonNegative }] of this.#rule.state.entries()) {
      vectors.push({ name, isNonNegative, values: await this.#gpu.read(this.#vector(index)) });
    }
    return { optimizer: this.#rule.name, steps: this.#steps, vectors };
  }

  forget(): void {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder();
    for (const { buffer, offsetBytes, sizeBytes } of this.#state) encoder.clearBuffer(buffer, offsetBytes, sizeBytes);
    device.queue.submit([encoder.finish()]);
    this.#steps = 0;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }

  #record({ gradient, variable }: DeviceObjective) {
    const { kernel, state } = this.#rule;
    const ranges = (vector: BufferSlice) => boundRanges(vector, this.#gpu.limits.maxStorageBufferBindingSize);
    const vectors = state.map(({ name }, index) => [name, ranges(this.#vector(index))] as const);
    const gradients = ranges(gradient);
    return ranges(variable).map((range, index) => {
      const size = range.sizeBytes / bytesPerFloat;
      const at = (all: readonly BufferSlice[]): BufferSlice => all[index] ?? range;
      const own = Object.fromEntries(vectors.map(([name, all]) => [name, at(all)]));
      const dispatch = this.#program.dispatch(kernel, {
        bindings: { gradient: at(gradients), ...own, variable: range },
        params: this.#params(1, size),
        grid: elementwiseGrid(size),
      });
      return { dispatch, size };
    });
  }

  #vector(index: number): BufferSlice {
    const vector = this.#state[index];
    if (vector === undefined) throw new ShapeError(`${this.#rule.name} keeps no vector ${index}`);
    return vector;
  }

  #params(step: number, size: number): Readonly<Record<string, number>> {
    const [low, high] = this.#clamp ?? [0, 0];
    const isClamped = this.#clamp === undefined ? 0 : 1;
    const own = Object.entries(this.#rule.params).map(([name, parameter]) => [
      name,
      Number(parameter(this.#values, step)),
    ]);
    return { size, isClamped, low, high, ...Object.fromEntries(own) };
  }
}

const ranges = {
  learningRate: { from: 0 },
  weightDecay: { from: 0 },
  momentum: { from: 0, below: 1 },
  beta2: { from: 0, below: 1 },
} as const;

function checkValues(name: string, values: Partial<StepValues>): void {
  for (const field of ['learningRate', 'weightDecay', 'momentum', 'beta2'] as const) {
    if (values[field] !== undefined) checkNumber(`${name}: ${field}`, values[field], ranges[field]);
  }
}

/** What keeps a rule from going on with a state at so many values; undefined where nothing does. */
export function firstOrderStateProblem(rule: UpdateRule, state: OptimizerState, size: number): string | undefined {
  if (state.optimizer !== rule.name) return `${rule.name} cannot go on with the state of ${state.optimizer}`;
  if (!(Number.isSafeInteger(state.steps) && state.steps >= 0))
    return `${rule.name}: the state is of step ${state.steps}`;
  return vectorsProblem(state, Object.fromEntries(rule.state.map(({ name }) => [name, size])));
}
