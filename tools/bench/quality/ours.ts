/** Our own runs, told by options of `impasto stylize`: pictures on the way, with the seconds and evaluations that they took. */

import { Command } from 'commander';
import type { Job } from '../../../src/cli/job.ts';
import { addRunCommands } from '../../../src/cli/run-commands.ts';
import { prepareJob } from '../../../src/cli/run-job.ts';
import { stylizeJob } from '../../../src/cli/stylize-job.ts';
import { InputError } from '../../../src/core/errors.ts';
import type { Gpu } from '../../../src/core/gpu.ts';
import type { RgbImage } from '../../../src/images/rgb-image.ts';
import type { HostWeights } from '../../../src/models/device-weights.ts';
import { worksOf } from '../../../src/transfer/prepare.ts';
import { runPrepared } from '../../../src/transfer/stylize.ts';
import { fullSizeEvaluations, workUntil } from '../../../src/transfer/work.ts';
import type { Pair, Recipe } from './arguments.ts';

/** A picture on the way, before it is measured. */
export interface Snapshot {
  readonly picture: RgbImage;
  readonly fullSize: number;
  readonly seconds: number;
}

export interface Snapshots {
  readonly snapshots: readonly Snapshot[];
  readonly firstLoss: number;
}

/** The job that these options say. @throws InputError or a CommanderError where they make no sense. */
export async function readJob(pair: Pair, { options }: Recipe, size: number): Promise<Job> {
  let job: Job | undefined;
  const program = new Command('impasto').exitOverride();
  const refuse = async (): Promise<void> => {
    throw new InputError('only runs of stylize are measured');
  };
  addRunCommands(program, {
    stylize: async (content, styles, given) => {
      job = stylizeJob(content, styles, given);
    },
    reconstruct: refuse,
    texture: refuse,
    resume: refuse,
  });
  await program.parseAsync(['stylize', pair.content, pair.style, '--size', String(size), ...options], { from: 'user' });
  if (job === undefined) throw new InputError(`expected options of stylize, got '${options.join(' ')}'`);
  return job;
}

/** Runs the job to its end. @throws InputError, DeviceError, the error of a loss that is not finite or exploded. */
export async function runOurs(
  job: Job,
  by: { readonly gpu: Gpu; readonly weights: HostWeights; readonly every: number },
): Promise<Snapshots> {
  const { gpu, weights, every } = by;
  const arrange = await job.read();
  const startedAtMs = performance.now();
  const { run } = prepareJob(job, arrange, gpu);
  const works = worksOf(run);
  let [fullSize, firstLoss, keptMs] = [0, Number.NaN, 0];
  const snapshots: Snapshot[] = [];
  const keep = (picture: RgbImage): void => {
    const atMs = performance.now();
    snapshots.push({ picture, fullSize, seconds: (atMs - startedAtMs - keptMs) / 1000 });
    keptMs += performance.now() - atMs;
  };
  const result = await runPrepared(run, {
    gpu,
    weights,
    onEvaluation: ({ phase, step, total, evaluation }) => {
      fullSize = fullSizeEvaluations(works, workUntil(works, phase, step));
      if (evaluation === 1) firstLoss = total;
    },
    snapshots: [{ every, save: async (picture) => keep(picture) }],
  });
  if (result.error !== undefined) throw result.error;
  keep(result.picture);
  return { snapshots, firstLoss };
}
