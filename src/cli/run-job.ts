/** Runs a job, whichever experiment it is, with progress, snapshots and an orderly end. */

import { basename } from 'node:path';
import { ExplodedLossError, InputError } from '../core/errors.ts';
import type { AdapterProfile, Gpu } from '../core/gpu.ts';
import { megabytes } from '../objective/memory-plan.ts';
import { mixOf, type Style } from '../objective/style-mix.ts';
import { writeFileAtomically } from '../platform/node/atomic-file.ts';
import { writeImage } from '../platform/node/image-files.ts';
import { totalSteps } from '../settings/phase.ts';
import { atScalesOf } from '../settings/scales.ts';
import { type PictureSize, usualSize } from '../settings/sizes.ts';
import { shellLine } from '../settings/texts.ts';
import type { EvaluationReport } from '../transfer/evaluator.ts';
import type { TransferPictures } from '../transfer/experiments.ts';
import { BrokenOffError, type LastingRequest, type RunOnDevice, runLasting } from '../transfer/lasting-run.ts';
import { type PreparedRun, prepareRun, remarksOf, type StylizeRequest, worksOf } from '../transfer/prepare.ts';
import { isRescuable } from '../transfer/rescue.ts';
import type { RunResult, Snapshots } from '../transfer/run.ts';
import type { RunRecord } from '../transfer/run-record.ts';
import { checkpointsInto, commentOf, recordOf } from './checkpoints.ts';
import { openEngine } from './engine.ts';
import { describeFailure, exitStatus } from './failure.ts';
import { Interrupts } from './interrupts.ts';
import { checkOutputs, type Job, type Picture } from './job.ts';
import { answer, remark } from './output.ts';
import { impastoVersion } from './package-info.ts';
import { snapshotPath } from './paths.ts';
import { type Progress, startProgress } from './progress.ts';
import { replacementsOf, wayOf } from './replacing.ts';
import { Results } from './results.ts';
import { assertGoesOn } from './resume-job.ts';
import { SpeedWatch, workOf } from './speed-file.ts';
import { measureTrace, type TraceMeasures, traceOf } from './trace.ts';
import { loadWeights } from './weights.ts';

/** Runs the job and writes what comes of it; resolves with the exit status. @throws InputError, DeviceError. */
export async function runJob(job: Job): Promise<number> {
  const { given } = job;
  const arrange = await job.read();
  await checkOutputs(job);
  const weights = await loadWeights(given.weights, job.settings);
  using gpu = await openEngine(given);
  assertStorageIsOfUse(job.settings.objective.storage, gpu.profile, given);
  const { pictures, run, leftOut } = prepareJob(job, arrange, gpu);
  const words = [...announcementOf(job, pictures, run, gpu), ...leftOut];
  const record = given.checkpoint === undefined ? undefined : await recordOf(job, pictures, run, gpu);
  if (job.resumed !== undefined && record !== undefined) words.push(...assertGoesOn(job.resumed, record, run));
  using measures = await measureTrace(job, pictures, run, gpu);
  const replace = replacementsOf(given, (other, bytes) => prepareJob(job, arrange, other, bytes).run);
  return await paint(job, run, { gpu, weights, measures, record, replace }, words);
}

/** @throws InputError for maps in half precision on an adapter that is the CPU, unless memory is said to be short (decision 0024). */
function assertStorageIsOfUse(
  storage: 'f16' | 'f32',
  { isSoftware }: Pick<AdapterProfile, 'isSoftware'>,
  { lowMemory }: Pick<Job['given'], 'lowMemory'>,
): void {
  if (storage === 'f32' || !isSoftware || lowMemory === true) return;
  throw new InputError(
    '--storage f16 makes nothing faster on a CPU adapter, and its shaders take half as long again to compile; leave it out, or add --low-memory where memory is short',
  );
}

/**
 * The run of a job whose pictures have been read, on an adapter.
 *
 * @param memoryBytes Most that it plans to take; what the adapter's owner says when absent.
 * @throws InputError, LimitError
 */
export function prepareJob(job: Job, arrange: Awaited<ReturnType<Job['read']>>, gpu: Gpu, memoryBytes?: number) {
  const pictures = arrange(usualSize(gpu.profile));
  const { settings, leftOut } = atScalesOf(job.settings, job.choice, job.given.preset, {
    ...pictures,
    styles: mixOf(pictures.style).map(({ picture }) => picture),
  });
  return { pictures, run: prepareRun({ ...pictures, settings, gpu, tile: job.given.tile, memoryBytes }), leftOut };
}

