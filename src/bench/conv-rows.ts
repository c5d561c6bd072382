/**
 * Convolutions one by one: every variant that the adapter runs, on VGG16's shapes. A variant is held against `direct` on the same
 * data before its time counts; `direct` itself is held against f64 on small shapes by `checks.ts`.
 */

import { BufferScope } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { Program } from '../core/program.ts';
import { timeDispatches } from '../core/timing.ts';
import type { Conv2dVariant } from '../kernels/conv2d.ts';
import type { AdapterPeak } from './adapter-peak.ts';
import type { ConvProblem } from './conv-problems.ts';
import { ConvTrial, type ConvTrialValues, convTrialValues, trialVariants } from './conv-trial.ts';
import { type KernelRow, type PartRow, type RowFilter, ratesOf } from './report.ts';
import { repetitionsFor, summarise } from './statistics.ts';
import { canTimeDispatches, type Effort, repeatsFor, timeProgram } from './timing.ts';

export interface ConvRowOptions {
  readonly peak: AdapterPeak;
  readonly effort: Effort;
  readonly isWanted: RowFilter;
  /** Every variant that the adapter can run, not only `direct` and the one in use. */
  readonly allVariants: boolean;
  /** Told what is timed next. */
  readonly progress: (row: string) => void;
}

/** The name a filter sees. */
export function rowName(problem: ConvProblem, variant: Conv2dVariant): string {
  return `${problem.name} ${variant.name}`;
}

/** `direct` first, which the others are held against; then the one in use, or all. */
function timedVariants(gpu: Gpu, problem: ConvProblem, all: boolean): readonly Conv2dVariant[] {
  const used = problem.usedVariant(gpu);
  return trialVariants(gpu, problem).filter(({ name }) => all || name === 'direct' || name === used);
}

/** Rows of one problem, one a variant. */
export async function convRows(gpu: Gpu, problem: ConvProblem, options: ConvRowOptions): Promise<readonly KernelRow[]> {
  const variants = timedVariants(gpu, problem, options.allVariants);
  const wanted = variants.filter((variant) => options.isWanted(rowName(problem, variant)));
  if (wanted.length === 0) return [];
  const values = convTrialValues(problem);
  const rows: KernelRow[] = [];
  let reference: Float32Array | undefined;
  for (const variant of variants) {
    const isReference = variant.name === 'direct';
    if (!isReference && !wanted.includes(variant)) continue;
    using run = new VariantRun(gpu, problem, values);
    await run.record(variant);
    const output = await run.output();
    if (isReference) reference = output;
    if (!wanted.includes(variant)) continue;
    options.progress(rowName(problem, variant));
    const check = isReference || reference === undefined ? 'ok' : difference(output, reference, limit);
    rows.push(await timeVariant(run, variant, check, options));
  }
  return rows;
}

async function timeVariant(
  run: VariantRun,
  variant: Conv2dVariant,
  check: string,
  { peak, effort }: ConvRowOptions,
): Promise<KernelRow> {
  const { gpu, program, problem } = run;
  const ms = summarise(await timeProgram(gpu, program, effort));
  const { flops, leastBytes } = problem;
  return {
    name: problem.name,
    variant: variant.name,
    isUsed: variant.name === problem.usedVariant(gpu),
    check,
    ms,
    flops,
    leastBytes,
    ...ratesOf({ flops, leastBytes }, ms.median, peak),
    bufferBytes: run.bufferBytes,
    firstUseMs: Math.max(run.firstMs - ms.median, 0),
    parts:
      program.dispatches.length > 1 && canTimeDispatches(gpu) ? await timeParts(gpu, program, ms.median, effort) : [],
  };
}

async function timeParts(gpu: Gpu, program: Program, onceMs: number, effort: Effort): Promise<readonly PartRow[]> {
  const runs = Math.min(repetitionsFor(onceMs, effort), 10);
  const repeats = repeatsFor(onceMs / program.dispatches.length, effort.clock);
  const byLabel = new Map<string, number[][]>();
  for (const { label, milliseconds } of await timeDispatches(gpu, program, runs, repeats)) {
    const part = label.replace(/^conv2d_(forward|backward) /, '');
    byLabel.set(part, [...(byLabel.get(part) ?? []), [...milliseconds]]);
  }
  return [...byLabel].map(([label, times]) => {
    const sums = times.reduce((sum, one) => sum.map((value, index) => value + (one[index] ?? 0)));
    return { label, ms: summarise(sums) };
  });
}

/** One variant with its buffers. */
class VariantRun implements Disposable {
  readonly gpu: Gpu;
  readonly problem: ConvProblem;
  readonly program: Program;
  /** Wall time of the first run, compiling included. */
  firstMs = 0;
  /** Of maps, weights and scratch. */
  bufferBytes = 0;
  readonly #scope: BufferScope;
  readonly #trial: ConvTrial;

  constructor(gpu: Gpu, problem: ConvProblem, values: ConvTrialValues) {
    this.gpu = gpu;
    this.problem = problem;
    this.program = new Program(gpu, problem.name);
    this.#scope = new BufferScope(gpu.buffers);
    this.#trial = new ConvTrial(this.#scope, { problem, values, mask: problem.mask });
  }

  /** Records and runs once. */
  async record(variant: Conv2dVariant): Promise<void> {
    await this.gpu.checked(rowName(this.problem, variant), async () => {
      this.#trial.record(this.program, this.#scope, variant);
      const own = [variant.weightBytes(this.problem), ...variant.scratchBytes(this.problem)];
      this.bufferBytes = own.reduce((sum, bytes) => sum + bytes, this.#trial.bufferBytes);
      await this.gpu.idle();
      const startedAtMs = performance.now();
      this.gpu.submit([this.program]);
      await this.gpu.idle();
      this.firstMs = performance.now() - startedAtMs;
    });
  }

  /** What the run left in the problem's output. */
  output(): Promise<Float32Array> {
    return this.gpu.read(this.#trial.output);
  }

  [Symbol.dispose](): void {
    this.program[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
  }
}

/**
 * How far a variant may be from `direct`, as rms error over rms: twice what Winograd F(4x4, 3x3), the least exact, errs by at most
 * (docs/decisions/0005-winograd-points.md), or that of two f32 sums.
 */
const limit = 1e-5;

/** `ok`, or how much two outputs differ. */
export function difference(actual: Float32Array, expected: Float32Array, limit: number): string {
  if (actual.length !== expected.length) return `${actual.length} values, expected ${expected.length}`;
  let errors = 0;
  let squares = 0;
  expected.forEach((value, index) => {
    squares += value ** 2;
    errors += ((actual[index] ?? Number.NaN) - value) ** 2;
  });
  const relative = Math.sqrt(errors / squares);
  return relative <= limit ? 'ok' : `rms error ${relative.toExponential(1)}`;
}
