/** Checkpoints of a painting as files: made for the page to keep, and taken up again. */

import { InputError } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { blobSource } from '../../platform/browser/blob-source.ts';
import type { Checkpoint } from '../../transfer/checkpoint.ts';
import { encodeCheckpoint, readCheckpointState, readRunWords } from '../../transfer/checkpoint-file.ts';
import { engineRecordOf } from '../../transfer/engine-record.ts';
import { type PreparedRun, worksOf } from '../../transfer/prepare.ts';
import { fieldsOf, listOf, type RunRecord } from '../../transfer/run-record.ts';
import { placeOf } from '../../transfer/work.ts';
import { bundledWeights } from '../../weights/bundled.ts';
import { sha256Of } from '../../weights/byte-source.ts';
import type { Order } from '../protocol.ts';

/** A picture's file, as the page gave it. */
export interface PictureFile {
  readonly name: string;
  readonly file: Blob;
}

/** How errors call the file. */
const fileName = 'the checkpoint';

/** A file is made at most this often. */
const fileEveryMs = 10_000;

/** What checkpoints say of an order. */
export async function recordOf(
  order: Order,
  files: { readonly content: PictureFile; readonly styles: readonly PictureFile[] },
  run: PreparedRun,
  gpu: Gpu,
): Promise<RunRecord> {
  const { start, size, words } = order;
  const fileOf = async ({ name, file }: PictureFile) => ({
    path: name,
    sha256: await sha256Of(blobSource(name, file)),
  });
  const styles: RunRecord['styles'][number][] = [];
  for (const [index, file] of files.styles.entries()) {
    styles.push({ ...(await fileOf(file)), weight: order.styles[index]?.weight ?? 1 });
  }
  return {
    command: 'stylize',
    settings: run.settings,
    size,
    start: start === 'here' ? 'picture' : start.kind,
    seed: start !== 'here' && 'seed' in start ? start.seed : 0,
    content: await fileOf(files.content),
    styles,
    weights: { sha256: bundledWeights.sha256 },
    engine: await engineRecordOf(gpu, run, 'auto'),
    output: { path: words.fileName, title: words.description, comment: words.command },
  };
}

/** What a checkpoint says of its run, for the page to check and to order. @throws FormatError. */
export async function wordsOf(file: Blob): Promise<unknown> {
  return await readRunWords(blobSource(fileName, file));
}

/**
 * The checkpoint that an order goes on from.
 *
 * @throws FormatError for what is none. InputError where pictures or network are not those that it was begun with.
 */
export async function takeUp(file: Blob, record: RunRecord, run: PreparedRun): Promise<Checkpoint> {
  const source = blobSource(fileName, file);
  const words = await readRunWords(source);
  const sumOf = (value: unknown): unknown => fieldsOf('a file', value)['sha256'];
  const named = [words['content'], ...listOf('styles', words['styles'])].map(sumOf).join();
  if (named !== [record.content, ...record.styles].map((one) => one?.sha256).join()) {
    throw new InputError('the pictures are not those that the painting was begun with; choose them, then go on again');
  }
  if (sumOf(words['weights']) !== record.weights.sha256) {
    throw new InputError(
      'the painting was begun with a network that this page does not have; go on with `impasto resume`',
    );
  }
  const { checkpoint, size } = await readCheckpointState(source, record);
  const { width, height } = sizeAt(run, checkpoint);
  if (width === size.width && height === size.height) return checkpoint;
  throw new InputError(
    `the checkpoint has ${size.width} × ${size.height} pixels, but the painting has ${width} × ${height} there`,
  );
}

function sizeAt(run: PreparedRun, { place }: Checkpoint): { readonly width: number; readonly height: number } {
  const works = worksOf(run);
  return works[placeOf(works, place.phase).scale - 1] ?? { width: 0, height: 0 };
}

/** Makes files of a run's checkpoints, beside it. */
export class CheckpointFiles {
  readonly #record: Promise<RunRecord>;
  readonly #run: PreparedRun;
  readonly #tell: (file: Blob, evaluation: number) => void;
  #madeAtMs = performance.now();
  #last: Checkpoint | undefined;
  /** Of the file that was made last, or is being made. */
  #making: Promise<void> = Promise.resolve();
  #made: Checkpoint | undefined;

  constructor(record: Promise<RunRecord>, run: PreparedRun, tell: (file: Blob, evaluation: number) => void) {
    this.#record = record;
    // Whoever makes a file hears of it.
    record.catch(() => {});
    this.#run = run;
    this.#tell = tell;
  }

  /** Takes a checkpoint; makes a file of it unless that was done a moment ago. */
  see(checkpoint: Checkpoint): void {
    this.#last = checkpoint;
    // What cannot be kept costs the painting nothing.
    if (performance.now() - this.#madeAtMs >= fileEveryMs) this.make().catch(() => {});
  }

  /** Makes a file of the last checkpoint. */
  async make(): Promise<void> {
    const checkpoint = this.#last;
    if (checkpoint === undefined || checkpoint === this.#made || checkpoint.place.evaluation === 0) return;
    this.#made = checkpoint;
    this.#madeAtMs = performance.now();
    this.#making = this.#making.then(() => this.#encode(checkpoint));
    await this.#making;
  }

  async #encode(checkpoint: Checkpoint): Promise<void> {
    const { width, height } = sizeAt(this.#run, checkpoint);
    const measures = { columns: [], values: new Float64Array() };
    const bytes = await encodeCheckpoint({ record: await this.#record, checkpoint, size: { width, height }, measures });
    this.#tell(new Blob([new Uint8Array(bytes)]), checkpoint.place.evaluation);
  }
}