/** What is about to happen, a line each. */
function announcementOf(job: Job, from: TransferPictures, { scales, plan }: PreparedRun, gpu: Gpu): readonly string[] {
  const at = scales.at(-1) ?? scales[0];
  const { description, isSoftware } = gpu.profile;
  const { content, styles } = job.paths;
  const result = `${at.content.width}x${at.content.height}`;
  const roles = [
    content === undefined ? `result ${result}` : `content ${describePicture(content, from.content, at.content)}`,
    ...(styles.length === 0 ? [] : [`style ${describeStyles(styles, from.style, at.style)}`]),
  ];
  const sizes = scales.map(({ content: { width, height }, phases }) => `${width}x${height} (${totalSteps(phases)})`);
  const onCpu = `no GPU: computing on the CPU at --size ${usualSize(gpu.profile)}, which takes a minute or two`;
  return [
    ...(isSoftware && !job.isSized ? [onCpu] : []),
    `adapter ${description}, ${megabytes(plan.peakBytes)} needed`,
    roles.join(', '),
    ...remarksOf({ scales }),
    ...(scales.length > 1 ? [`scales, with their evaluations: ${sizes.join(', ')}`] : []),
  ];
}

/** Each with its share, where there are several. */
function describeStyles(paths: readonly string[], from: Style, at: Style): string {
  const before = mixOf(from);
  const words = mixOf(at).map(({ picture, weight }, index) => {
    const size = describePicture(paths[index] ?? '', before[index]?.picture ?? picture, picture);
    return paths.length === 1 ? size : `${size} (${Math.round(100 * weight)} %)`;
  });
  return words.join(', ');
}

function describePicture(path: string, from: Picture, to: Picture): string {
  const size = `${to.width}x${to.height}`;
  const isSame = from.width === to.width && from.height === to.height;
  return `${basename(path)} ${isSame ? size : `${from.width}x${from.height} at ${size}`}`;
}

interface Engine extends Pick<StylizeRequest, 'gpu' | 'weights'>, Pick<LastingRequest, 'replace'> {
  readonly measures: TraceMeasures | undefined;
  /** What checkpoints say of the run; undefined where there are none. */
  readonly record: RunRecord | undefined;
}

/** Runs the transfer and writes its picture and trace; where it is interrupted before its first evaluation, neither. */
async function paint(job: Job, run: PreparedRun, engine: Engine, announcement: readonly string[]): Promise<number> {
  const { given, resumed } = job;
  const { measures } = engine;
  const progress = startProgress(worksOf(run));
  const reports: EvaluationReport[] = [...(resumed?.file.checkpoint.evaluations ?? [])];
  const results = new Results();
  let [hasRun, status]: [boolean, number] = [false, exitStatus.success];
  let [at, speed]: [RunOnDevice, SpeedWatch] = [{ gpu: engine.gpu, run }, new SpeedWatch()];
  using interrupts = new Interrupts({
    onFirst: () => progress.note(`stopping after this ${unitOf(given)}; Ctrl-C again stops at once`),
    beforeEnd: () => progress.stop(),
  });
  // Whoever reads it may already want to stop.
  for (const line of announcement) progress.note(line);
  try {
    const result = await runLasting({
      first: at,
      replace: engine.replace,
      onReplaced: (reason, evaluation, now, before) => {
        progress.note(`${reason}; the run goes on after evaluation ${evaluation} with ${wayOf(now, before)}`);
        reports.length = evaluation;
        measures?.moveTo(now.gpu, evaluation);
        [at, speed] = [now, new SpeedWatch()];
      },
      weights: engine.weights,
      signal: interrupts.signal,
      resume: resumed?.file.checkpoint,
      ...checkpointHooks(job, run, engine, progress),
      onEvaluation: (report) => {
        const { scale = report.scale } = reports.at(-1) ?? {};
        if (scale !== report.scale) progress.note(`now at ${report.scale} pixels`);
        reports.push(report);
        speed.see(report, performance.now());
        progress.update(report);
      },
      onRescue: isRescued(job) ? (sentence) => progress.note(sentence) : undefined,
      snapshots: [...snapshotsOf(job, progress, results), ...(measures === undefined ? [] : [measures])],
    });
    hasRun = result.end !== 'aborted';
    progress.stop();
    await finish(job, result, { interruptedStatus: interrupts.status, comment: commentOf(job, run), results });
    status = statusOf(result, interrupts.status);
    // Whatever fails from here on, the picture is there.
    if (hasRun) await measures?.save(result.picture, reports.length);
    await keepSpeed(speed, at, result.picture);
  } catch (error) {
    if (error instanceof BrokenOffError) await saveWhatThereIs(job, error, results);
    throw error;
  } finally {
    progress.stop();
    // A run that fails or is interrupted before its first evaluation leaves an older trace alone.
    const hasTrace = hasRun || reports.length > 0;
    if (given.trace !== undefined && hasTrace) {
      const trace = traceOf(reports, measures);
      await results.save('the trace', given.trace, (path) => writeFileAtomically(path, trace));
    }
  }
  return status === exitStatus.success && !results.isComplete ? exitStatus.input : status;
}

