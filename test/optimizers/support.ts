/** A device that also knows this folder's shaders, a test objective on it, and an evaluator that counts and traces. */

import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, type MockInstance } from 'vitest';
import { type BufferPool, BufferScope, type BufferSlice } from '../../src/core/buffers.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { defineKernel } from '../../src/core/kernel.ts';
import { Program } from '../../src/core/program.ts';
import type { DeviceObjective, Evaluator, Optimizer, StopReason } from '../../src/optimizers/optimizer.ts';
import { openGpu, readShader } from '../../src/platform/node/gpu.ts';
import { DeviceEvaluator, type EvaluatedObjective, type EvaluationReport } from '../../src/transfer/evaluator.ts';
import type { Vector } from '../reference/lbfgs.ts';
import { type FunctionName, functionKinds } from './functions.ts';

const objectiveKernel = defineKernel({
  shader: 'objective.wgsl',
  bindings: { x: 'read', centre: 'read', gradient: 'readWrite', loss: 'readWrite' },
  params: { size: 'u32', kind: 'u32', condition: 'f32', breakAbove: 'f32' },
});

/** Like `useGpu`, with this folder's objective among the shaders. */
export function useOptimizerGpu(): () => Gpu {
  let gpu: Gpu | undefined;
  beforeAll(async () => {
    const opened = await openGpu();
    const testShader = readFileSync(new URL('objective.wgsl', import.meta.url), 'utf8');
    const shaders = (name: string): string => (name === objectiveKernel.shader ? testShader : readShader(name));
    gpu = new Gpu({ device: opened.device, profile: opened.profile, shaders, instance: opened });
  });
  afterEach(() => {
    expect(gpu?.buffers.count, 'buffers still allocated after the test').toBe(0);
    gpu?.assertHealthy();
  });
  afterAll(() => {
    gpu?.[Symbol.dispose]();
  });
  return () => {
    if (gpu === undefined) throw new Error('the test GPU is opened in beforeAll');
    return gpu;
  };
}

export interface TestObjectiveOptions {
  readonly start: Vector;
  readonly condition?: number;
  readonly breakAbove?: number;
}

export class TestObjective implements DeviceObjective, Evaluator, Disposable {
  readonly size: number;
  readonly variable: BufferSlice;
  readonly gradient: BufferSlice;
  /** Values seen by `evaluate`, in order. */
  readonly losses: number[] = [];
  remaining = Number.POSITIVE_INFINITY;
  evaluations = 0;
  readonly #gpu: Gpu;
  readonly #scope: BufferScope;
  readonly #loss: BufferSlice;
  readonly #program: Program;

  constructor(gpu: Gpu, name: FunctionName, { start, condition = 1, breakAbove = 0 }: TestObjectiveOptions) {
    this.#gpu = gpu;
    this.size = start.length;
    this.#scope = new BufferScope(gpu.buffers);
    this.variable = this.#scope.upload('x', new Float32Array(start));
    this.gradient = this.#scope.allocate('gradient', this.size * 4);
    this.#loss = this.#scope.allocate('loss', 4);
    const centre = this.#scope.upload(
      'centre',
      Float32Array.from(start, (_value, i) => Math.sin(i + 1)),
    );
    this.#program = new Program(gpu, 'objective');
    this.#program.dispatch(objectiveKernel, {
      bindings: { x: this.variable, centre, gradient: this.gradient, loss: this.#loss },
      params: { size: this.size, kind: functionKinds[name], condition, breakAbove },
      grid: [1],
    });
  }

  /** As an evaluator of runs sees it: one loss without terms. */
  get evaluated(): EvaluatedObjective {
    return { programs: [this.#program], terms: [], losses: { names: [], values: this.#loss } };
  }

  async submit(after: readonly Program[]): Promise<void> {
    this.#spend();
    this.#gpu.submit([this.#program, ...after]);
  }

  async evaluate(after: readonly Program[]): Promise<number> {
    await this.submit(after);
    const loss = (await this.#gpu.read(this.#loss))[0] ?? Number.NaN;
    this.losses.push(loss);
    return loss;
  }

  evaluateTrial(after: readonly Program[]): Promise<number> {
    return this.evaluate(after);
  }

  /** Steps until `evaluations` are spent or the optimiser wants to end. */
  async run(optimizer: Optimizer, evaluations: number): Promise<StopReason | undefined> {
    this.remaining = evaluations;
    while (this.remaining > 0) {
      const reason = await optimizer.step(this);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** The value that the last evaluation gave. */
  async readLoss(): Promise<number> {
    return (await this.#gpu.read(this.#loss))[0] ?? Number.NaN;
  }

  async readVariable(): Promise<number[]> {
    return [...(await this.#gpu.read(this.variable))];
  }

  async readGradient(): Promise<number[]> {
    return [...(await this.#gpu.read(this.gradient))];
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
  }

  #spend(): void {
    if (this.remaining < 1) throw new Error('an evaluation was asked for, but none remains');
    this.remaining -= 1;
    this.evaluations += 1;
  }
}

/** ‖a - b‖ / ‖b‖ */
export function relativeDistance(a: Vector, b: Vector): number {
  const difference = Math.hypot(...a.map((value, i) => value - (b[i] ?? Number.NaN)));
  return difference / Math.max(Math.hypot(...b), 1e-30);
}

/** Steps as a run does, through its evaluator, until `evaluations` are spent or the optimiser wants to end. */
export async function runThroughEvaluator(
  gpu: Gpu,
  objective: TestObjective,
  optimizer: Optimizer,
  evaluations: number,
): Promise<{ readonly reports: readonly EvaluationReport[]; readonly reason: StopReason | undefined }> {
  const reports: EvaluationReport[] = [];
  using evaluator = new DeviceEvaluator({
    gpu,
    objective: objective.evaluated,
    budget: evaluations,
    place: { phase: 1, scale: objective.size, before: 0, stepsBefore: 0 },
    report: (report) => reports.push(report),
  });
  let reason: StopReason | undefined;
  while (reason === undefined && evaluator.remaining > 0) reason = await optimizer.step(evaluator);
  await evaluator.drain();
  return { reports, reason };
}

/** The slice that a spied pool gave out under a label: the step itself, which x hides under its own rounding. */
export function allocatedAs(allocate: MockInstance<BufferPool['allocate']>, label: string): BufferSlice {
  const index = allocate.mock.calls.findIndex(([name]) => name === label);
  const slice: unknown = allocate.mock.results[index]?.value;
  allocate.mockRestore();
  if (!isSlice(slice)) throw new Error(`nothing was allocated as '${label}'`);
  return slice;
}

const isSlice = (value: unknown): value is BufferSlice =>
  typeof value === 'object' && value !== null && 'buffer' in value && 'sizeBytes' in value;
