/**
 * The learning-rate finder: a run whose rate grows exponentially, cut off once its loss is not finite or has burst. Source: Smith, Cyclical
 * Learning Rates for Training Neural Networks (2017), section 3.3, in the form of fast.ai's `lr_find`.
 */

import { rateFinderDefaults } from '../settings/recipes.ts';
import type { EvaluationReport } from './evaluator.ts';
import type { PreparedRun, StylizeRequest } from './prepare.ts';
import type { RunHooks } from './run.ts';
import { runPrepared } from './stylize.ts';

export interface RatePoint {
  readonly learningRate: number;
  /** After the step with that rate. */
  readonly loss: number;
}

export interface FoundRates {
  /** In the order of the rates; where the loss has burst, that point is the last. */
  readonly points: readonly RatePoint[];
  /** `burst`: the loss was not finite, or more than four times the lowest before it. */
  readonly end: 'complete' | 'burst' | 'aborted';
  /** The point with the lowest loss; undefined where no step lowered it. */
  readonly lowest: RatePoint | undefined;
}

/**
 * Finds out which rates lower the loss.
 *
 * @param run Of the phases of `rateFinder`.
 * @throws as `runPrepared`.
 */
export async function findRate(
  run: PreparedRun,
  request: Pick<StylizeRequest, 'gpu' | 'weights'> & Pick<RunHooks, 'onEvaluation' | 'signal'>,
): Promise<FoundRates> {
  const { signal, onEvaluation, ...engine } = request;
  const stop = new AbortController();
  let lowest = Number.POSITIVE_INFINITY;
  const { evaluations, end } = await runPrepared(run, {
    ...engine,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    onEvaluation: (report) => {
      if (hasBurst(report, lowest)) stop.abort();
      lowest = Math.min(lowest, report.total);
      onEvaluation?.(report);
    },
  });
  const points = ratePointsOf(evaluations);
  const hasEnded = end === 'non-finite' || stop.signal.aborted;
  return {
    points,
    end: hasEnded ? 'burst' : end === 'aborted' ? 'aborted' : 'complete',
    lowest: lowestBelow(evaluations[0]?.total ?? Number.NaN, points),
  };
}

function lowestBelow(start: number, points: readonly RatePoint[]): RatePoint | undefined {
  const [lowest] = points.toSorted((a, b) => a.loss - b.loss);
  return lowest !== undefined && lowest.loss < start ? lowest : undefined;
}

function hasBurst({ total }: Pick<EvaluationReport, 'total'>, lowest: number): boolean {
  return !(total <= rateFinderDefaults.stopAbove * lowest);
}

/** Each rate with the loss that its step led to, until one has burst: a few more may have been on their way. */
export function ratePointsOf(
  evaluations: readonly Pick<EvaluationReport, 'total' | 'learningRate'>[],
): readonly RatePoint[] {
  const points: RatePoint[] = [];
  let lowest = evaluations[0]?.total ?? Number.NaN;
  for (const [index, { learningRate }] of evaluations.entries()) {
    const next = evaluations[index + 1];
    if (next === undefined) break;
    points.push({ learningRate, loss: next.total });
    if (hasBurst(next, lowest)) break;
    lowest = Math.min(lowest, next.total);
  }
  return points;
}
