/** One painting from start to end: the run, its preview and copies, and what happens when the device is lost under it. */

import { InputError, LimitError, messageOf, OutOfMemoryError } from '../../core/errors.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import type { TransferObjective } from '../../objective/objective.ts';
import { pictureAt, shownValues } from '../../objective/variable.ts';
import type { Checkpoint } from '../../transfer/checkpoint.ts';
import type { EvaluationReport } from '../../transfer/evaluator.ts';
import { preparedForLess, wordsOfLess } from '../../transfer/less-memory.ts';
import type { PreparedRun, StylizeRequest } from '../../transfer/prepare.ts';
import { isRescuable } from '../../transfer/rescue.ts';
import type { RunResult, Scale } from '../../transfer/run.ts';
import { runPrepared } from '../../transfer/stylize.ts';
import type { RunEvent } from '../protocol.ts';
import type { CheckpointFiles } from './checkpoints.ts';
import type { PaintingDevice } from './device.ts';
import type { Gate } from './gate.ts';

export interface PaintingRequest {
  readonly run: PreparedRun;
  /** The same run, planning to take so many bytes at most. @throws LimitError where it cannot. */
  readonly prepare: (memoryBytes: number) => PreparedRun;
  readonly gate: Gate;
  /** They may still be on their way. */
  readonly weights: Promise<StylizeRequest['weights']>;
  readonly device: PaintingDevice;
  /** A new device after the old one was lost, or refused memory: what it heard of is not forgotten. */
  readonly reopen: (trouble: 'lost' | 'memory') => Promise<PaintingDevice>;
  readonly tell: (event: RunEvent) => void;
  readonly files: Pick<CheckpointFiles, 'see'>;
  /** Where the run goes on from. */
  readonly resume: Checkpoint | undefined;
}

/** A device that is lost again and again without an evaluation in between will not do. */
const mostLossesInARow = 3;

/** Losses are read at most once a displayed frame. */
const frameMs = 1000 / 60;

/** A lost device loses about so much. */
const checkpointsEveryMs = 2000;

/** Progress is told at most this often; the page need not know more than the eye sees. */
const tellEveryMs = 50;

export class Painting {
  readonly #request: PaintingRequest;
  readonly #untold: EvaluationReport[] = [];
  #device: PaintingDevice;
  #run: PreparedRun;
  #checkpoint: Checkpoint | undefined;
  /** At the last checkpoint. */
  #copied: RgbImage | undefined;
  #objective: TransferObjective | undefined;
  #content: RgbImage | undefined;
  #last = 0;
  #toldAtMs = 0;
  #lossesInARow = 0;

  constructor(request: PaintingRequest) {
    this.#request = request;
    this.#device = request.device;
    this.#run = request.run;
    if (request.resume === undefined) return;
    this.#checkpoint = request.resume;
    this.#last = request.resume.place.evaluation;
    this.#untold.push(...request.resume.evaluations);
  }

  /** Evaluations spent, on all devices. */
  get evaluations(): number {
    return this.#last;
  }

  /** The picture at the last checkpoint: what is left when no device is to be had any more. */
  get copied(): RgbImage | undefined {
    return this.#copied;
  }

  /** The same, undefined where the scale at work has no checkpoint yet and it would be a smaller picture. */
  get copyOfScale(): RgbImage | undefined {
    return this.#copied?.width === this.#content?.width ? this.#copied : undefined;
  }

