/** Progress of a run on stderr: a bar on a terminal, plain lines anywhere else. */

import { SingleBar } from 'cli-progress';
import { kindNames, wordsOf } from '../objective/term-sums.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import { type Speed, Speedometer } from '../transfer/speed.ts';
import { budgetOf, fullSizeEvaluations, type ScaleWork, workOf, workUntil } from '../transfer/work.ts';
import { formatDuration, formatLoss, remark } from './output.ts';

export interface Progress {
  update(report: EvaluationReport): void;
  /** A line of its own between two updates. */
  note(line: string): void;
  /** Says where the run has come to and leaves the terminal as it was. Safe to call again. */
  stop(): void;
}

/** A bar when stderr is a terminal, else lines. */
export function startProgress(scales: readonly ScaleWork[]): Progress {
  return process.stderr.isTTY ? new BarProgress(scales) : new LineProgress(scales);
}

/** Columns that everything but the bar takes at most. */
const textColumns = 79;
const mostBarColumns = 40;
const leastBarColumns = 8;

class BarProgress implements Progress {
  readonly #speedometer: Speedometer;
  readonly #scales: readonly ScaleWork[];
  readonly #total: number;
  readonly #bar: SingleBar;
  #last: EvaluationReport | undefined;
  /** How far the bar is, in evaluations of the result's size. */
  #spent = 0;
  #texts = { at: '', losses: 'compiling kernels', pace: '' };
  #isRunning = true;

  constructor(scales: readonly ScaleWork[]) {
    this.#scales = scales;
    this.#total = budgetOf(scales);
    this.#texts.at = `0/${this.#total}`;
    this.#speedometer = new Speedometer(scales);
    const spare = (process.stderr.columns || 80) - textColumns;
    this.#bar = new SingleBar({
      stream: process.stderr,
      format: '{bar} {at}  {losses}  {pace}',
      barsize: Math.min(Math.max(spare, leastBarColumns), mostBarColumns),
      barCompleteChar: '█',
      barIncompleteChar: '░',
      clearOnComplete: true,
      // Its own handler would swallow the signals that end a run.
      gracefulExit: false,
    });
    this.#start();
  }

  update(report: EvaluationReport): void {
    const pace = this.#speedometer.report(report, performance.now());
    this.#last = report;
    this.#spent = fullSizeEvaluations(this.#scales, workUntil(this.#scales, report.phase, report.step));
    const at = `${report.evaluation}/${this.#total}`;
    this.#texts = { at, losses: describeLosses(report), pace: describeSpeed(pace) };
    this.#bar.update(this.#spent, this.#texts);
  }

  note(line: string): void {
    // The bar remembers its place on the screen, which a line above it would shift: it is taken away and put back.
    if (this.#isRunning) this.#bar.stop();
    remark(line);
    if (this.#isRunning) this.#start();
  }

  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#bar.stop();
    if (this.#last !== undefined) remark(describeReport(this.#last, this.#total));
  }

  #start(): void {
    this.#bar.start(fullSizeEvaluations(this.#scales, workOf(this.#scales)), this.#spent, this.#texts);
  }
}

/** The first, the last, and one for every twentieth of the evaluations or ten seconds. */
class LineProgress implements Progress {
  readonly #speedometer: Speedometer;
  readonly #total: number;
  #last: EvaluationReport | undefined;
  #printed = Number.NEGATIVE_INFINITY;
  #printedAtMs = 0;

  constructor(scales: readonly ScaleWork[]) {
    this.#total = budgetOf(scales);
    this.#speedometer = new Speedometer(scales);
  }

  update(report: EvaluationReport): void {
    const { evaluation } = report;
    const nowMs = performance.now();
    const pace = this.#speedometer.report(report, nowMs);
    this.#last = report;
    const isDue = evaluation - this.#printed >= this.#total / 20 || nowMs - this.#printedAtMs >= 10_000;
    if (!isDue) return;
    [this.#printed, this.#printedAtMs] = [evaluation, nowMs];
    remark(`${describeReport(report, this.#total)}  ${describeSpeed(pace)}`.trimEnd());
  }

  note(line: string): void {
    remark(line);
  }

  stop(): void {
    if (this.#last === undefined || this.#last.evaluation === this.#printed) return;
    this.#printed = this.#last.evaluation;
    remark(describeReport(this.#last, this.#total));
  }
}

/** ` 50/200  total 8.175  content 3.542  style 4.611` */
function describeReport(report: EvaluationReport, total: number): string {
  return `${String(report.evaluation).padStart(String(total).length)}/${total}  ${describeLosses(report)}`;
}

/** The total, and of its parts those that say how far the run has come. */
function describeLosses(report: EvaluationReport): string {
  const telling = kindNames.filter((kind) => wordsOf(kind).at === 'taps');
  const parts = telling.map((kind) => `${wordsOf(kind).name} ${formatLoss(report[kind])}`);
  return [`total ${formatLoss(report.total)}`, ...parts].join('  ');
}

function describeSpeed({ perSecond, secondsLeft }: Speed): string {
  if (perSecond === undefined || secondsLeft === undefined) return '';
  return `${perSecond.toPrecision(3)}/s  ${formatDuration(secondsLeft)} left`;
}
