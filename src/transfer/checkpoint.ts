/** Where a run can be taken up again, copied to the host between two steps: all that the steps to come depend on. */

import type { ObjectiveState, TransferObjective } from '../objective/objective.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import type { EvaluationReport } from './evaluator.ts';

/** A place in a run. */
export type RunPlace = Pick<EvaluationReport, 'evaluation' | 'phase' | 'step'>;

/** A run that goes on from here, on the same adapter, has bit for bit the losses that it would have had. */
export interface Checkpoint extends ObjectiveState {
  /** The last evaluation that led to it; a step that spends several, as a line search does, is not cut. */
  readonly place: RunPlace;
  /** Of the phase at work. */
  readonly optimizer: OptimizerState;
  /** All of the run so far. */
  readonly evaluations: readonly EvaluationReport[];
}

/** How often checkpoints are wanted, and who gets them. Without either number, at the beginning and at the end alone. */
export interface CheckpointHooks {
  /** Most evaluations between two, but for a step's own. */
  readonly every?: number | undefined;
  /** Time between two; more where they take long. */
  readonly everyMs?: number | undefined;
  /** Whether they stay in host memory, against a lost device: then only what is between beginning and end is worth one. */
  readonly isOfHost?: true;
  /** The run waits for it. */
  readonly keep: (checkpoint: Checkpoint) => void | Promise<void>;
}

/** By time alone, a checkpoint is made once it takes no more than this share of the time since the last one. */
const mostOfTime = 1 / 20;

/** What is copied. */
interface Parts {
  readonly objective: TransferObjective;
  readonly optimizer: Optimizer;
  readonly place: RunPlace;
  readonly evaluations: readonly EvaluationReport[];
}

/** Makes the checkpoints of a run: one before its first step, unless it was itself taken up from one, then as often as is wanted. */
export class CheckpointKeeper {
  readonly #hooks: CheckpointHooks;
  #evaluation: number;
  #dueAtMs: number;

  constructor(hooks: CheckpointHooks, resumed: RunPlace | undefined) {
    this.#hooks = hooks;
    const isBegun = resumed !== undefined || hooks.isOfHost === true;
    this.#evaluation = resumed?.evaluation ?? (isBegun ? 0 : Number.NEGATIVE_INFINITY);
    this.#dueAtMs = !isBegun ? Number.NEGATIVE_INFINITY : performance.now() + (hooks.everyMs ?? 0);
  }

  isDue(evaluation: number): boolean {
    const { every, everyMs } = this.#hooks;
    if (this.#evaluation === Number.NEGATIVE_INFINITY) return true;
    const isTime = everyMs !== undefined && performance.now() >= this.#dueAtMs;
    return isTime || (every !== undefined && evaluation - this.#evaluation >= every);
  }

  /** To be called between two steps, when the losses up to there are reported. A variable that has lost its numbers is not kept. */
  async keep({ objective, optimizer, place, evaluations }: Parts): Promise<void> {
    if (place.evaluation === this.#evaluation) return;
    const startedAtMs = performance.now();
    const state = await objective.readState();
    if (state.variable.every(Number.isFinite)) {
      await this.#hooks.keep({
        ...state,
        place,
        optimizer: await optimizer.readState(),
        evaluations: [...evaluations],
      });
    }
    const nowMs = performance.now();
    this.#evaluation = place.evaluation;
    this.#dueAtMs = nowMs + Math.max(this.#hooks.everyMs ?? 0, (nowMs - startedAtMs) / mostOfTime);
  }
}
