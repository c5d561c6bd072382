/** A run planned anew after its device refused it memory (docs/decisions/0044-refused-memory.md). */

import { LimitError } from '../core/errors.ts';
import { megabytes } from '../objective/memory-plan.ts';
import { type PreparedRun, remarksOf } from './prepare.ts';

/** Of what was refused so much is planned with next; where nothing fits that, a little less than was refused. */
const [usualShare, largestShare] = [0.75, 0.9];

/**
 * The run by a plan for less memory, by whatever makes runs fit: fewer curvature pairs, bands, windows.
 *
 * @param refused The run that was refused memory. How much there would have been, WebGPU does not tell.
 * @param prepare The same run, planning to take so many bytes at most.
 * @throws LimitError where no way takes less.
 */
export function preparedForLess(refused: PreparedRun, prepare: (memoryBytes: number) => PreparedRun): PreparedRun {
  const { peakBytes } = refused.plan;
  try {
    return prepare(Math.floor(usualShare * peakBytes));
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    return prepare(Math.floor(largestShare * peakBytes));
  }
}

/** `410 MiB of device memory instead of 612 MiB: L-BFGS keeps 6 curvature pairs instead of 10, …`; undefined where the plan is as it was. */
export function wordsOfLess(now: PreparedRun, before: PreparedRun): string | undefined {
  if (now.memoryBytes === before.memoryBytes) return undefined;
  const said = new Set(remarksOf(before));
  const news = remarksOf(now).filter((line) => !said.has(line));
  const bytes = `${megabytes(now.plan.peakBytes)} of device memory instead of ${megabytes(before.plan.peakBytes)}`;
  return news.length === 0 ? bytes : `${bytes}: ${news.join('; ')}`;
}
