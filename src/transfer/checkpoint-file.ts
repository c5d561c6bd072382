/**
 * The file of a checkpoint: safetensors, so that any tool can look into it. `__metadata__` says `format`, `version`, `run` (JSON: what the run
 * was told, where it stands, the SHA-256 of every tensor) and the SHA-256 of that text. Tensors: `variable` and `best` [H, W, 3], `best loss`
 * [2], `losses` (f64) [evaluations, columns], `measures` (f64) where pictures were measured, and `optimizer.…`, the optimiser's vectors.
 *
 * The reader takes bytes from anywhere: the header is checked before a tensor is read, each tensor's bytes against their checksum, and all
 * that shaders or loops would trust against what the run is.
 */

import { type FormatCode, FormatError, InputError, messageOf } from '../core/errors.ts';
import { checkNumber } from '../core/numbers.ts';
import type { OptimizerState, StateVector } from '../optimizers/optimizer.ts';
import { phasesOf, type Settings } from '../settings/settings.ts';
import { type ByteSource, bytesSource, readRange, sha256Of } from '../weights/byte-source.ts';
import type { FloatArray } from '../weights/dtype.ts';
import {
  encodeSafetensors,
  type Float64Tensor,
  readSafetensorsHeader,
  readTensor,
  type SafetensorsEntry,
  type SafetensorsHeader,
  type SafetensorsTensor,
} from '../weights/safetensors.ts';
import type { Checkpoint, RunPlace } from './checkpoint.ts';
import type { EvaluationReport } from './evaluator.ts';
import { stateProblem } from './phase-optimizer.ts';
import { reportsOf, tableOf } from './report-table.ts';
import { fieldsOf, listOf, parseRunRecord, plainRunRecord, type RunRecord, textOf } from './run-record.ts';

/** Rows of numbers that go with a run, such as measures of its picture. */
export interface NumberTable {
  readonly columns: readonly string[];
  /** [rows, columns] */
  readonly values: Float64Array;
}

export interface CheckpointFile {
  readonly record: RunRecord;
  readonly checkpoint: Checkpoint;
  /** The picture's size at the scale at work. */
  readonly size: { readonly width: number; readonly height: number };
  readonly measures: NumberTable;
}

const format = 'impasto-checkpoint';
const version = '1';

/** A larger header is refused before it is read: its text would take many times its bytes. */
const maxHeaderBytes = 2 ** 20;

const tensorPrefix = 'optimizer.';

/** Tensors besides the optimiser's. */
const namedTensors = 5;

/** @throws InputError where a run says so much of itself that the file could not be read again. */
export async function encodeCheckpoint({ record, checkpoint, size, measures }: CheckpointFile): Promise<Uint8Array> {
  const { variable, best, bestLoss, place, optimizer, evaluations } = checkpoint;
  const losses = tableOf(evaluations);
  const shape = [size.height, size.width, 3];
  const rows = [measures.columns.length === 0 ? 0 : measures.values.length / measures.columns.length];
  const tensors: readonly (SafetensorsTensor | Float64Tensor)[] = [
    { name: 'variable', dtype: 'F32', shape, values: variable },
    { name: 'best', dtype: 'F32', shape, values: best },
    { name: 'best loss', dtype: 'F32', shape: [bestLoss.length], values: bestLoss },
    { name: 'losses', dtype: 'F64', shape: [evaluations.length, losses.width], values: losses.values },
    { name: 'measures', dtype: 'F64', shape: [...rows, measures.columns.length], values: measures.values },
    ...optimizer.vectors.map(({ name, values }) => {
      return { name: `${tensorPrefix}${name}`, dtype: 'F32', shape: [values.length], values } as const;
    }),
  ];
  const sums: [string, string][] = [];
  for (const { name, values } of tensors) sums.push([name, await digestOf(values)]);
  const vectors = optimizer.vectors.map(({ name, isNonNegative }) => ({ name, isNonNegative }));
  const run = JSON.stringify({
    ...plainRunRecord(record),
    place,
    optimizer: { ...optimizer, vectors },
    columns: { losses: losses.columns, measures: measures.columns },
    sums: Object.fromEntries(sums),
  });
  const bytes = encodeSafetensors(tensors, {
    format,
    version,
    run,
    sha256: await digestOf(new TextEncoder().encode(run)),
  });
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  if (headerBytes <= maxHeaderBytes) return bytes;
  throw new InputError(
    `a checkpoint has room for ${maxHeaderBytes} bytes of settings, but these take ${headerBytes}; use fewer phases, or leave out --checkpoint`,
  );
}

