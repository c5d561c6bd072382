/** `impasto plan`: what a run would take, scale by scale, before it takes anything. */

import { names, numbers, textTable } from '../bench/table.ts';
import type { Gpu } from '../core/gpu.ts';
import { megabytes, memoryParts } from '../objective/memory-plan.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { totalSteps } from '../settings/phase.ts';
import type { FittedPlan } from '../transfer/fit.ts';
import { type PreparedRun, remarksOf } from '../transfer/prepare.ts';
import { openEngine } from './engine.ts';
import { exitStatus } from './failure.ts';
import { answer, formatDuration, remark } from './output.ts';
import { refuseOverwriting } from './paths.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { prepareJob } from './run-job.ts';
import { measuredSeconds, workOf } from './speed-file.ts';
import { stylizeJob } from './stylize-job.ts';

/** A scale of the run. */
interface PlannedScale {
  readonly width: number;
  readonly height: number;
  readonly evaluations: number;
  readonly way: FittedPlan['way'];
  /** Of rows, of the largest maps. */
  readonly bands: number;
  /** That the picture goes through the network in; 1 where it is whole. */
  readonly windows: number;
  /** Curvature pairs that L-BFGS keeps. */
  readonly history: number;
  readonly bytes: ReturnType<typeof memoryParts>;
  readonly peakBytes: number;
  /** As evaluations took on this adapter before; null where none were measured. */
  readonly secondsPerEvaluation: number | null;
}

interface Report {
  readonly adapter: string;
  readonly maxStorageBufferBindingSize: number;
  /** Most that a run may plan to take. */
  readonly memoryBytes: number;
  /** In order, of the largest scale last. */
  readonly scales: readonly PlannedScale[];
  /** What is done to make it fit, a sentence each. */
  readonly remarks: readonly string[];
}

/** Runs the command; resolves with the exit status. @throws InputError, LimitError where no way fits, DeviceError. */
export async function runPlan(
  content: string | undefined,
  styles: readonly string[],
  given: PlanArguments,
): Promise<number> {
  const job = stylizeJob(content, styles, given);
  const { json } = given;
  const arrange = await job.read();
  if (json !== undefined) {
    const inputs = [job.paths.content, ...job.paths.styles, given.init, given.phases];
    await refuseOverwriting(
      [json],
      inputs.filter((path) => path !== undefined),
    );
    await checkWritable(json);
  }
  using gpu = await openEngine(given);
  const { run, leftOut } = prepareJob(job, arrange, gpu);
  const report = await reportOf(run, gpu);
  for (const line of leftOut) remark(line);
  answer(...describe(report));
  if (json !== undefined) await writeFileAtomically(json, `${JSON.stringify(report, undefined, 2)}\n`);
  return exitStatus.success;
}

async function reportOf({ scales, settings }: PreparedRun, gpu: Gpu): Promise<Report> {
  const adapter = gpu.profile.description;
  const planned: PlannedScale[] = [];
  for (const { content, phases, plan } of scales) {
    const { width, height } = content;
    const { way, bands, tiling, history, peakBytes } = plan;
    const seconds = await measuredSeconds(workOf(adapter, settings, way), width * height);
    planned.push({
      width,
      height,
      evaluations: totalSteps(phases),
      way,
      bands,
      windows: tiling?.windows.length ?? 1,
      history,
      bytes: memoryParts(plan),
      peakBytes,
      secondsPerEvaluation: seconds ?? null,
    });
  }
  const { maxStorageBufferBindingSize } = gpu.limits;
  const remarks = remarksOf({ scales });
  return { adapter, maxStorageBufferBindingSize, memoryBytes: gpu.memoryBytes, scales: planned, remarks };
}

function describeMaps({ way, bands, windows }: PlannedScale): string {
  return { whole: 'whole', bands: `${bands} bands`, tiles: `${windows} windows` }[way];
}

function describe({ adapter, maxStorageBufferBindingSize, memoryBytes, scales, remarks }: Report): readonly string[] {
  const row = (name: string, cell: (scale: PlannedScale) => string): readonly string[] => [name, ...scales.map(cell)];
  const parts = [...new Set(scales.flatMap(({ bytes }) => bytes.map(({ part }) => part)))];
  const table = textTable({
    columns: [names('device memory'), ...scales.map(({ width, height }) => numbers(`${width}x${height}`))],
    rows: [
      ...parts.map((part) => row(part, ({ bytes }) => megabytes(bytes.find((one) => one.part === part)?.bytes ?? 0))),
      row('at most', ({ peakBytes }) => megabytes(peakBytes)),
      row('maps', describeMaps),
      row('evaluations', ({ evaluations }) => String(evaluations)),
      row('each takes', ({ secondsPerEvaluation: seconds }) =>
        seconds === null ? '–' : `${seconds.toPrecision(2)} s`,
      ),
    ],
  });
  const known = scales.every(({ secondsPerEvaluation }) => secondsPerEvaluation !== null);
  const seconds = scales.reduce(
    (sum, { evaluations, secondsPerEvaluation }) => sum + evaluations * (secondsPerEvaluation ?? 0),
    0,
  );
  return [
    `adapter ${adapter}; ${megabytes(maxStorageBufferBindingSize)} bound at once, ${megabytes(memoryBytes)} may be taken`,
    ...table.split('\n'),
    ...(remarks.length === 0 ? ['fits as it is'] : remarks),
    known
      ? `about ${formatDuration(seconds)} in all`
      : 'how long it takes is known once a picture was painted on this adapter',
  ];
}