/** For `impasto plan`: how long an evaluation takes here, of a run that came to its last scale. */
async function keepSpeed(speed: SpeedWatch, { gpu, run }: RunOnDevice, picture: PictureSize): Promise<void> {
  const { content, plan } = run.scales.at(-1) ?? run.scales[0];
  const { width, height } = picture;
  if (width !== content.width || height !== content.height) return;
  await speed.keep(workOf(gpu.profile.description, run.settings, plan.way), width * height);
}

/** A run that no device goes on with leaves its last state. */
async function saveWhatThereIs(job: Job, { picture, evaluation }: BrokenOffError, results: Results): Promise<void> {
  const { output, title, given } = job;
  const metadata = { software: `Impasto ${impastoVersion()}`, description: `${title}, ${evaluation} evaluations` };
  const write = (path: string): Promise<void> => writeImage(path, picture, { bitDepth: given.bitDepth, metadata });
  const written = await results.save('the picture', output, write);
  if (written !== undefined) answer(`${written}  as it was after evaluation ${evaluation}`);
}

/** What a run that is to stop does to its end: a step that is cut could not be gone on with. */
function unitOf({ checkpoint }: Job['given']): string {
  return checkpoint === undefined ? 'evaluation' : 'step';
}

function checkpointHooks({ given }: Job, run: PreparedRun, { record, measures }: Engine, progress: Progress) {
  const { checkpoint, checkpointEvery: every } = given;
  if (checkpoint === undefined || record === undefined) return {};
  const note = (line: string): void => progress.note(line);
  return {
    checkpoints: checkpointsInto(checkpoint, { record, run, every, measures: () => measures?.rows ?? [], note }),
  };
}

/** Experiments have losses that may come near 0 (decision 0039). */
function isRescued({ command, settings }: Job): boolean {
  return command === 'stylize' && isRescuable(settings);
}

function snapshotsOf({ given, output }: Job, progress: Progress, results: Results): readonly Snapshots[] {
  if (given.saveEvery === undefined) return [];
  const save = async (picture: Picture, evaluation: number): Promise<void> => {
    const path = snapshotPath(output, evaluation);
    const metadata = { software: `Impasto ${impastoVersion()}` };
    const write = (to: string): Promise<void> => writeImage(to, picture, { bitDepth: given.bitDepth, metadata });
    const note = progress.note.bind(progress);
    if (await results.trySave(path, write, note)) note(`wrote ${path}`);
  };
  return [{ every: given.saveEvery, save }];
}

async function finish(
  job: Job,
  result: RunResult,
  {
    interruptedStatus,
    comment,
    results,
  }: { readonly interruptedStatus: number | undefined; readonly comment: string; readonly results: Results },
): Promise<void> {
  const spent = result.evaluations.length;
  const { checkpoint } = job.given;
  if (result.error !== undefined) {
    const which = result.error instanceof ExplodedLossError ? 'picture with the lowest loss' : 'last good picture';
    remark(`impasto: ${result.error.message}; the ${which} is written`);
  }
  if (interruptedStatus !== undefined && spent === 0) {
    remark('impasto: interrupted before the first evaluation; no picture is written');
    return;
  }
  const goesOn = checkpoint === undefined ? '' : `; \`impasto resume ${shellLine([checkpoint])}\` goes on`;
  if (result.end === 'aborted') {
    remark(`impasto: interrupted after ${spent} evaluations; the best picture is written${goesOn}`);
  }
  if (hasStalled(result)) {
    const isLost = result.evaluations.some(({ total }) => !Number.isFinite(total));
    const rate = isLost ? 'lower the weights or the learning rate' : 'lower the weights or raise the learning rate';
    remark(`impasto: the loss never changed, no step was possible; ${rate}`);
  } else if (result.end === 'gradient-tolerance' || result.end === 'change-tolerance') {
    remark(`the optimiser has converged after ${spent} evaluations`);
  }
  const { output, title, given } = job;
  const description = `${title}, ${spent} evaluations`;
  const metadata = { software: `Impasto ${impastoVersion()}`, description, comment };
  const written = await results.save('the picture', output, (path) =>
    writeImage(path, result.picture, { bitDepth: given.bitDepth, metadata }),
  );
  if (written === undefined) return;
  const { width, height } = result.picture;
  answer(`${written}  ${width}x${height}, ${spent} evaluations, ${(result.elapsedMs / 1000).toFixed(1)} s`);
}

/** Whether the optimiser found no step at all, which with weights near the largest f32 ends in no error. */
function hasStalled({ evaluations }: RunResult): boolean {
  const totals = evaluations.map(({ total }) => total).filter(Number.isFinite);
  return evaluations.length > 2 && totals.every((total) => total === totals[0]);
}

function statusOf(result: RunResult, interruptedStatus: number | undefined): number {
  if (result.error !== undefined) return describeFailure(result.error).status;
  return result.end === 'aborted' ? (interruptedStatus ?? exitStatus.interrupted) : exitStatus.success;
}
