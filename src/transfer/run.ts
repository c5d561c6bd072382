/**
 * The loop of a transfer: phases of steps, at one scale of the picture after the other, with progress, snapshots and an
 * early end.
 */

import { type LossError, NonFiniteLossError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import type { TransferObjective } from '../objective/objective.ts';
import type { Style } from '../objective/style-mix.ts';
import type { Optimizer, OptimizerState, StopReason } from '../optimizers/optimizer.ts';
import type { Phase } from '../settings/phase.ts';
import { type Checkpoint, type CheckpointHooks, CheckpointKeeper, type RunPlace } from './checkpoint.ts';
import { DeviceEvaluator, type EvaluationReport, latenessOn } from './evaluator.ts';
import { ExplosionWatch, type LossWatch } from './explosion.ts';
import { stepValuesAt } from './phase-optimizer.ts';
import { Rescue } from './rescue.ts';
import { resizeState } from './resize-state.ts';

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
  /** With the objective that is about to be optimised, and with undefined before its device memory is freed; once a scale. */
  readonly onObjective?: (objective: TransferObjective | undefined, scale: Scale) => void;
  /** Takes up a run that was broken off: phases and steps before it are left out, evaluations are counted on. */
  readonly resume?: Checkpoint | undefined;
  /** Copies to go on from where a run is broken off. */
  readonly checkpoints?: CheckpointHooks;
  /**
   * Takes the run back to its best picture where its loss is lost, see `rescue.ts`, and is told so in a sentence, the first time. Absent,
   * the loss is left to go where it goes, as the lecture's and the rate finder's must.
   */
  readonly onRescue?: ((sentence: string) => void) | undefined;
  /** Ends the run after the evaluation at work, with the best picture so far; where there are checkpoints that outlive it, after the step. */
  readonly signal?: AbortSignal;
  /** Each is shown the picture on its own, but not that with which the run ends; the run waits meanwhile. */
  readonly snapshots?: readonly Snapshots[];
}

/** Who is to see the picture now and then. */
export interface Snapshots {
  /** Evaluations between two pictures. */
  readonly every: number;
  readonly save: (picture: RgbImage, evaluation: number) => Promise<void>;
}

/** `exploded`: the loss stood far above its first one at the end, or so far that there was no way back. */
export type RunEnd = 'complete' | 'aborted' | 'non-finite' | 'exploded' | StopReason;

export interface RunResult {
  /** Of the scale at which the run ended. */
  readonly picture: RgbImage;
  readonly end: RunEnd;
  /** With those before a resumption. */
  readonly evaluations: readonly EvaluationReport[];
  /** What is wrong with a loss that is not finite or exploded; the picture is then the one with the lowest loss. */
  readonly error: LossError | undefined;
  readonly elapsedMs: number;
}

/** Phases that follow each other at one size of the picture. */
export interface Scale {
  readonly content: RgbImage;
  readonly style: Style;
  readonly phases: readonly Phase[];
}

export interface RunRequest<At extends Scale = Scale> extends RunHooks {
  readonly gpu: Gpu;
  /** At least one. */
  readonly scales: readonly At[];
  /** Where the variable starts, of the first scale's size. */
  readonly initial: RgbImage;
  /** The objective of a scale, starting from a picture that may have another size. The run disposes it. */
  readonly createObjective: (scale: At, from: RgbImage) => Promise<TransferObjective>;
  /** The optimiser of a phase, going on from `state` where it can. The run disposes it. */
  readonly createOptimizer: (
    objective: TransferObjective,
    phase: Phase,
    state: OptimizerState | undefined,
  ) => Promise<Optimizer>;
}

/** A last loss this much above the lowest means that the run has left its best picture behind. */
const worseThanBest = 1.05;

const beginning: RunPlace = { evaluation: 0, phase: 1, step: 0 };

/**
 * Runs the phases of each scale in turn. An optimiser that the next phase has too goes on with its state: at the same scale with all of
 * it, at another with what {@link resizeState} makes of it. One that has converged ends its phase.
 *
 * The result is the variable after the last update, or the evaluated picture with the lowest loss of its scale where the run ended early,
 * lost its numbers, or ended well above its best (L-BFGS with a fixed step can leap). So it is from one scale to the next.
 */
export async function runTransfer<At extends Scale>(request: RunRequest<At>): Promise<RunResult> {
  const startedAtMs = performance.now();
  const run = new Run(request);
  await run.throughScales();
  return { ...run.outcome(), elapsedMs: performance.now() - startedAtMs };
}

