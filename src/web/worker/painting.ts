/** One painting from start to end: the run, its preview and copies, and what happens when the device is lost under it. */

import { messageOf } from '../../core/errors.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import type { EvaluationReport } from '../../transfer/evaluator.ts';
import type { TransferObjective } from '../../transfer/objective.ts';
import type { RunResult } from '../../transfer/run.ts';
import { type StylizeRequest, stylize } from '../../transfer/stylize.ts';
import type { NetworkWeights } from '../../weights/vgg-weights.ts';
import type { EngineEvent } from '../protocol.ts';
import type { PaintingDevice } from './device.ts';
import { Gate } from './gate.ts';
import { HostCopy, type PictureAt } from './host-copy.ts';

/** Pictures are at the size they are painted at. */
export interface PaintingRequest extends Pick<StylizeRequest, 'content' | 'style' | 'settings'> {
  /** Where the picture starts. */
  readonly initial: RgbImage;
  /** They may still be on their way. */
  readonly weights: Promise<NetworkWeights>;
  readonly device: PaintingDevice;
  /** A new device after the old one was lost. */
  readonly reopen: () => Promise<PaintingDevice>;
  readonly tell: (event: EngineEvent) => void;
}

/** A device that is lost again and again without an evaluation in between will not do. */
const mostLossesInARow = 3;

/** Losses are read at most once a displayed frame. */
const frameMs = 1000 / 60;

/** Progress is told at most this often; the page need not know more than the eye sees. */
const tellEveryMs = 50;

export class Painting {
  readonly gate = new Gate();
  readonly #request: PaintingRequest;
  readonly #abort = new AbortController();
  readonly #untold: EvaluationReport[] = [];
  #device: PaintingDevice;
  #copy: PictureAt | undefined;
  #hostCopy: HostCopy | undefined;
  #objective: TransferObjective | undefined;
  /** Evaluations done before the present device. */
  #done = 0;
  #last = 0;
  #toldAtMs = 0;
  #lossesInARow = 0;

  constructor(request: PaintingRequest) {
    this.#request = request;
    this.#device = request.device;
  }

  /** Ends the run after the evaluation at work. */
  stop(): void {
    this.#abort.abort();
    this.gate.set('run');
  }

  /** Evaluations spent, on all devices. */
  get evaluations(): number {
    return this.#last;
  }

  /** The picture as it is now; while the run goes on, as it was at the last copy, so that nobody waits for a readback. */
  async picture(): Promise<RgbImage | undefined> {
    const isGoingOn = this.gate.pace === 'run';
    if (this.#objective === undefined || (isGoingOn && this.#copy !== undefined)) return this.#copy?.picture;
    return await this.#objective.readPicture();
  }

  /** Runs to the end, over as many devices as it takes. @throws InputError, LimitError, DeviceError. */
  async run(): Promise<RunResult> {
    for (;;) {
      try {
        return await this.#runOnDevice();
      } catch (error) {
        // A lost device's own report comes a little later than the errors it causes.
        await new Promise((resolve) => setTimeout(resolve, 0));
        this.#lossesInARow += 1;
        if (!this.#device.isLost() || this.#lossesInARow > mostLossesInARow) throw error;
        await this.#recover(messageOf(error));
      }
    }
  }

  async #runOnDevice(): Promise<RunResult> {
    const { content, style, settings } = this.#request;
    const { layers } = await this.#request.weights;
    const picture = this.#copy?.picture ?? this.#request.initial;
    if (this.#abort.signal.aborted) {
      return { picture, end: 'aborted', evaluations: [], error: undefined, elapsedMs: 0 };
    }
    const iterations = Math.max(settings.iterations - this.#done, 1);
    return await stylize({
      content,
      style,
      weights: layers,
      size: undefined,
      gpu: this.#device.gpu,
      settings: { ...settings, iterations },
      start: { kind: 'picture', picture },
      signal: this.#abort.signal,
      lossesEveryMs: frameMs,
      gate: () => this.gate.pass(this.#device.lost),
      onObjective: (objective) => this.#watch(objective),
      onEvaluation: (report) => this.#report(report),
    });
  }

  #watch(objective: TransferObjective | undefined): void {
    const { tell, settings } = this.#request;
    const { variable } = settings.objective;
    this.#flush();
    this.#hostCopy?.[Symbol.dispose]();
    this.#hostCopy = undefined;
    this.#objective = objective;
    if (objective === undefined) {
      this.#device.preview.watch(undefined);
      return;
    }
    const { gpu, preview } = this.#device;
    tell({ kind: 'painting', terms: objective.terms });
    this.#hostCopy = new HostCopy(gpu, objective, variable, ({ picture, evaluation }) => {
      const { alpha } = this.#request.content;
      const isWhole = alpha?.length === picture.width * picture.height;
      this.#copy = { picture: isWhole ? { ...picture, alpha } : picture, evaluation };
    });
    const size = objective.pictureSize;
    preview.watch({ values: objective.variable, ...size, variable }, () => tell({ kind: 'preview', size }));
  }

  #report(report: EvaluationReport): void {
    this.#lossesInARow = 0;
    this.#last = this.#done + report.evaluation;
    this.#untold.push({ ...report, evaluation: this.#last });
    this.#device.preview.request();
    this.#hostCopy?.request(this.#last);
    if (performance.now() - this.#toldAtMs >= tellEveryMs || this.gate.pace !== 'run') this.#flush();
  }

  #flush(): void {
    if (this.#untold.length === 0) return;
    this.#toldAtMs = performance.now();
    const { bytesInUse } = this.#device.gpu.buffers;
    this.#request.tell({ kind: 'progress', reports: this.#untold.splice(0), bytesInUse });
  }

  async #recover(message: string): Promise<void> {
    const { tell, reopen } = this.#request;
    this.#objective = undefined;
    this.#hostCopy = undefined;
    this.#done = this.#copy?.evaluation ?? 0;
    this.#last = this.#done;
    tell({ kind: 'device-lost', message });
    this.#device = await reopen();
    tell({ kind: 'device-back', evaluation: this.#done });
  }
}