  /** The picture as it is now; while the run goes on, as it was at the last checkpoint, so that nobody waits for a readback. */
  async picture(): Promise<RgbImage | undefined> {
    if (this.#objective === undefined) return this.#copied;
    const copied = this.#request.gate.pace === 'run' ? this.copyOfScale : undefined;
    return copied ?? (await this.#objective.readPicture('evaluated'));
  }

  /** Runs to the end, over as many devices as it takes. @throws InputError, LimitError, DeviceError. */
  async run(): Promise<RunResult> {
    for (;;) {
      try {
        return await this.#runOnDevice();
      } catch (error) {
        if (this.#request.gate.isAbandoned) throw error;
        if (error instanceof OutOfMemoryError) await this.#goOnWithLess(error);
        else await this.#goOnElsewhere(error);
      }
    }
  }

  async #runOnDevice(): Promise<RunResult> {
    const { gate, weights, tell } = this.#request;
    const run = this.#run;
    if (gate.signal.aborted) {
      const picture = this.#copied ?? run.initial;
      return { picture, end: 'aborted', evaluations: [], error: undefined, elapsedMs: 0 };
    }
    return await runPrepared(run, {
      weights: await weights,
      gpu: this.#device.gpu,
      resume: this.#checkpoint,
      checkpoints: { everyMs: checkpointsEveryMs, keep: (checkpoint) => this.#keep(checkpoint) },
      signal: gate.signal,
      lossesEveryMs: frameMs,
      gate: () => gate.pass(this.#device.lost),
      onObjective: (objective, scale) => this.#watch(objective, scale),
      onEvaluation: (report) => this.#report(report),
      onRescue: isRescuable(run.settings) ? (sentence) => tell({ kind: 'news', sentence }) : undefined,
    });
  }

  #keep(checkpoint: Checkpoint): void {
    const { variable } = this.#run.settings.objective;
    this.#checkpoint = checkpoint;
    this.#request.files.see(checkpoint);
    if (this.#content === undefined) return;
    this.#copied = pictureAt(shownValues(checkpoint, variable), variable, this.#content);
  }

  #watch(objective: TransferObjective | undefined, scale: Scale): void {
    const { tell } = this.#request;
    const { settings, scales } = this.#run;
    const { variable } = settings.objective;
    const all: readonly Scale[] = scales;
    // What a run begins with is told when the page has heard that it begins.
    if (this.#content !== undefined) this.#flush();
    this.#objective = objective;
    this.#content = scale.content;
    // The canvas belongs to the next run.
    if (this.#request.gate.isAbandoned) return;
    if (objective === undefined) {
      this.#device.preview.watch(undefined);
      return;
    }
    const { preview } = this.#device;
    tell({ kind: 'painting', terms: objective.terms, scale: 1 + all.indexOf(scale) });
    const size = objective.pictureSize;
    preview.watch({ values: objective.picture, ...size, variable }, () => tell({ kind: 'preview', size }));
  }

  #report(report: EvaluationReport): void {
    this.#lossesInARow = 0;
    this.#last = report.evaluation;
    this.#untold.push(report);
    this.#device.preview.request();
    if (performance.now() - this.#toldAtMs >= tellEveryMs || this.#request.gate.pace !== 'run') this.#flush();
  }

  #flush(): void {
    if (this.#untold.length === 0) return;
    this.#toldAtMs = performance.now();
    const { bytesInUse } = this.#device.gpu.buffers;
    this.#request.tell({ kind: 'progress', reports: this.#untold.splice(0), bytesInUse });
  }

  /** @throws what was thrown, where the device is there or was lost too often. */
  async #goOnElsewhere(error: unknown): Promise<void> {
    const isLost = !(error instanceof InputError) && (await this.#device.gpu.provesLost());
    this.#lossesInARow += 1;
    if (!isLost || this.#lossesInARow > mostLossesInARow) throw error;
    await this.#recover(messageOf(error), 'lost');
    this.#request.tell({
      kind: 'news',
      sentence: 'the graphics device was lost; a new one goes on from the last picture',
    });
  }

  /** @throws OutOfMemoryError where nothing takes less. */
  async #goOnWithLess(error: OutOfMemoryError): Promise<void> {
    const { prepare, tell } = this.#request;
    const before = this.#run;
    try {
      this.#run = preparedForLess(before, prepare);
    } catch (problem) {
      throw problem instanceof LimitError ? error : problem;
    }
    this.#device.gpu[Symbol.dispose]();
    await this.#recover(messageOf(error), 'memory');
    const way = wordsOfLess(this.#run, before);
    tell({ kind: 'news', sentence: `the graphics device ran out of memory; the painting goes on with ${way}` });
  }

  async #recover(message: string, trouble: 'lost' | 'memory'): Promise<void> {
    const { tell, reopen } = this.#request;
    this.#objective = undefined;
    this.#last = this.#checkpoint?.place.evaluation ?? 0;
    tell({ kind: 'device-lost', message });
    this.#device = await reopen(trouble);
    tell({ kind: 'device-back', evaluation: this.#last });
  }
}
