/** The device side of a line search: points x₀ + t d, their slopes, and copies of the gradients that may be returned. */

import { bytesPerFloat } from '../core/buffers.ts';
import type { Dispatch, Program, ProgramScope } from '../core/program.ts';
import { recordVectorCopy } from '../kernels/vector-copy.ts';
import {
  type LbfgsBuffers,
  lbfgsAcceptKernel,
  lbfgsTrialKernel,
  recordSlope,
  updateWidth,
  vectorGrid,
} from './lbfgs-kernels.ts';
import type { LbfgsLayout } from './lbfgs-layout.ts';
import { readStruct } from './lbfgs-structs.ts';
import type { DeviceObjective, Evaluator } from './optimizer.ts';
import type { LinePoint } from './strong-wolfe.ts';

/** Reductions over gradient and direction, read back. */
export interface DirectionScalars {
  /** g·d */
  readonly slope: number;
  /** g·g */
  readonly gradientSquare: number;
  /** max|g| */
  readonly gradientMax: number;
  /** max|d| */
  readonly directionMax: number;
}

interface GradientCopy {
  /** Step length whose gradient it holds. */
  t: number | undefined;
  readonly save: Program;
  readonly restore: Program;
}

export class DirectionProbe {
  readonly #layout: LbfgsLayout;
  readonly #buffers: LbfgsBuffers;
  readonly #slope: Program;
  readonly #trial: Program;
  readonly #accept: Program;
  readonly #restoreStart: Program;
  readonly #trialStep: Dispatch;
  readonly #acceptStep: Dispatch;
  readonly #copies: readonly GradientCopy[];
  readonly #gradientMax = new Map<number, number>();
  /** Step length whose gradient the objective's own buffer holds. */
  #present = 0;

  /** Records its programs; call within error scopes. The scope owns them and the vectors. */
  constructor(
    scope: ProgramScope,
    move: Program,
    objective: DeviceObjective,
    layout: LbfgsLayout,
    buffers: LbfgsBuffers,
  ) {
    const { size } = layout;
    const { variable, gradient } = objective;
    const { candidate, gradientPrevious } = buffers;
    const bytes = size * bytesPerFloat;
    this.#layout = layout;
    this.#buffers = buffers;
    const origin = scope.allocate('lbfgs origin', bytes);
    const program = (name: string): Program => scope.program(`lbfgs ${name}`);

    recordVectorCopy(move, { input: variable, output: origin, words: size });
    recordSlope(move, objective, layout, buffers);
    this.#slope = program('slope');
    recordSlope(this.#slope, objective, layout, buffers);
    const params = { size, stepLength: 0 };
    const grid = vectorGrid(size, updateWidth);
    this.#trial = program('trial');
    this.#trialStep = this.#trial.dispatch(lbfgsTrialKernel, {
      bindings: { origin, candidate, variable },
      params,
      grid,
    });
    this.#accept = program('accept');
    this.#acceptStep = this.#accept.dispatch(lbfgsAcceptKernel, {
      bindings: { origin, candidate, variable },
      params,
      grid,
    });
    this.#restoreStart = program('restore start');
    recordVectorCopy(this.#restoreStart, { input: gradientPrevious, output: gradient, words: size });
    this.#copies = [0, 1].map((index) => {
      const copy = scope.allocate(`lbfgs gradient ${index}`, bytes);
      const save = program(`save ${index}`);
      const restore = program(`restore ${index}`);
      recordVectorCopy(save, { input: gradient, output: copy, words: size });
      recordVectorCopy(restore, { input: copy, output: gradient, words: size });
      return { t: undefined, save, restore };
    });
  }

  /** Begins a search from the present variable, whose gradient is the present one. */
  begin(): void {
    this.#present = 0;
    this.#gradientMax.clear();
    for (const copy of this.#copies) copy.t = undefined;
  }

  /** Value and slope at x₀ + t d; the gradients at the step lengths in `kept` survive. */
  async evaluate(evaluator: Evaluator, t: number, kept: readonly number[]): Promise<LinePoint> {
    const { gpu } = this.#trial;
    this.#trial.update(this.#trialStep, { size: this.#layout.size, stepLength: t });
    gpu.submit([...this.#saving(kept), this.#trial]);
    const loss = await evaluator.evaluateTrial([this.#slope]);
    this.#present = t;
    const { slope, gradientMax } = await this.read();
    this.#gradientMax.set(t, gradientMax);
    return { loss, slope };
  }

  /** Moves to x₀ + t d and makes the gradient there the present one. `t` is 0, the last evaluated, or one kept. */
  accept(t: number): void {
    const { gpu } = this.#accept;
    this.#accept.update(this.#acceptStep, { size: this.#layout.size, stepLength: t });
    const copy = this.#copies.find((candidate) => candidate.t === t);
    const programs = [this.#accept];
    if (t !== this.#present) {
      programs.unshift(t === 0 || copy === undefined ? this.#restoreStart : copy.restore);
    }
    gpu.submit(programs);
  }

  /** max|g| at an evaluated point. */
  gradientMax(t: number): number {
    return this.#gradientMax.get(t) ?? Number.POSITIVE_INFINITY;
  }

  /** Reads the reductions back; waits for the queue. */
  async read(): Promise<DirectionScalars> {
    // The direction stands where a step will.
    const product = await readStruct(this.#trial.gpu, this.#buffers.total, 'CandidateProducts');
    return {
      slope: product('stepGradient'),
      gradientSquare: product('gradientGradient'),
      gradientMax: product('gradientMax'),
      directionMax: product('stepMax'),
    };
  }

  /** Copies the present gradient away if it must survive and is nowhere else. */
  #saving(kept: readonly number[]): readonly Program[] {
    const present = this.#present;
    const isSafe = present === 0 || this.#copies.some(({ t }) => t === present);
    if (isSafe || !kept.includes(present)) return [];
    // Of two step lengths kept one is the present, so at most one copy is taken.
    const free = this.#copies.find(({ t }) => t === undefined || !kept.includes(t));
    if (free === undefined) return [];
    free.t = present;
    return [free.save];
  }
}
