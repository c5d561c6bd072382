/**
 * L-BFGS whose vectors never leave the device.
 *
 * Each step moves x by t d, where d = -H g and H is the inverse Hessian that the last `history` curvature pairs
 * (s = change of x, y = change of g) make of H₀ = (s·y / y·y) I. The recursion runs on inner products (the vector-free
 * form), so a step is one reduction over the history, one small kernel and one pass that forms d and updates x. With a
 * fixed step length nothing is read back.
 *
 * Source: Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4 and equation 7.20; Chen, Wang and Zhou,
 * Large-scale L-BFGS using MapReduce (2014), for the form; torch/optim/lbfgs.py for the conventions: the first direction is -g with
 * t = min(1, 1 / ‖g‖₁) · learningRate, then t = learningRate; a pair is kept where s·y > 1e-10.
 *
 * Departures: its stopping tests are off unless asked for (they cost a readback a step); a gradient that is not finite
 * leaves x and the state as they are; a direction that does not descend in f32 empties the history. No point is evaluated
 * twice: in PyTorch each call of step() with a line search begins with the evaluation that the call before ended on, so
 * its trace equals this one within a call.
 */

import type { BufferSlice } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { checkNumber } from '../core/numbers.ts';
import { buildInScope, type Dispatch, type Program, type ProgramScope } from '../core/program.ts';
import { allocateLbfgs, type LbfgsBuffers, recordMove, recordRecursion } from './lbfgs-kernels.ts';
import { type LbfgsLayout, lbfgsLayout } from './lbfgs-layout.ts';
import { DirectionProbe } from './lbfgs-search.ts';
import { inRingOf, type LbfgsPlaces, lbfgsStateProblem, readLbfgsState, writeLbfgsState } from './lbfgs-state.ts';
import { membersOf, readStruct } from './lbfgs-structs.ts';
import type { DeviceObjective, Evaluator, Optimizer, OptimizerState, StepValues, StopReason } from './optimizer.ts';
import { strongWolfe, strongWolfeDefaults } from './strong-wolfe.ts';

export { lbfgsBytes } from './lbfgs-layout.ts';

export interface LbfgsTolerances {
  /** Stop where max|g| is not above it; default 1e-7. */
  readonly gradient?: number;
  /** Stop where max|t d| or the change of the loss is not above it, or g·d is above its negative; default 1e-9. */
  readonly change?: number;
}

export interface LbfgsOptions {
  /** Curvature pairs kept; default 10. */
  readonly history?: number;
  /** Factor of the first step length and the step length after it, as in PyTorch; default 1. */
  readonly learningRate?: number;
  /** `none` (default): the fixed step length. `strong-wolfe`: a search along d, with readbacks. */
  readonly lineSearch?: 'none' | 'strong-wolfe';
  /** PyTorch's stopping tests; absent, they are off. With a fixed step they cost a readback each step. */
  readonly tolerances?: LbfgsTolerances;
  /** Most bytes of one buffer of the history; default the adapter's limit. */
  readonly maxBufferBytes?: number;
  /** What to go on with, of the same size; absent, the beginning. Of a longer ring the latest pairs are taken. */
  readonly state?: OptimizerState;
}

export class Lbfgs implements Optimizer {
  /** Curvature pairs measured on one picture say nothing of another, nor of another size. */
  readonly isResizable = false;
  readonly #gpu: Gpu;
  readonly #layout: LbfgsLayout;
  readonly #buffers: LbfgsBuffers;
  readonly #gradient: BufferSlice;
  readonly #scope: ProgramScope;
  readonly #recursion: Program;
  readonly #move: Program;
  readonly #decision: Dispatch;
  readonly #probe: DirectionProbe | undefined;
  readonly #tolerances: Required<LbfgsTolerances> | undefined;
  #learningRate: number;
  /** The value at x: known after a line search, whose accepted gradient then is the objective's present one. */
  #loss: number | undefined;
  #previousLoss: number | undefined;