/** @throws FormatError naming the rule that is broken. */
export async function readCheckpoint(source: ByteSource): Promise<CheckpointFile> {
  const words = await readRunWords(source);
  const record = saidOf(source, () => parseRunRecord(words));
  return { record, ...(await readCheckpointState(source, record)) };
}

/**
 * What a checkpoint says of its run, which {@link parseRunRecord} checks; no tensor is read.
 *
 * @throws FormatError naming the rule that is broken.
 */
export async function readRunWords(source: ByteSource): Promise<Readonly<Record<string, unknown>>> {
  const header = await readHeader(source);
  const text = header.metadata.get('run') ?? '';
  if ((await digestOf(new TextEncoder().encode(text))) !== header.metadata.get('sha256')) {
    const problem = 'what it says of its run does not have its checksum; it is damaged';
    throw new FormatError(source.name, 'checkpoint-checksum', problem);
  }
  return saidOf(source, () => fieldsOf('the run', JSON.parse(text)));
}

/** The state of a run whose words have been checked. @throws FormatError naming the rule that is broken. */
export async function readCheckpointState(
  source: ByteSource,
  { settings }: Pick<RunRecord, 'settings'>,
): Promise<Omit<CheckpointFile, 'record'>> {
  const fields = await readRunWords(source);
  const sums = saidOf(source, () => fieldsOf('sums', fields['sums']));
  const tensors = await readTensors(source, await readHeader(source), sums);
  return saidOf(source, () => assemble(fields, settings, tensors));
}

/** @throws FormatError where what a file says of its run makes no sense. */
function saidOf<Result>(source: ByteSource, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError || error instanceof SyntaxError)) throw error;
    const problem = `what it says of its run cannot be: ${messageOf(error)}`;
    throw new FormatError(source.name, 'checkpoint-run', problem);
  }
}

/** Whether the metadata of a safetensors file are those of a checkpoint. */
export function isCheckpoint(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.get('format') === format;
}

async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const fail = (code: FormatCode, problem: string): FormatError => new FormatError(source.name, code, problem);
  const prefix = await readRange(source, 0, 8, 'the length of the header');
  const declared = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(maxHeaderBytes)) {
    throw fail('checkpoint-header', `it is no checkpoint, whose header has at most ${maxHeaderBytes} bytes`);
  }
  const header = await readSafetensorsHeader(source);
  if (!isCheckpoint(header.metadata)) {
    throw fail('checkpoint-format', 'it is no checkpoint of a run; expected a file that --checkpoint has written');
  }
  const found = header.metadata.get('version');
  if (found !== version) {
    throw fail(
      'checkpoint-version',
      `it is a checkpoint of version ${found}, expected ${version}; use the Impasto that wrote it`,
    );
  }
  return header;
}

interface Tensor {
  readonly shape: readonly number[];
  readonly values: FloatArray;
}

/** The tensors by name, each with its checksum held. */
async function readTensors(
  source: ByteSource,
  header: SafetensorsHeader,
  sums: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of header.tensors) {
    assertType(source, entry);
    const values = await readTensor(source, entry);
    if ((await digestOf(values)) !== sums[name]) {
      throw new FormatError(
        source.name,
        'checkpoint-checksum',
        `tensor '${name}' does not have its checksum; the file is damaged`,
      );
    }
    tensors.set(name, { shape: entry.shape, values });
  }
  return tensors;
}

function assertType(source: ByteSource, { name, dtype }: SafetensorsEntry): void {
  const expected = ['losses', 'measures'].includes(name) ? 'F64' : 'F32';
  if (dtype === expected) return;
  throw new FormatError(source.name, 'tensor-dtype', `tensor '${name}' holds ${dtype}, expected ${expected}`);
}

