/**
 * A run that outlives its device: one that is lost is replaced, one that refuses memory is asked for less, and the run goes on from the last
 * state in host memory (docs/decisions/0039-trouble.md).
 */

import { DeviceError, InputError, messageOf, OutOfMemoryError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { pictureAt } from '../objective/variable.ts';
import type { Checkpoint, CheckpointHooks } from './checkpoint.ts';
import { type PreparedRun, type StylizeRequest, worksOf } from './prepare.ts';
import type { RunHooks, RunResult } from './run.ts';
import { runPrepared } from './stylize.ts';
import { placeOf } from './work.ts';

/** A run, and the device that it was prepared for. */
export interface RunOnDevice {
  readonly gpu: Gpu;
  readonly run: PreparedRun;
}

export interface LastingRequest extends RunHooks, Pick<StylizeRequest, 'weights'> {
  /** The run to begin with; its device is the caller's, also when it is lost. */
  readonly first: RunOnDevice;
  /**
   * Another device with the run prepared for it, by a plan for less memory where the one before was refused it; undefined where there is
   * none. It is disposed here.
   */
  readonly replace: (trouble: 'lost' | 'memory', before: RunOnDevice) => Promise<RunOnDevice | undefined>;
  /** Told before a run goes on, while the old device is still there: why, and after which evaluation; what was reported of later ones is void. */
  readonly onReplaced: (reason: string, evaluation: number, now: RunOnDevice, before: RunOnDevice) => void;
}

/** Without `checkpoints` of the caller's, states are copied so often: a lost device loses about so much. */
const everyMs = 60_000;

/** Devices that are lost so often without a new state in between will not do. */
const mostLossesInARow = 3;

/** A run that could not go on; what there is of it. */
export class BrokenOffError extends DeviceError {
  /** The best one at the last state. */
  readonly picture: RgbImage;
  readonly evaluation: number;

  constructor(cause: unknown, picture: RgbImage, evaluation: number) {
    super(messageOf(cause), { cause });
    this.picture = picture;
    this.evaluation = evaluation;
  }
}

/** Runs to the end. @throws BrokenOffError where no device goes on with what there is of the picture; else as `runPrepared`. */
export async function runLasting(request: LastingRequest): Promise<RunResult> {
  const startedAtMs = performance.now();
  const lasting = new LastingRun(request);
  try {
    return { ...(await lasting.run()), elapsedMs: performance.now() - startedAtMs };
  } finally {
    lasting[Symbol.dispose]();
  }
}

class LastingRun implements Disposable {
  readonly #request: LastingRequest;
  #at: RunOnDevice;
  #checkpoint: Checkpoint | undefined;
  #lossesInARow = 0;

  constructor(request: LastingRequest) {
    this.#request = request;
    this.#at = request.first;
    this.#checkpoint = request.resume;
  }

  async run(): Promise<RunResult> {
    const { first: _, replace, onReplaced, ...hooks } = this.#request;
    for (;;) {
      const { gpu, run } = this.#at;
      try {
        return await runPrepared(run, { ...hooks, gpu, resume: this.#checkpoint, checkpoints: this.#checkpoints() });
      } catch (error) {
        if (!(error instanceof InputError || error instanceof OutOfMemoryError)) await gpu.provesLost();
        const next = await this.#next(error).catch(() => undefined);
        if (next === undefined) throw this.#brokenOff(error);
        const reason = gpu.isLost ? 'the graphics device was lost' : messageOf(error);
        onReplaced(reason, this.#checkpoint?.place.evaluation ?? 0, next, this.#at);
        this[Symbol.dispose]();
        this.#at = next;
      }
    }
  }

  /** The first device is the caller's. */
  [Symbol.dispose](): void {
    if (this.#at.gpu !== this.#request.first.gpu) this.#at.gpu[Symbol.dispose]();
  }

  #checkpoints(): CheckpointHooks {
    const { checkpoints } = this.#request;
    const keep = async (checkpoint: Checkpoint): Promise<void> => {
      this.#checkpoint = checkpoint;
      this.#lossesInARow = 0;
      await checkpoints?.keep(checkpoint);
    };
    return checkpoints === undefined ? { everyMs, isOfHost: true, keep } : { ...checkpoints, keep };
  }

  async #next(error: unknown): Promise<RunOnDevice | undefined> {
    const { replace, signal } = this.#request;
    if (signal?.aborted === true) return undefined;
    if (error instanceof OutOfMemoryError) return await replace('memory', this.#at);
    this.#lossesInARow += 1;
    return this.#at.gpu.isLost && this.#lossesInARow <= mostLossesInARow ? await replace('lost', this.#at) : undefined;
  }

  #brokenOff(error: unknown): unknown {
    // Of a run that has not begun there is nothing to save.
    if (this.#checkpoint === undefined || this.#checkpoint.place.evaluation === 0) return error;
    if (!(error instanceof DeviceError || this.#at.gpu.isLost)) return error;
    const { best, place } = this.#checkpoint;
    const { settings, scales } = this.#at.run;
    const { content } = scales[placeOf(worksOf(this.#at.run), place.phase).scale - 1] ?? scales[0];
    return new BrokenOffError(error, pictureAt(best, settings.objective.variable, content), place.evaluation);
  }
}
