/**
 * What an optimiser's step costs beyond its evaluation: the device's time of the programs it submits after one, its history
 * full. Timed between the evaluations of a real run, so that the vectors are those of a real run.
 */

import { evaluateOnce } from '../../src/bench/network.ts';
import type { ShareRow } from '../../src/bench/report.ts';
import { summarise } from '../../src/bench/statistics.ts';
import { timePasses } from '../../src/bench/timing.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { Patience } from '../../src/core/patience.ts';
import type { Program } from '../../src/core/program.ts';
import type { TransferObjective } from '../../src/objective/objective.ts';
import { adamRule } from '../../src/optimizers/adam.ts';
import { FirstOrderOptimizer } from '../../src/optimizers/first-order.ts';
import { Lbfgs } from '../../src/optimizers/lbfgs.ts';
import type { Evaluator, Optimizer } from '../../src/optimizers/optimizer.ts';
import { settings } from './settings.ts';

/** An evaluator that times what stands after each evaluation. */
class TimingEvaluator implements Evaluator {
  readonly remaining = Number.MAX_SAFE_INTEGER;
  readonly milliseconds: number[] = [];
  readonly #gpu: Gpu;
  readonly #objective: TransferObjective;
  readonly #patience = new Patience();

  constructor(gpu: Gpu, objective: TransferObjective) {
    this.#gpu = gpu;
    this.#objective = objective;
  }

  async submit(after: readonly Program[]): Promise<void> {
    await evaluateOnce(this.#gpu, this.#objective, this.#patience);
    this.milliseconds.push(...(await timePasses(this.#gpu, after, { runs: 1, repeats: 1 })));
  }

  evaluate(): Promise<number> {
    throw new Error('a step without a line search does not ask for its loss');
  }

  evaluateTrial(): Promise<number> {
    return this.evaluate();
  }
}

/** Steps timed once the history is full. */
const timedSteps = 5;

/** The device's time of one evaluation, and of what is not a convolution in it. */
export interface EvaluationTime {
  readonly ms: number;
  readonly outsideMs: number;
}

/** The names of the rows, in order. */
export function optimizerNames(at: string): readonly [lbfgs: string, outside: string, adam: string] {
  return [
    `L-BFGS step, m = ${settings.lbfgs.history}, ${at}`,
    `outside convolutions ${at}, of a step of L-BFGS`,
    `Adam step ${at}`,
  ];
}

/** What each optimiser adds to an evaluation, and all that is not a convolution in a whole step of L-BFGS. */
export async function optimizerRows(
  gpu: Gpu,
  objective: TransferObjective,
  evaluation: EvaluationTime,
  at: string,
): Promise<readonly ShareRow[]> {
  const { history } = settings.lbfgs;
  const { ms: evaluationMs, outsideMs } = evaluation;
  using lbfgs = await Lbfgs.create(gpu, objective, { history });
  const lbfgsMs = await stepMs(gpu, objective, lbfgs, history + 2);
  using adam = await FirstOrderOptimizer.create(gpu, objective, adamRule, { learningRate: 0.02 });
  const adamMs = await stepMs(gpu, objective, adam, 1);
  const [lbfgsName, outsideName, adamName] = optimizerNames(at);
  const outside = outsideMs + lbfgsMs;
  return [
    { name: lbfgsName, ms: lbfgsMs, share: lbfgsMs / evaluationMs },
    { name: outsideName, ms: outside, share: outside / (evaluationMs + lbfgsMs) },
    { name: adamName, ms: adamMs, share: adamMs / evaluationMs },
  ];
}

async function stepMs(gpu: Gpu, objective: TransferObjective, optimizer: Optimizer, warmUps: number): Promise<number> {
  const evaluator = new TimingEvaluator(gpu, objective);
  for (let step = 0; step < warmUps + timedSteps; step++) await optimizer.step(evaluator);
  return summarise(evaluator.milliseconds.slice(warmUps)).median;
}
