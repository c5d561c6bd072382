/** The loop of a transfer: steps of an optimiser until the evaluations are spent, with progress, snapshots and an early end. */

import { NonFiniteLossError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import type { Optimizer, StopReason } from '../optimizers/optimizer.ts';
import { DeviceEvaluator, type EvaluationReport } from './evaluator.ts';
import type { TransferObjective } from './objective.ts';

/** What a caller may watch and steer. */
export interface RunHooks {
  /** After every evaluation, in order, a few steps late. */
  readonly onEvaluation?: (report: EvaluationReport) => void;
  /**
   * Asked before every step: a caller may hold the run there until its promise resolves, with all losses reported; undefined lets it
   * go on at once. An abort must let it go.
   */
  readonly gate?: () => Promise<void> | undefined;
  /** Least time between two readbacks of losses; 0, the default, reads each evaluation's by itself. */
  readonly lossesEveryMs?: number;
  /** With the objective that is about to be optimised, and with undefined before its device memory is freed. */
  readonly onObjective?: (objective: TransferObjective | undefined) => void;
  /** Ends the run after the evaluation at work, with the best picture so far. */
  readonly signal?: AbortSignal;
  readonly snapshots?: {
    /** Evaluations between snapshots. */
    readonly every: number;
    readonly save: (picture: RgbImage, evaluation: number) => Promise<void>;
  };
}

export type RunEnd = 'complete' | 'aborted' | 'non-finite' | StopReason;

export interface RunResult {
  readonly picture: RgbImage;
  readonly end: RunEnd;
  readonly evaluations: readonly EvaluationReport[];
  /** Why the run ended at a loss that is not finite; the picture is then the last good one. */
  readonly error: NonFiniteLossError | undefined;
  readonly elapsedMs: number;
}

/** A last loss this much above the lowest means that the run has left its best picture behind. */
const worseThanBest = 1.05;

/**
 * Runs an optimiser on an objective for `budget` evaluations.
 *
 * The result is the variable after the last update, or the evaluated picture with the lowest loss where the run ended early, lost
 * its numbers, or ended well above its best (L-BFGS with a fixed step can leap).
 */
export async function runTransfer(
  options: {
    readonly gpu: Gpu;
    readonly objective: TransferObjective;
    readonly optimizer: Optimizer;
    readonly budget: number;
  } & RunHooks,
): Promise<RunResult> {
  const startedAtMs = performance.now();
  const evaluations: EvaluationReport[] = [];
  using evaluator = new DeviceEvaluator({
    ...options,
    report: (report) => {
      evaluations.push(report);
      options.onEvaluation?.(report);
    },
  });
  let end: RunEnd = 'complete';
  let error: NonFiniteLossError | undefined;
  options.onObjective?.(options.objective);
  using _ = { [Symbol.dispose]: () => options.onObjective?.(undefined) };
  try {
    end = await loop(options, evaluator);
    await evaluator.drain();
  } catch (thrown) {
    if (!(thrown instanceof NonFiniteLossError)) throw thrown;
    [end, error] = ['non-finite', thrown];
    await options.gpu.idle();
  }
  const which = end === 'complete' && !hasLeft(evaluations) ? 'current' : 'best';
  const picture = await options.objective.readPicture(which);
  return { picture, end, evaluations, error, elapsedMs: performance.now() - startedAtMs };
}

async function loop(
  options: { readonly objective: TransferObjective; readonly optimizer: Optimizer; readonly budget: number } & RunHooks,
  evaluator: DeviceEvaluator,
): Promise<RunEnd> {
  const { objective, optimizer, snapshots, signal } = options;
  let nextSnapshot = snapshots?.every ?? Number.POSITIVE_INFINITY;
  while (evaluator.remaining > 0) {
    const held = options.gate?.();
    if (held !== undefined) {
      await evaluator.drain();
      await held;
      if (evaluator.remaining === 0) break;
    }
    const reason = await optimizer.step(evaluator);
    if (reason !== undefined && signal?.aborted !== true) return reason;
    const spent = options.budget - evaluator.remaining;
    if (snapshots !== undefined && spent >= nextSnapshot && evaluator.remaining > 0) {
      await evaluator.drain();
      await snapshots.save(await objective.readPicture(), spent);
      nextSnapshot = (Math.floor(spent / snapshots.every) + 1) * snapshots.every;
    }
  }
  return signal?.aborted === true ? 'aborted' : 'complete';
}

function hasLeft(evaluations: readonly EvaluationReport[]): boolean {
  const lowest = evaluations.reduce((low, { total }) => Math.min(low, total), Number.POSITIVE_INFINITY);
  return (evaluations.at(-1)?.total ?? 0) > worseThanBest * lowest;
}
