/**
 * `npm run bench`: checks the kernels, then times them and whole evaluations against the measured peak of the adapter. The
 * sections are in `tools/bench/`; this file runs them in order. Tables go to stdout, progress to stderr.
 */

import { writeFileSync } from 'node:fs';
import { type AdapterPeak, measurePeak } from '../src/bench/adapter-peak.ts';
import { convProblems } from '../src/bench/conv-problems.ts';
import { convRows } from '../src/bench/conv-rows.ts';
import { isConvolution, medianOf, otherRows, shareRows, timeEvaluation } from '../src/bench/evaluation-rows.ts';
import { evaluationName, evaluationRow } from '../src/bench/evaluations.ts';
import { openObjective, uploadWeights } from '../src/bench/network.ts';
import { markdownReport, textReport } from '../src/bench/output.ts';
import { sizeName } from '../src/bench/pictures.ts';
import type { EvaluationRow, KernelRow, Report, ShareRow } from '../src/bench/report.ts';
import { requireTimestamps } from '../src/bench/timing.ts';
import { answer } from '../src/cli/output.ts';
import type { Gpu } from '../src/core/gpu.ts';
import type { DeviceWeights } from '../src/models/device-weights.ts';
import { type BenchOptions, parseBench } from './bench/arguments.ts';
import { checkKernels } from './bench/checks.ts';
import { describeEnvironment, progress } from './bench/environment.ts';
import { firstUseRows } from './bench/first-use.ts';
import { memoryName, memoryRow } from './bench/memory.ts';
import { openBenchGpu } from './bench/open-gpu.ts';
import { optimizerNames, optimizerRows } from './bench/optimizer-rows.ts';
import { picturesAt, readBundledWeights } from './bench/pictures.ts';
import { settings } from './bench/settings.ts';
import { readBenchShader } from './bench/shaders.ts';
import { runTool } from './run-tool.ts';

/** Runs of an evaluation taken apart. */
const breakdownRuns = 5;

async function main(): Promise<number> {
  const options = parseBench(process.argv.slice(2));
  const checks = await checkAdapter(options);
  // Compiled shaders of earlier runs would hide what a pipeline's first use costs. Read by Mesa when the adapter is opened.
  if (!options.warmCache) process.env['MESA_SHADER_CACHE_DISABLE'] = 'true';
  const gpu = await openBenchGpu(options);
  requireTimestamps(gpu);
  const report = { ...(await measure(gpu, options)), checks };
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const text = options.markdown ? markdownReport(report) : textReport(report, options);
  const isWrong = checks.problems.length > 0 || report.kernels.some(({ check }) => check !== 'ok');
  answer(...text.split('\n'));
  return isWrong ? 1 : 0;
}

/** On a device of its own, so that the other one has compiled nothing yet. */
async function checkAdapter(options: BenchOptions): Promise<Report['checks']> {
  if (options.checkFlops === undefined) return { cases: 0, problems: [] };
  using gpu = await openBenchGpu(options);
  return await checkKernels(gpu, options.checkFlops);
}

async function measure(gpu: Gpu, options: BenchOptions): Promise<Omit<Report, 'checks'>> {
  const environment = describeEnvironment(gpu, options.kernels);
  const { firstSize, memorySize, adapter, kernels, isWanted } = options;
  const firstUse = await firstUseRows({ size: firstSize, adapter, kernels, isWanted });
  progress('measuring the peak of the adapter');
  const peak = await measurePeak(gpu, readBenchShader, options.peakEffort);
  const convolutions: KernelRow[] = [];
  for (const problem of convProblems(settings, options.layerSize)) {
    convolutions.push(...(await convRows(gpu, problem, { ...options, peak, progress })));
  }
  const { others, evaluations, shares } = await measureEvaluations(gpu, peak, options);
  // Last, when nothing else is on the device.
  const memory = isWanted(memoryName(memorySize)) ? [await memoryRow(gpu, memorySize)] : [];
  return { environment, peak, kernels: [...convolutions, ...others], evaluations, shares, firstUse, memory };
}

async function measureEvaluations(gpu: Gpu, peak: AdapterPeak, options: BenchOptions) {
  using weights = await uploadWeights(gpu, await readBundledWeights(), settings, options.layerSize);
  const breakdown = await measureBreakdown(gpu, weights, peak, options);
  const evaluations: EvaluationRow[] = [];
  for (const size of options.sizes) {
    if (options.isWanted(evaluationName(size))) {
      progress(evaluationName(size));
      const pictures = await picturesAt(size);
      evaluations.push(await evaluationRow(gpu, weights, { settings, pictures, effort: options.evaluationEffort }));
    }
  }
  return { ...breakdown, evaluations };
}

/** One evaluation dispatch by dispatch: rows of all that is not a convolution, shares, and what optimisers add. */
async function measureBreakdown(gpu: Gpu, weights: DeviceWeights, peak: AdapterPeak, options: BenchOptions) {
  const { isWanted, layerSize } = options;
  const at = sizeName(layerSize);
  progress(`an evaluation of ${at}, dispatch by dispatch`);
  using objective = await openObjective(gpu, weights, settings, await picturesAt(layerSize));
  const groups = await timeEvaluation(gpu, objective, { runs: breakdownRuns });
  const shares: ShareRow[] = [...shareRows(groups, at)];
  if (optimizerNames(at).some(isWanted)) {
    progress(`steps of the optimisers at ${at}`);
    const ms = medianOf(groups).median;
    const outsideMs = medianOf(groups.filter((group) => !isConvolution(group))).median;
    shares.push(...(await optimizerRows(gpu, objective, { ms, outsideMs }, at)));
  }
  return {
    others: otherRows(groups, { options: settings.objective, size: layerSize, peak }).filter(({ name, variant }) =>
      isWanted(`${name} ${variant}`),
    ),
    shares: shares.filter(({ name }) => isWanted(name)),
  };
}

await runTool('bench', main);