class Run<At extends Scale> {
  readonly #request: RunRequest<At>;
  readonly #phases: number;
  /** Steps of all of them. */
  readonly #total: number;
  readonly #from: RunPlace;
  readonly #evaluations: EvaluationReport[];
  /** Where the next scale starts: the picture, and the state of an optimiser at its size. */
  #picture: RgbImage;
  /** Of a run that is taken up, until its first objective begins there. */
  #resumed: Checkpoint | undefined;
  #state: OptimizerState | undefined;
  #phase = 0;
  /** Of each of the snapshots, the evaluation at which its next picture is due. */
  readonly #nextSnapshots: Map<Snapshots, number>;
  #end: RunEnd = 'complete';
  #error: LossError | undefined;
  /** Of the scale at work. */
  #watch: LossWatch = new ExplosionWatch();
  #rescue: Rescue | undefined;
  #wasRescued = false;
  readonly #keeper: CheckpointKeeper | undefined;

  constructor(request: RunRequest<At>) {
    const { resume, checkpoints } = request;
    this.#request = request;
    const phases = request.scales.flatMap((scale) => scale.phases);
    this.#phases = phases.length;
    this.#total = phases.reduce((sum, { steps }) => sum + steps, 0);
    this.#picture = request.initial;
    this.#resumed = resume;
    this.#state = resume?.optimizer;
    this.#evaluations = [...(resume?.evaluations ?? [])];
    this.#from = resume?.place ?? beginning;
    this.#keeper = checkpoints && new CheckpointKeeper(checkpoints, resume?.place);
    const due = ({ every }: Snapshots): number => nextMultiple(every, this.#from.evaluation);
    this.#nextSnapshots = new Map((request.snapshots ?? []).map((each) => [each, due(each)]));
  }

  outcome(): Omit<RunResult, 'elapsedMs'> {
    return { picture: this.#picture, end: this.#end, evaluations: this.#evaluations, error: this.#error };
  }

  async throughScales(): Promise<void> {
    const { scales } = this.#request;
    for (const [index, scale] of scales.entries()) {
      if (this.#isOver) return;
      const lastPhase = this.#phase + scale.phases.length;
      if (lastPhase < this.#from.phase) this.#phase = lastPhase;
      else await this.#atScale(scale, scales[index + 1]);
    }
  }

  /** Whether no further phase is to begin; a phase that converged is only its own end. */
  get #isOver(): boolean {
    return this.#end === 'aborted' || this.#end === 'non-finite' || this.#end === 'exploded';
  }

  async #atScale(scale: At, next: Scale | undefined): Promise<void> {
    const { gpu, onObjective, createObjective } = this.#request;
    using objective = await createObjective(scale, this.#picture);
    if (this.#resumed !== undefined) objective.restore(this.#resumed);
    this.#resumed = undefined;
    onObjective?.(objective, scale);
    using _ = { [Symbol.dispose]: () => onObjective?.(undefined, scale) };
    this.#rescue = this.#request.onRescue && new Rescue(latenessOn(gpu));
    this.#watch = this.#rescue ?? new ExplosionWatch();
    const before = this.#evaluations.filter(({ phase }) => phase <= this.#phase).length;
    for (const report of this.#evaluations.slice(before)) this.#watch.relive(report);
    try {
      await this.#throughPhases(scale, objective, next);
      this.#judge(next === undefined);
    } catch (thrown) {
      if (!(thrown instanceof NonFiniteLossError)) throw thrown;
      [this.#end, this.#error] = ['non-finite', thrown];
      await gpu.idle();
    }
    const isGood = this.#end === 'complete' && !hasLeft(this.#evaluations.slice(before));
    this.#picture = await objective.readPicture(isGood ? 'current' : 'best');
  }

  /** A scale may end far above where it began: the next begins with its best picture. The last one may not. */
  #judge(isLast: boolean): void {
    if (this.#end === 'aborted' || !(isLast || this.#watch.isHopeless)) return;
    this.#error = this.#watch.outcome();
    if (this.#error !== undefined) this.#end = 'exploded';
  }

  async #throughPhases(scale: Scale, objective: TransferObjective, next: Scale | undefined): Promise<void> {
    let optimizer: Optimizer | undefined;
    try {
      for (const [index, phase] of scale.phases.entries()) {
        this.#phase += 1;
        if (this.#phase < this.#from.phase) continue;
        const isKept = index > 0 && scale.phases[index - 1]?.optimizer === phase.optimizer;
        if (optimizer === undefined || !isKept) {
          optimizer?.[Symbol.dispose]();
          optimizer = undefined;
          optimizer = await this.#request.createOptimizer(objective, phase, this.#state);
          this.#state = undefined;
        }
        this.#end = await this.#throughSteps(phase, objective, optimizer);
        if (this.#isOver || this.#watch.isHopeless) return;
      }
      const last = scale.phases.at(-1);
      if (optimizer === undefined || next?.phases[0]?.optimizer !== last?.optimizer || next === undefined) return;
      // What is remembered of frequencies is no picture that could be resized.
      if (optimizer.isResizable && objective.movesPixels)
        this.#state = resizeState(await optimizer.readState(), scale.content, next.content);
    } finally {
      optimizer?.[Symbol.dispose]();
    }
  }

  async #throughSteps(phase: Phase, objective: TransferObjective, optimizer: Optimizer): Promise<RunEnd> {
    const { gpu, gate, signal, onEvaluation, lossesEveryMs, checkpoints } = this.#request;
    const { width, height } = objective.pictureSize;
    const before = this.#evaluations.length;
    const stepsBefore = this.#phase === this.#from.phase ? this.#from.step : 0;
    using evaluator = new DeviceEvaluator({
      gpu,
      objective,
      budget: phase.steps - stepsBefore,
      place: { phase: this.#phase, scale: Math.max(width, height), before, stepsBefore },
      // A line search that were cut would not be the one that a resumption has.
      signal: checkpoints === undefined || checkpoints.isOfHost === true ? signal : undefined,
      lossesEveryMs,
      outlives: () => this.#rescue?.hasBest === true,
      report: (report) => {
        this.#evaluations.push(report);
        this.#watch.see(report);
        onEvaluation?.(report);
      },
    });
    const hasEnded = (): boolean => evaluator.remaining === 0 || signal?.aborted === true;
    const keep = async (): Promise<void> => {
      await evaluator.drain();
      const { spent } = evaluator;
      const place = { evaluation: before + spent, phase: this.#phase, step: stepsBefore + spent };
      await this.#keeper?.keep({ objective, optimizer, place, evaluations: this.#evaluations });
    };
    this.#rescue?.beginPhase(this.#phase);
    let reason: StopReason | undefined;
    while (reason === undefined && !hasEnded() && !this.#watch.isHopeless) {
      if (this.#keeper?.isDue(before + evaluator.spent) === true) await keep();
      const held = gate?.();
      if (held !== undefined) {
        await evaluator.drain();
        await held;
        if (hasEnded()) break;
      }
      const scheduled = stepValuesAt(phase, stepsBefore + evaluator.spent);
      const values = this.#rescue?.slowed(scheduled) ?? scheduled;
      evaluator.learningRate = values.learningRate ?? Number.NaN;
      optimizer.set(values);
      reason = await optimizer.step(evaluator);
      if (this.#rescue?.isDueAt(before + evaluator.spent) === true)
        await this.#takeBack(objective, optimizer, evaluator);
      await this.#snapshot(objective, evaluator, before + evaluator.spent);
    }
    // What is interrupted may be gone on with, and then come back by itself.
    if (signal?.aborted !== true) await this.#takeBack(objective, optimizer, evaluator);
    await evaluator.drain();
    // What has converged would begin to step again.
    const isLast = signal?.aborted === true || (this.#phase === this.#phases && evaluator.remaining === 0);
    if (isLast && checkpoints?.isOfHost !== true && reason === undefined && !this.#watch.isHopeless) await keep();
    return signal?.aborted === true ? 'aborted' : (reason ?? 'complete');
  }

  /** Waits for all losses, then takes the run back to its best picture if one of them is lost. */
  async #takeBack(objective: TransferObjective, optimizer: Optimizer, evaluator: DeviceEvaluator): Promise<void> {
    await evaluator.drain();
    const sentence = this.#rescue?.takeBack();
    if (sentence === undefined) return;
    objective.returnToBest();
    optimizer.forget();
    if (!this.#wasRescued) this.#request.onRescue?.(sentence);
    this.#wasRescued = true;
  }

  /** Shows the picture to whom it is due, but not what the run will end with. */
  async #snapshot(objective: TransferObjective, evaluator: DeviceEvaluator, spent: number): Promise<void> {
    const due = [...this.#nextSnapshots].filter(([, next]) => spent >= next).map(([snapshots]) => snapshots);
    if (due.length === 0 || spent === this.#total || this.#request.signal?.aborted === true) return;
    await evaluator.drain();
    const picture = await objective.readPicture();
    for (const snapshots of due) {
      await snapshots.save(picture, spent);
      this.#nextSnapshots.set(snapshots, nextMultiple(snapshots.every, spent));
    }
  }
}

/** The first multiple of a number of steps that lies beyond `spent` of them. */
function nextMultiple(every: number, spent: number): number {
  return every === Number.POSITIVE_INFINITY ? every : (Math.floor(spent / every) + 1) * every;
}

function hasLeft(evaluations: readonly EvaluationReport[]): boolean {
  const lowest = evaluations.reduce((low, { total }) => (total < low ? total : low), Number.POSITIVE_INFINITY);
  return (evaluations.at(-1)?.total ?? 0) > worseThanBest * lowest;
}
