/** Checkpoints of a run as files: what they say of it, and how they are written and read. */

import { realpath, rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { previousPath, writeKeepingPrevious } from '../platform/node/atomic-file.ts';
import { openFile } from '../platform/node/byte-source.ts';
import type { CheckpointHooks } from '../transfer/checkpoint.ts';
import { type CheckpointFile, encodeCheckpoint, readCheckpoint } from '../transfer/checkpoint-file.ts';
import { engineRecordOf } from '../transfer/engine-record.ts';
import type { TransferPictures } from '../transfer/experiments.ts';
import { type PreparedRun, worksOf } from '../transfer/prepare.ts';
import type { FileRecord, OutputRecord, RunRecord } from '../transfer/run-record.ts';
import { placeOf } from '../transfer/work.ts';
import { bundledWeights } from '../weights/bundled.ts';
import type { Job } from './job.ts';
import { commandOf } from './making.ts';
import { type MeasureRow, tableOfMeasures } from './measure-table.ts';

/** Between two checkpoints where no number of evaluations is said. */
const everyMs = 60_000;

/** What the checkpoints of a job say of it; its files are read for their checksums. @throws InputError. */
export async function recordOf(job: Job, pictures: TransferPictures, run: PreparedRun, gpu: Gpu): Promise<RunRecord> {
  const { command, paths, settings, given, resumed } = job;
  const { content, start } = pictures;
  const styles = await Promise.all(paths.styles.map(async (path) => await fileRecordOf(path)));
  const { seed = given.seed, kind } = 'seed' in start ? start : { kind: start.kind };
  return {
    command,
    settings: { ...settings, scales: run.settings.scales },
    size: command === 'texture' ? { width: content.width, height: content.height } : pictures.size,
    start: resumed?.file.record.start ?? kind,
    seed,
    content: paths.content === undefined ? undefined : await fileRecordOf(paths.content),
    styles: styles.map((file, index) => ({ ...file, weight: given.styleWeights?.[index] ?? 1 })),
    weights: given.weights === undefined ? { sha256: bundledWeights.sha256 } : await fileRecordOf(given.weights),
    engine: await engineRecordOf(gpu, run, given.kernels ?? 'auto', given.tile),
    output: outputOf(job, run),
  };
}

function outputOf(job: Job, run: PreparedRun): OutputRecord {
  const { bitDepth, saveEvery, trace, traceMeasures, checkpointEvery } = job.given;
  return {
    path: resolve(job.output),
    title: job.title,
    comment: commentOf(job, run),
    ...(bitDepth === undefined ? {} : { bitDepth }),
    ...(saveEvery === undefined ? {} : { saveEvery }),
    ...(trace === undefined ? {} : { trace: resolve(trace) }),
    ...(traceMeasures === undefined ? {} : { traceMeasures }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
  };
}

/** The command that makes the picture, for its file. */
export function commentOf(job: Job, { scales }: PreparedRun): string {
  return job.comment ?? commandOf(job, (scales.at(-1) ?? scales[0]).content);
}

async function fileRecordOf(path: string): Promise<FileRecord> {
  await using source = await openFile(path);
  return { path: resolve(path), sha256: await source.sha256() };
}

/**
 * Checkpoints of a run into a file. One that cannot be written is told and costs the run nothing.
 *
 * @param measures What was measured so far.
 */
export function checkpointsInto(
  path: string,
  {
    record,
    run,
    every,
    measures,
    note,
  }: {
    readonly record: RunRecord;
    readonly run: PreparedRun;
    readonly every: number | undefined;
    readonly measures: () => readonly MeasureRow[];
    readonly note: (line: string) => void;
  },
): CheckpointHooks {
  const works = worksOf(run);
  return {
    ...(every === undefined ? { everyMs } : { every }),
    keep: async (checkpoint) => {
      const { width, height } = works[placeOf(works, checkpoint.place.phase).scale - 1] ?? { width: 0, height: 0 };
      const file = { record, checkpoint, size: { width, height }, measures: tableOfMeasures(measures()) };
      try {
        await writeKeepingPrevious(path, await encodeCheckpoint(file));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        note(`${messageOf(error)}; the run goes on without this checkpoint`);
      }
    },
  };
}

/**
 * Reads a checkpoint or, where it is missing or damaged, the one before it, which then takes its place.
 *
 * @param note Told of that.
 * @throws FormatError, InputError of the newest where there is none before it.
 */
export async function openCheckpoint(path: string, note: (line: string) => void): Promise<CheckpointFile> {
  try {
    return await readAt(path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const real = await realpath(path).catch(() => path);
    const previous = previousPath(real);
    const file = await readAt(previous).catch(() => {
      throw error;
    });
    note(`${messageOf(error)}; the one before it, ${previous}, is taken`);
    await rename(previous, real);
    return file;
  }
}

async function readAt(path: string): Promise<CheckpointFile> {
  await using source = await openFile(path);
  return await readCheckpoint(source);
}
