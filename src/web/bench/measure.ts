/** The benchmark in a browser: the same measurements as `npm run bench`, in the same order, each told as soon as it is there. */

import { measurePeak } from '../../bench/adapter-peak.ts';
import { convProblems } from '../../bench/conv-problems.ts';
import { convRows } from '../../bench/conv-rows.ts';
import { otherRows, shareRows, timeEvaluation } from '../../bench/evaluation-rows.ts';
import { evaluationName, evaluationRow } from '../../bench/evaluations.ts';
import { openObjective, uploadWeights } from '../../bench/network.ts';
import { type Pictures, sizeName } from '../../bench/pictures.ts';
import type { Environment, Report } from '../../bench/report.ts';
import { browserClock, type Clock, canTimeDispatches, type Effort } from '../../bench/timing.ts';
import { LimitError } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { planStylize } from '../../transfer/prepare.ts';
import { loadBundledWeights } from '../worker/weights.ts';
import { fetchPictures, picturesAt } from './pictures.ts';
import type { BenchEvent, BenchOrder } from './protocol.ts';
import { readBenchShader } from './shaders.ts';
import { secondsLeft } from './time-left.ts';

type DeviceWeights = Awaited<ReturnType<typeof uploadWeights>>;

/** Runs of an evaluation taken apart. */
const breakdownRuns = 3;

/** Somebody is waiting, so each row has less time than at the command line. */
const efforts = {
  peak: { goalMs: 200, least: 3, most: 100 },
  kernel: { goalMs: 100, least: 2, most: 50 },
  evaluation: { goalMs: 2000, least: 3, most: 20 },
} as const;

export class BrowserBenchmark {
  readonly #gpu: Gpu;
  readonly #request: BenchOrder;
  readonly #tell: (event: BenchEvent) => void;
  readonly #clock: Clock;
  readonly #total: number;
  #done = 0;
  #report: Report;
  /** Milliseconds of each layer and direction that is measured. */
  readonly #problemsMs: number[] = [];
  /** Sides of evaluations to come, that of the one taken apart first. */
  #sidesLeft: readonly number[];

  constructor(
    gpu: Gpu,
    options: {
      readonly request: BenchOrder;
      readonly environment: Environment;
      readonly tell: (event: BenchEvent) => void;
    },
  ) {
    this.#gpu = gpu;
    this.#request = options.request;
    this.#tell = options.tell;
    this.#clock = browserClock(gpu);
    // The pictures and weights, the peak, and the evaluation taken apart besides.
    this.#total = 3 + this.#problems().length + options.request.sides.length;
    this.#sidesLeft = [options.request.layerSide, ...options.request.sides];
    const nothing = { kernels: [], evaluations: [], shares: [], firstUse: [], memory: [] };
    const checks = { cases: 0, problems: [] };
    this.#report = { environment: options.environment, peak: undefined, checks, ...nothing };
  }

  /** @throws InputError, DeviceError. */
  async run(): Promise<void> {
    this.#step('fetching pictures and weights');
    const pictures = await fetchPictures();
    const loaded = await loadBundledWeights((progress) => this.#tell({ kind: 'weights', ...progress }));
    this.#step('measuring the peak of the adapter');
    const peak = await measurePeak(this.#gpu, readBenchShader, this.#effort('peak'));
    this.#find({ peak });
    const effort = this.#effort('kernel');
    const { allVariants } = this.#request;
    for (const problem of this.#problems()) {
      this.#step(problem.name);
      const startedAtMs = performance.now();
      const options = { peak, effort, allVariants, isWanted: () => true, progress: () => {} };
      const rows = await convRows(this.#gpu, problem, options);
      this.#problemsMs.push(performance.now() - startedAtMs);
      this.#find({ kernels: [...this.#report.kernels, ...rows] });
    }
    const { layerSide } = this.#request;
    using weights = await uploadWeights(this.#gpu, loaded, this.#request.settings, {
      width: layerSide,
      height: layerSide,
    });
    await this.#breakDown(weights, pictures);
    for (const side of this.#request.sides) {
      this.#sidesLeft = this.#sidesLeft.slice(1);
      await this.#evaluations(weights, pictures, side);
    }
  }

  /** One evaluation dispatch by dispatch: everything but convolutions, and the shares. */
  async #breakDown(weights: DeviceWeights, pictures: Pictures): Promise<void> {
    const { layerSide, settings } = this.#request;
    const { peak } = this.#report;
    const size = { width: layerSide, height: layerSide };
    this.#step(`an evaluation of ${sizeName(size)}, dispatch by dispatch`);
    if (!canTimeDispatches(this.#gpu) || peak === undefined) {
      const message = 'This browser has no timestamps, so times are read off the clock and parts cannot be told apart.';
      this.#tell({ kind: 'left-out', message });
      return;
    }
    using objective = await openObjective(this.#gpu, weights, settings, picturesAt(pictures, layerSide, layerSide));
    const groups = await timeEvaluation(this.#gpu, objective, { runs: breakdownRuns, clock: this.#clock });
    const kernels = [...this.#report.kernels, ...otherRows(groups, { options: settings.objective, size, peak })];
    this.#find({ kernels, shares: shareRows(groups, sizeName(size)) });
  }

  /** Whole evaluations at one size, unless the adapter cannot hold it. */
  async #evaluations(weights: DeviceWeights, pictures: Pictures, side: number): Promise<void> {
    const size = { width: side, height: side };
    this.#step(evaluationName(size));
    try {
      planStylize({ content: size, style: size }, this.#request.settings, this.#gpu);
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      this.#tell({ kind: 'left-out', message: `${evaluationName(size)} was left out: ${error.message}` });
      return;
    }
    const at = picturesAt(pictures, side, side);
    const row = await evaluationRow(this.#gpu, weights, {
      settings: this.#request.settings,
      pictures: at,
      effort: this.#effort('evaluation'),
    });
    this.#find({ evaluations: [...this.#report.evaluations, row] });
  }

  #problems() {
    const { layerSide, settings } = this.#request;
    return convProblems(settings, { width: layerSide, height: layerSide });
  }

  #effort(kind: keyof typeof efforts): Effort {
    return { ...efforts[kind], clock: this.#clock };
  }

  #step(text: string): void {
    const rest = {
      problemsMs: this.#problemsMs,
      problemsLeft: this.#problems().length - this.#problemsMs.length,
      sidesLeft: this.#sidesLeft,
    };
    const left = secondsLeft(rest, this.#report, this.#request, efforts.evaluation);
    this.#tell({ kind: 'step', text, done: this.#done, total: this.#total, secondsLeft: left });
    this.#done += 1;
  }

  #find(found: Partial<Report>): void {
    this.#report = { ...this.#report, ...found };
    this.#tell({ kind: 'found', report: this.#report });
  }
}
