/** What a `resume` command is to do: a run as its checkpoint tells it, from where it stood. */

import { basename } from 'node:path';
import { FormatError, InputError, messageOf } from '../core/errors.ts';
import { openFile } from '../platform/node/byte-source.ts';
import { readImage } from '../platform/node/image-files.ts';
import { listOf } from '../settings/phase.ts';
import type { Settings } from '../settings/settings.ts';
import { isNoise } from '../settings/starts.ts';
import { isSameEngine } from '../transfer/engine-record.ts';
import { reconstructionPictures, type TransferPictures, texturePictures } from '../transfer/experiments.ts';
import { type PreparedRun, worksOf } from '../transfer/prepare.ts';
import type { RunRecord } from '../transfer/run-record.ts';
import type { Start } from '../transfer/start.ts';
import { placeOf } from '../transfer/work.ts';
import { bundledWeights } from '../weights/bundled.ts';
import { openCheckpoint } from './checkpoints.ts';
import type { EngineArguments } from './engine-arguments.ts';
import type { Job, Picture } from './job.ts';
import { remark } from './output.ts';
import { seenFromHere } from './paths.ts';

/** As commander collects them. */
export interface ResumeArguments extends EngineArguments {
  readonly iterations?: number;
  readonly output?: string;
  readonly content?: string;
  readonly style?: readonly string[];
  readonly checkpointEvery?: number;
}

/** @throws InputError or FormatError where the checkpoint cannot be used, or the arguments do not fit it. */
export async function resumeJob(path: string, given: ResumeArguments): Promise<Job> {
  const file = await openCheckpoint(path, (line) => remark(`impasto: ${line}`));
  const { record, checkpoint } = file;
  const { output, engine, styles } = record;
  const settings = extended(record.settings, given.iterations, checkpoint.place);
  const isExtended = given.iterations !== undefined;
  const paths = pathsOf(record, given);
  const { weights = record.weights.path, adapter, kernels = engine.family, lowMemory = engine.lowMemory } = given;
  const { bitDepth, saveEvery, trace, traceMeasures } = output;
  const { checkpointEvery = output.checkpointEvery } = given;
  return {
    command: record.command,
    paths,
    output: given.output ?? seenFromHere(output.path),
    title: output.title,
    comment: isExtended ? `${output.comment} # resumed with --iterations ${given.iterations}` : output.comment,
    settings,
    choice: { phases: listOf(settings.scales) },
    given: {
      preset: 'default',
      output: given.output ?? seenFromHere(output.path),
      seed: record.seed,
      resize: true,
      styleWeights: styles.map(({ weight }) => weight),
      kernels,
      lowMemory,
      tile: engine.tile,
      checkpoint: path,
      ...(adapter === undefined ? {} : { adapter }),
      ...(weights === undefined ? {} : { weights }),
      ...(bitDepth === undefined ? {} : { bitDepth }),
      ...(saveEvery === undefined ? {} : { saveEvery }),
      ...(trace === undefined ? {} : { trace: seenFromHere(trace) }),
      ...(traceMeasures === undefined ? {} : { traceMeasures }),
      ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    },
    isSized: true,
    resumed: { path, file },
    read: async () => {
      await checkWeights(record, weights);
      const pictures = await readPictures(record, paths);
      return () => pictures;
    },
  };
}

/** The settings with so many evaluations at the final size, the last phase being longer. @throws InputError where they are spent. */
function extended(
  settings: Settings,
  iterations: number | undefined,
  place: { phase: number; step: number },
): Settings {
  const scale = settings.scales.at(-1);
  const last = scale?.phases.at(-1);
  if (iterations === undefined || scale === undefined || last === undefined) return settings;
  const before = scale.phases.slice(0, -1);
  const spentBefore = before.reduce((sum, { steps }) => sum + steps, 0);
  const isLast = place.phase === listOf(settings.scales).length;
  const spent = spentBefore + (isLast ? place.step : 0);
  if (iterations <= spent) {
    throw new InputError(`--iterations is ${iterations}, but ${spent} at the final size are spent; expected more`);
  }
  const longer = { ...last, steps: iterations - spentBefore };
  return { ...settings, scales: [...settings.scales.slice(0, -1), { ...scale, phases: [...before, longer] }] };
}

