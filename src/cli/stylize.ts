/** `impasto stylize`: a photograph and a painting in, a painted photograph out. */

import { basename } from 'node:path';
import type { Gpu } from '../core/gpu.ts';
import { writeFileAtomically } from '../platform/node/atomic-file.ts';
import { writeImage } from '../platform/node/image-files.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import { megabytes } from '../transfer/plan.ts';
import type { RunResult } from '../transfer/run.ts';
import type { StylePicture } from '../transfer/style-mix.ts';
import { type PreparedPictures, planStylize, preparePictures, stylize } from '../transfer/stylize.ts';
import { openEngine } from './engine.ts';
import { exitStatus } from './failure.ts';
import { Interrupts } from './interrupts.ts';
import { answer, remark } from './output.ts';
import { impastoVersion } from './package-info.ts';
import { snapshotPath } from './paths.ts';
import { type Progress, startProgress } from './progress.ts';
import {
  checkOutputs,
  type Job,
  type JobPictures,
  type Picture,
  planJob,
  readPictures,
  type StylizeArguments,
} from './stylize-job.ts';
import { loadWeights } from './weights.ts';

/** Longest sides where none is asked for: what a few minutes, or a few seconds, are enough for. */
export const defaultSizes = { gpu: 512, software: 256 } as const;

/** Runs the command; resolves with the exit status. @throws InputError, DeviceError. */
export async function runStylize(
  content: string | undefined,
  styles: readonly string[],
  given: StylizeArguments,
): Promise<number> {
  const job = planJob(content, styles, given);
  const { settings } = job;
  const pictures = await readPictures(job);
  await checkOutputs(job);
  const weights = await loadWeights(given.weights, settings);
  using gpu = await openEngine(given);
  const prepared = preparePictures({ ...pictures, settings, size: chooseSize(gpu, given) });
  announce(job, pictures, prepared, gpu);
  return await paint(job, prepared, { gpu, weights: weights.layers });
}

/** The longest side; undefined keeps the files' sizes. */
function chooseSize(gpu: Gpu, { resize, size }: StylizeArguments): number | undefined {
  if (!resize) return undefined;
  return size ?? (gpu.profile.isSoftware ? defaultSizes.software : defaultSizes.gpu);
}

/** Says what is about to happen. @throws LimitError when the adapter cannot hold it. */
function announce(job: Job, from: JobPictures, at: PreparedPictures, gpu: Gpu): void {
  const plan = planStylize(at, job.settings, gpu);
  const { description, isSoftware } = gpu.profile;
  const { resize, size } = job.given;
  if (isSoftware && resize && size === undefined) {
    remark(`no GPU: computing on the CPU at --size ${defaultSizes.software}, which takes a few minutes`);
  }
  remark(`adapter ${description}, ${megabytes(plan.peakBytes)} needed`);
  const content = describePicture(job.contentPath, from.content, at.content);
  const styles = describeStyles(job, from.style, at.style);
  remark(`content ${content}, style ${styles}`);
}

/** Each with its share, where there are several. */
function describeStyles({ stylePaths }: Job, from: readonly StylePicture[], at: readonly StylePicture[]): string {
  const words = at.map(({ picture, weight }, index) => {
    const size = describePicture(stylePaths[index] ?? '', from[index]?.picture ?? picture, picture);
    return at.length === 1 ? size : `${size} (${Math.round(100 * weight)} %)`;
  });
  return words.join(', ');
}

function describePicture(path: string, from: Picture, to: Picture): string {
  const size = `${to.width}x${to.height}`;
  const isSame = from.width === to.width && from.height === to.height;
  return `${basename(path)} ${isSame ? size : `${from.width}x${from.height} at ${size}`}`;
}

type Engine = Pick<Parameters<typeof stylize>[0], 'gpu' | 'weights'>;

/** Runs the transfer and writes its picture; the trace is written however it ends. */
async function paint(job: Job, pictures: PreparedPictures, engine: Engine): Promise<number> {
  const { settings, given } = job;
  const progress = startProgress(settings.iterations);
  const reports: EvaluationReport[] = [];
  let hasRun = false;
  using interrupts = new Interrupts({
    onFirst: () => progress.note('stopping after this evaluation; Ctrl-C again stops at once'),
    beforeEnd: () => progress.stop(),
  });
  try {
    const result = await stylize({
      ...engine,
      content: pictures.content,
      style: pictures.style,
      start: { kind: 'picture', picture: pictures.initial },
      size: undefined,
      settings,
      signal: interrupts.signal,
      onEvaluation: (report) => {
        reports.push(report);
        progress.update(report);
      },
      ...snapshotsOf(job, progress),
    });
    hasRun = true;
    progress.stop();
    await finish(job, result, interrupts.status);
    return statusOf(result, interrupts.status);
  } finally {
    progress.stop();
    // A run that fails before its first evaluation leaves an older trace alone.
    const hasTrace = hasRun || reports.length > 0;
    if (given.trace !== undefined && hasTrace) await writeFileAtomically(given.trace, traceOf(reports));
  }
}

function snapshotsOf({ given, output }: Job, progress: Progress) {
  if (given.saveEvery === undefined) return {};
  const save = async (picture: Picture, evaluation: number): Promise<void> => {
    const path = snapshotPath(output, evaluation);
    await writeImage(path, picture, { metadata: { software: `Impasto ${impastoVersion()}` } });
    progress.note(`wrote ${path}`);
  };
  return { snapshots: { every: given.saveEvery, save } };
}

async function finish(job: Job, result: RunResult, interruptedStatus: number | undefined): Promise<void> {
  const spent = result.evaluations.length;
  if (result.error !== undefined) remark(`impasto: ${result.error.message}; the last good picture is written`);
  if (interruptedStatus !== undefined && spent === 0) {
    remark('impasto: interrupted before the first evaluation; no picture is written');
    return;
  }
  if (result.end === 'aborted') remark(`impasto: interrupted after ${spent} evaluations; the best picture is written`);
  if (result.end === 'gradient-tolerance' || result.end === 'change-tolerance') {
    remark(`the optimiser has converged after ${spent} evaluations`);
  }
  if (hasStalled(result)) {
    remark('impasto: the loss never changed, no step was possible; lower the weights or raise the learning rate');
  }
  const { output, contentPath, stylePaths } = job;
  const description = `${basename(contentPath)} in the style of ${stylePaths.map((path) => basename(path)).join(' and ')}, ${spent} evaluations`;
  await writeImage(output, result.picture, { metadata: { software: `Impasto ${impastoVersion()}`, description } });
  const { width, height } = result.picture;
  answer(`${output}  ${width}x${height}, ${spent} evaluations, ${(result.elapsedMs / 1000).toFixed(1)} s`);
}

/** Whether the optimiser found no step at all, which with weights near the largest f32 ends in no error. */
function hasStalled({ evaluations }: RunResult): boolean {
  return evaluations.length > 2 && evaluations.every(({ total }) => total === evaluations[0]?.total);
}

function statusOf(result: RunResult, interruptedStatus: number | undefined): number {
  if (result.error !== undefined) return exitStatus.input;
  return result.end === 'aborted' ? (interruptedStatus ?? exitStatus.interrupted) : exitStatus.success;
}

/** The losses of every evaluation as JSON, all digits kept. */
function traceOf(reports: readonly EvaluationReport[]): string {
  const evaluations = reports.map(({ evaluation, total, content, style, totalVariation }) => ({
    evaluation,
    total,
    content,
    style,
    totalVariation,
  }));
  return `${JSON.stringify({ evaluations }, undefined, 1)}\n`;
}