/** @throws InputError for what does not fit together. */
function assemble(
  fields: Readonly<Record<string, unknown>>,
  settings: Settings,
  tensors: ReadonlyMap<string, Tensor>,
): Omit<CheckpointFile, 'record'> {
  const columns = fieldsOf('columns', fields['columns']);
  const namesOf = (table: string): readonly string[] =>
    listOf(`columns of ${table}`, columns[table]).map((name) => textOf('a column', name));
  const [height = 0, width = 0, channels] = tensorOf(tensors, 'variable').shape;
  const values = width * height * 3;
  if (channels !== 3 || values === 0) throw new InputError('its variable is no picture');
  const losses = tensorOf(tensors, 'losses');
  const evaluations = reportsOf({
    columns: namesOf('losses'),
    values: float64(losses),
    width: losses.shape[1] ?? 0,
  });
  const place = parsePlace(fields['place'], settings, evaluations);
  const checkpoint: Checkpoint = {
    variable: float32(tensorOf(tensors, 'variable'), values),
    best: float32(tensorOf(tensors, 'best'), values),
    bestLoss: float32(tensorOf(tensors, 'best loss'), 2),
    place,
    optimizer: parseState(fields['optimizer'], tensors),
    evaluations,
  };
  const phase = phasesOf(settings)[place.phase - 1];
  const problem = phase && stateProblem(checkpoint.optimizer, phase, values);
  if (problem !== undefined) throw new InputError(problem);
  const measures = { columns: namesOf('measures'), values: float64(tensorOf(tensors, 'measures')) };
  if (tensorOf(tensors, 'measures').shape[1] !== measures.columns.length)
    throw new InputError('its measures have other columns');
  if (tensors.size !== namedTensors + checkpoint.optimizer.vectors.length)
    throw new InputError('it has tensors that mean nothing');
  return { checkpoint, size: { width, height }, measures };
}

/** Each evaluation is a step of its phase, and phases follow each other. */
function parsePlace(value: unknown, settings: Settings, evaluations: readonly EvaluationReport[]): RunPlace {
  const fields = fieldsOf('place', value);
  const phases = phasesOf(settings);
  const exactly = (name: string, number: number): number =>
    checkNumber(name, fields[name], { from: number, to: number });
  const phase = checkNumber('phase', fields['phase'], { from: 1, to: phases.length, whole: true });
  const spent = evaluations.filter((report) => report.phase === phase).length;
  const isInOrder = evaluations.every((report, index) => report.phase >= (evaluations[index - 1]?.phase ?? 1));
  if (!isInOrder || (evaluations.at(-1)?.phase ?? 1) > phase || spent > (phases[phase - 1]?.steps ?? 0)) {
    throw new InputError(`its losses do not lead to phase ${phase}`);
  }
  return { evaluation: exactly('evaluation', evaluations.length), phase, step: exactly('step', spent) };
}

function parseState(value: unknown, tensors: ReadonlyMap<string, Tensor>): OptimizerState {
  const { optimizer, steps, numbers, vectors } = fieldsOf('optimizer', value);
  const finite = ([name, number]: readonly [string, unknown]) => [name, checkNumber(name, number, signed)] as const;
  return {
    optimizer: textOf('optimizer', optimizer),
    steps: checkNumber('steps', steps, { from: 0, whole: true }),
    ...(numbers === undefined
      ? {}
      : { numbers: Object.fromEntries(Object.entries(fieldsOf('numbers', numbers)).map(finite)) }),
    vectors: listOf('vectors', vectors).map((vector): StateVector => {
      const { name, isNonNegative } = fieldsOf('a vector', vector);
      const text = textOf('name of a vector', name);
      const tensor = tensorOf(tensors, `${tensorPrefix}${text}`);
      return { name: text, isNonNegative: isNonNegative === true, values: float32(tensor, tensor.values.length) };
    }),
  };
}

const signed = { from: -Number.MAX_VALUE } as const;

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new InputError(`it has no tensor '${name}'`);
  return tensor;
}

function float32({ values }: Tensor, length: number): Float32Array {
  if (values instanceof Float32Array && values.length === length) return values;
  throw new InputError(`a tensor has ${values.length} values, expected ${length} of f32`);
}

function float64({ values }: Tensor): Float64Array {
  if (values instanceof Float64Array) return values;
  throw new InputError('a table of numbers is not of f64');
}

/** SHA-256 of the bytes of an array, lower-case hex. */
async function digestOf({ buffer, byteOffset, byteLength }: FloatArray | Uint8Array): Promise<string> {
  return await sha256Of(bytesSource('', new Uint8Array(buffer, byteOffset, byteLength)));
}