function pathsOf({ content, styles }: RunRecord, given: ResumeArguments): Job['paths'] {
  const { content: contentNow, style: stylesNow } = given;
  if (stylesNow !== undefined && stylesNow.length !== styles.length) {
    throw new InputError(
      `--style names ${stylesNow.length} pictures; expected the run's ${styles.length} in its order`,
    );
  }
  const now = styles.map(({ path }, index) => stylesNow?.[index] ?? seenFromHere(path));
  return content === undefined ? { styles: now } : { content: contentNow ?? seenFromHere(content.path), styles: now };
}

/** Reads the pictures, which must be those that the run was begun with. @throws InputError. */
async function readPictures(record: RunRecord, paths: Job['paths']): Promise<TransferPictures> {
  const start = startOf(record);
  const style: { picture: Picture; weight: number }[] = [];
  for (const [index, { sha256, weight }] of record.styles.entries()) {
    const path = paths.styles[index] ?? '';
    await checkUnchanged(path, sha256, 'style picture', 'say with --style where it is');
    style.push({ picture: await readImage(path), weight });
  }
  if (typeof record.size === 'object') {
    const [only] = style;
    if (only === undefined) throw new InputError('a texture has no style picture');
    return texturePictures({ style: only.picture, start, size: record.size });
  }
  const path = paths.content ?? '';
  await checkUnchanged(path, record.content?.sha256 ?? '', 'content picture', 'say with --content where it is');
  const pictures = { content: await readImage(path), start, size: record.size };
  return record.command === 'reconstruct' ? reconstructionPictures(pictures) : { ...pictures, style };
}

/** Where the run started is only looked at where it was the matched photograph; a picture need not be there any more. */
function startOf({ start, seed }: RunRecord): Start {
  if (start === 'picture') return { kind: 'grey', seed };
  return isNoise(start) ? { kind: start, seed } : { kind: start };
}

async function checkWeights({ weights: { sha256 } }: RunRecord, path: string | undefined): Promise<void> {
  if (path !== undefined) {
    await checkUnchanged(path, sha256, 'file of weights', 'say with --weights where it is');
  } else if (sha256 !== bundledWeights.sha256) {
    throw new InputError(
      'the run was begun with other weights than the bundled ones; say with --weights where their file is',
    );
  }
}

/** @throws InputError where a file is missing or another one than the run was begun with. */
async function checkUnchanged(path: string, sha256: string, what: string, advice: string): Promise<void> {
  let found: string;
  try {
    await using source = await openFile(path);
    found = await source.sha256();
  } catch (error) {
    throw new InputError(
      `${messageOf(error)}, expected the ${what} that the run was begun with; put it back, or ${advice}`,
      {
        cause: error,
      },
    );
  }
  if (found === sha256) return;
  throw new InputError(
    `${path}: is not the ${what} that the run was begun with, whose checksum is another; put that one back, or ${advice}, or begin anew`,
  );
}

/**
 * Holds that a checkpoint is of this run, and says where it goes on.
 *
 * @throws FormatError where its picture has another size than the run has there.
 */
export function assertGoesOn(
  { path, file }: NonNullable<Job['resumed']>,
  record: RunRecord,
  run: PreparedRun,
): readonly string[] {
  const { size, checkpoint } = file;
  const works = worksOf(run);
  const at = works[placeOf(works, checkpoint.place.phase).scale - 1];
  if (at?.width !== size.width || at.height !== size.height) {
    throw new FormatError(
      path,
      'checkpoint-run',
      `its picture is ${size.width}x${size.height}, but the run has ${at?.width}x${at?.height} there; it was made by hand or by another version`,
    );
  }
  const goesOn = `goes on after evaluation ${checkpoint.place.evaluation} of ${basename(path)}`;
  if (isSameEngine(file.record.engine, record.engine)) return [goesOn];
  return [
    goesOn,
    `begun on ${file.record.engine.adapter} or with other kernels: losses will be near the run's, not equal`,
  ];
}
