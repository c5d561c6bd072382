/**
 * `npm run lecture`: reproduces the style-transfer lecture as one self-contained HTML page. Every picture and curve on it is computed
 * when it is made. Runs are kept as they finish and the page is written after each section, so an interrupted lecture goes on
 * where it was.
 */

import { readFile } from 'node:fs/promises';
import { exitStatus } from '../src/cli/failure.ts';
import { answer, formatDuration, remark } from '../src/cli/output.ts';
import { impastoVersion } from '../src/cli/package-info.ts';
import { createFolderOf } from '../src/cli/paths.ts';
import { InputError } from '../src/core/errors.ts';
import type { NetworkName } from '../src/models/networks.ts';
import { writeFileAtomically } from '../src/platform/node/atomic-file.ts';
import { openFile } from '../src/platform/node/byte-source.ts';
import { openGpu } from '../src/platform/node/gpu.ts';
import { readImage } from '../src/platform/node/image-files.ts';
import { weightFilePath } from '../src/platform/node/weight-files.ts';
import { bundledWeights } from '../src/weights/bundled.ts';
import { loadNetworkWeights } from '../src/weights/network-weights.ts';
import { type LectureOptions, parseLecture } from './lecture/arguments.ts';
import { measureComparisons } from './lecture/factorisations.ts';
import { Figures } from './lecture/figures.ts';
import { KeptRuns } from './lecture/kept-runs.ts';
import { lecturePage } from './lecture/lecture-page.ts';
import { Progress } from './lecture/progress.ts';
import { perform, type Studio, stillsOf } from './lecture/run.ts';
import type { Outcome, RunSpec } from './lecture/section.ts';
import { sectionsOf } from './lecture/sections.ts';
import { runTool } from './run-tool.ts';

async function main(): Promise<number> {
  const options = parseLecture(process.argv.slice(2));
  await createFolderOf(options.output);
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  using studio = await openStudio(options);
  const kept = new KeptRuns(options.kept, {
    version: impastoVersion(),
    adapter: studio.gpu.profile.description,
    files: await Promise.all(filesOf(options).map((path) => readFile(path))),
  });
  const wanted = sectionsOf({
    effort: options.effort,
    hasBatchNorm: studio.batchNorm !== undefined,
    hasInception: studio.inception !== undefined,
    factorisations: options.sections.includes('inception') ? await measureComparisons(studio.gpu) : [],
    pictures: await stillsOf(studio, options.effort.size),
  }).filter(({ id }) => options.sections.includes(id));
  const runs = wanted.flatMap((section) => section.runs);
  const outcomes = options.fresh ? new Map<string, Outcome>() : await kept.readAll(runs);
  const progress = new Progress(runs, new Set(outcomes.keys()));
  const adapter = studio.gpu.profile.description;
  const startedAtMs = performance.now();
  const made = new Map<string, string>();
  const figures = new Figures();
  for (const section of wanted) {
    for (const run of section.runs) {
      const outcome = outcomes.get(run.name) ?? (await make(run, { studio, kept, progress, signal: abort.signal }));
      if (outcome === undefined) return interrupted(options);
      progress.done(run);
      outcomes.set(run.name, outcome);
    }
    made.set(
      section.id,
      section.render((run) => requireOutcome(outcomes, run), figures),
    );
    const elapsed = formatDuration((performance.now() - startedAtMs) / 1000);
    await writeFileAtomically(options.output, lecturePage({ options, adapter, sections: wanted, made, elapsed }));
  }
  answer(`${options.output}  ${formatDuration((performance.now() - startedAtMs) / 1000)}`);
  return exitStatus.success;
}

function filesOf({ content, style, batchNorm, inception }: LectureOptions): readonly string[] {
  return [content, style, batchNorm, inception].filter((path) => path !== undefined);
}

/** The pictures, the weights and the device. @throws InputError, DeviceError. */
async function openStudio(options: LectureOptions): Promise<Studio & Disposable> {
  const [content, style] = [await readImage(options.content), await readImage(options.style)];
  await using file = await openFile(weightFilePath(bundledWeights.fileName));
  const weights = await loadNetworkWeights(file, { sha256: bundledWeights.sha256 });
  const batchNorm = options.batchNorm === undefined ? undefined : await loadOther(options.batchNorm, 'vgg16');
  const inception = options.inception === undefined ? undefined : await loadOther(options.inception, 'inception_v3');
  const gpu = await openGpu(options.adapter === undefined ? {} : { adapter: options.adapter });
  return { gpu, content, style, weights, batchNorm, inception, [Symbol.dispose]: () => gpu[Symbol.dispose]() };
}

async function loadOther(path: string, network: NetworkName) {
  await using file = await openFile(path);
  return await loadNetworkWeights(file, { network });
}

/** Performs the run and keeps what it leaves; undefined when it was interrupted. */
async function make(
  run: RunSpec,
  by: {
    readonly studio: Studio;
    readonly kept: KeptRuns;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Outcome | undefined> {
  const { studio, kept, progress, signal } = by;
  progress.at(run, 0);
  const outcome = await perform(studio, run, { signal, onEvaluation: (evaluation) => progress.at(run, evaluation) });
  if (signal.aborted) return undefined;
  await kept.write(run, outcome);
  return outcome;
}

function requireOutcome(outcomes: ReadonlyMap<string, Outcome>, run: RunSpec): Outcome {
  const outcome = outcomes.get(run.name);
  if (outcome === undefined)
    throw new Error(`the section asks for '${run.name}', which it has not named among its runs`);
  return outcome;
}

function interrupted({ kept }: LectureOptions): number {
  // The line with the progress has no end.
  process.stderr.write('\n');
  remark(`interrupted; what is finished lies in ${kept}, the same command goes on from there`);
  return exitStatus.interrupted;
}

await runTool('lecture', main, (error) => (error instanceof InputError ? exitStatus.input : exitStatus.device));