  private constructor(scope: ProgramScope, objective: DeviceObjective, layout: LbfgsLayout, options: LbfgsOptions) {
    this.#gpu = scope.gpu;
    this.#layout = layout;
    this.#learningRate = options.learningRate ?? 1;
    this.#tolerances = options.tolerances && { gradient: 1e-7, change: 1e-9, ...options.tolerances };
    this.#scope = scope;
    this.#recursion = scope.program('lbfgs recursion');
    this.#move = scope.program('lbfgs move');
    this.#buffers = allocateLbfgs(scope, layout);
    this.#decision = recordRecursion(this.#recursion, objective, layout, this.#buffers, this.#learningRate);
    recordMove(this.#move, objective, layout, this.#buffers);
    this.#gradient = objective.gradient;
    if (options.state !== undefined) this.#goOn(options.state);
    if (layout.lineSearch) {
      this.#probe = new DirectionProbe(scope, this.#move, objective, layout, this.#buffers);
    }
  }

  /**
   * Takes the state's memory (`lbfgsBytes` of it) and records the programs. The caller owns the result.
   *
   * @throws InputError for options that make no sense. ShapeError for a state of another optimiser or size. LimitError where a
   *   pair does not fit a buffer. DeviceError where the device refuses the memory.
   */
  static async create(gpu: Gpu, objective: DeviceObjective, options: LbfgsOptions = {}): Promise<Lbfgs> {
    checkRate(options.learningRate ?? 1);
    const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
    const layout = lbfgsLayout(objective.size, options.history ?? 10, {
      lineSearch: options.lineSearch === 'strong-wolfe',
      maxBufferBytes: Math.min(options.maxBufferBytes ?? maxBufferSize, maxStorageBufferBindingSize, maxBufferSize),
    });
    const problem = options.state && lbfgsStateProblem(options.state, layout.size);
    if (problem !== undefined) throw new ShapeError(problem);
    return await buildInScope(gpu, 'L-BFGS', (scope) => new Lbfgs(scope, objective, layout, options));
  }

  /** The rate alone: L-BFGS has nothing else to set. @throws InputError where it is not above 0. */
  set({ learningRate }: Partial<StepValues>): void {
    if (learningRate === undefined || learningRate === this.#learningRate) return;
    checkRate(learningRate);
    this.#learningRate = learningRate;
    this.#recursion.update(this.#decision, { history: this.#layout.history, learningRate });
  }

  async readState(): Promise<OptimizerState> {
    return await readLbfgsState(this.#gpu, this.#places, { loss: this.#loss, previousLoss: this.#previousLoss });
  }

  /** Drops all curvature pairs. */
  forget(): void {
    const { state } = this.#buffers;
    this.#gpu.device.queue.writeBuffer(state.buffer, state.offsetBytes, new Uint32Array(membersOf('Ring')));
    this.#loss = undefined;
    this.#previousLoss = undefined;
  }

  async step(evaluator: Evaluator): Promise<StopReason | undefined> {
    if (this.#probe !== undefined) return this.#searchStep(evaluator, this.#probe);
    if (this.#tolerances !== undefined) return this.#testedStep(evaluator, this.#tolerances);
    await evaluator.submit([this.#recursion, this.#move]);
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }

  get #places(): LbfgsPlaces {
    return { layout: this.#layout, buffers: this.#buffers, gradient: this.#gradient };
  }

  #goOn(state: OptimizerState): void {
    writeLbfgsState(this.#gpu, this.#places, inRingOf(this.#layout.history, state));
    this.#loss = state.numbers?.['loss'];
    this.#previousLoss = state.numbers?.['previousLoss'];
  }

  /** The fixed step with PyTorch's tests between evaluation and update. */
  async #testedStep(evaluator: Evaluator, { gradient, change }: Required<LbfgsTolerances>) {
    const loss = await evaluator.evaluate([this.#recursion]);
    const scalar = await readStruct(this.#gpu, this.#buffers.scalar, 'Scalars');
    const previous = this.#previousLoss;
    this.#previousLoss = loss;
    if (scalar('usable') === 0) return undefined;
    if (scalar('gradientMax') <= gradient) return 'gradient-tolerance';
    const isStill = scalar('stepMax') <= change || Math.abs(loss - (previous ?? Number.NaN)) < change;
    if (previous !== undefined && isStill) return 'change-tolerance';
    if (scalar('slope') > -change) return 'change-tolerance';
    this.#gpu.submit([this.#move]);
    return undefined;
  }

  /** A direction and a search along it. The first evaluation is spent only where the gradient at x is not known. */
  async #searchStep(evaluator: Evaluator, probe: DirectionProbe): Promise<StopReason | undefined> {
    const loss = this.#loss ?? (await evaluator.evaluate([]));
    this.#loss = loss;
    if (evaluator.remaining < 1) return undefined;
    this.#gpu.submit([this.#recursion, this.#move]);
    const { slope, gradientSquare, gradientMax, directionMax } = await probe.read();
    if (!Number.isFinite(loss) || !Number.isFinite(gradientSquare)) {
      // Each step then spends an evaluation, as one without a search does.
      this.#loss = undefined;
      return undefined;
    }
    const tolerances = this.#tolerances;
    if (gradientMax <= (tolerances?.gradient ?? 0)) return 'gradient-tolerance';
    if (!(slope < 0) || slope > -(tolerances?.change ?? 0)) return 'change-tolerance';
    const scalar = await readStruct(this.#gpu, this.#buffers.scalar, 'Scalars');
    probe.begin();
    const found = await strongWolfe({
      start: { loss, slope },
      firstStep: scalar('stepLength'),
      directionMax,
      maxEvaluations: Math.min(strongWolfeDefaults.maxEvaluations, evaluator.remaining),
      evaluate: (t, kept) => probe.evaluate(evaluator, t, kept),
    });
    probe.accept(found.t);
    this.#loss = found.loss;
    if (found.t === 0) return evaluator.remaining < 1 ? undefined : 'change-tolerance';
    if (tolerances === undefined) return undefined;
    if (probe.gradientMax(found.t) <= tolerances.gradient) return 'gradient-tolerance';
    const isStill = found.t * directionMax <= tolerances.change || Math.abs(found.loss - loss) < tolerances.change;
    return isStill ? 'change-tolerance' : undefined;
  }
}

function checkRate(learningRate: number): void {
  checkNumber('L-BFGS: learningRate', learningRate, { above: 0 });
}
