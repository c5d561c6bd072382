/** The file of a checkpoint: what was written is read, and what was not written by us is refused in a sentence. */

import { beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { type CheckpointFile, encodeCheckpoint, readCheckpoint } from '../../src/transfer/checkpoint-file.ts';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { bytesSource, sha256Of } from '../../src/weights/byte-source.ts';
import { encodeSafetensors, readSafetensorsHeader, readTensor } from '../../src/weights/safetensors.ts';
import { seededRandom } from '../support/random.ts';

const sum = 'a'.repeat(64);
const values = (length: number, from = 0): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(from + i));

function report(evaluation: number, phase: number, step: number): EvaluationReport {
  const terms = [evaluation / 3, 0.25];
  const parts = { content: terms[0] ?? 0, style: 0.25, totalVariation: 0 };
  return {
    evaluation,
    phase,
    step,
    scale: 16,
    learningRate: 0.02,
    isTrial: false,
    total: 1 / evaluation,
    ...parts,
    terms,
  };
}

/** A run in the second of its phases, four evaluations done. */
const file: CheckpointFile = {
  record: {
    command: 'stylize',
    settings: resolveSettings('gram', {
      phases: [
        { steps: 3, optimizer: 'lbfgs', learningRate: 1, scale: 16 },
        { steps: 5, optimizer: 'adam', learningRate: { start: 0.02, end: 0.01, decay: 'cosine' } },
      ],
    }),
    size: 16,
    start: 'noise',
    seed: 7,
    content: { path: 'cat.png', sha256: sum },
    styles: [{ path: 'wave.png', sha256: sum, weight: 1 / 3 }],
    weights: { sha256: sum },
    engine: { adapter: 'an adapter', kernels: sum, family: 'auto', tile: 'auto', lowMemory: false },
    output: {
      path: 'out.png',
      title: 'a cat',
      comment: 'impasto stylize',
      bitDepth: 16,
      saveEvery: 2,
      trace: 't.json',
    },
  },
  checkpoint: {
    variable: values(4 * 2 * 3),
    best: values(4 * 2 * 3, 5),
    bestLoss: Float32Array.of(Number.POSITIVE_INFINITY, 0),
    place: { evaluation: 4, phase: 2, step: 1 },
    optimizer: {
      optimizer: 'adam',
      steps: 1,
      vectors: [
        { name: 'first', isNonNegative: false, values: values(24, 1) },
        { name: 'second', isNonNegative: true, values: values(24, 2).map(Math.abs) },
      ],
    },
    evaluations: [
      report(1, 1, 1),
      report(2, 1, 2),
      { ...report(3, 1, 3), isTrial: true, total: Number.NaN },
      report(4, 2, 1),
    ],
  },
  size: { width: 4, height: 2 },
  measures: { columns: ['evaluation', 'layers/relu1_1/w2'], values: Float64Array.of(2, 0.5, 4, Number.NaN) },
};

let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await encodeCheckpoint(file);
});

const read = (changed: Uint8Array) => readCheckpoint(bytesSource('a.ckpt', changed));

type Fields = Record<string, unknown>;

/** The file with other words or other tensors, all checksums right. */
async function forged(change: (fields: Fields) => Fields, tensors: Readonly<Record<string, Float32Array>> = {}) {
  const source = bytesSource('a.ckpt', bytes);
  const header = await readSafetensorsHeader(source);
  const list = [];
  const sums: Record<string, string> = {};
  for (const [name, entry] of header.tensors) {
    const found = await readTensor(source, entry);
    const other = tensors[name];
    const tensor =
      found instanceof Float64Array
        ? ({ name, dtype: 'F64', shape: entry.shape, values: found } as const)
        : ({ name, dtype: 'F32', shape: other ? [other.length] : entry.shape, values: other ?? found } as const);
    list.push(tensor);
    sums[name] = await digestOf(new Uint8Array(tensor.values.slice().buffer));
  }
  for (const [name, added] of Object.entries(tensors)) {
    if (header.tensors.has(name)) continue;
    list.push({ name, dtype: 'F32', shape: [added.length], values: added } as const);
    sums[name] = await digestOf(new Uint8Array(added.slice().buffer));
  }
  const fields: Fields = JSON.parse(header.metadata.get('run') ?? '');
  const run = JSON.stringify(change({ ...fields, sums }));
  const sha256 = await digestOf(new TextEncoder().encode(run));
  return encodeSafetensors(list, { ...Object.fromEntries(header.metadata), run, sha256 });
}

const digestOf = (content: Uint8Array): Promise<string> => sha256Of(bytesSource('', content));

describe('a checkpoint file', () => {
  it('is read as it was written, NaN and infinity too', async () => {
    expect(await read(bytes)).toEqual(file);
    expect(await read(await forged((fields) => fields))).toEqual(file);
  });

  it.each([10, 5])(
    'holds a run that has just begun, with a ring of %i pairs where 10 were asked for',
    async (pairs) => {
      const begun = { ...file.checkpoint, place: { evaluation: 0, phase: 1, step: 0 }, evaluations: [] };
      const lengths = { candidate: 24, 'previous gradient': 24, pairs: 0, products: 2 * pairs ** 2, scale: 1 };
      const optimizer = {
        optimizer: 'lbfgs',
        steps: 0,
        numbers: { count: 0, oldest: 0, stored: 0 },
        vectors: Object.entries(lengths).map(([name, length]) => ({
          name,
          isNonNegative: false,
          values: values(length),
        })),
      };
      const first = {
        ...file,
        checkpoint: { ...begun, optimizer },
        measures: { columns: [], values: new Float64Array() },
      };
      expect(await read(await encodeCheckpoint(first))).toEqual(first);
    },
  );

  it.each<[string, (fields: Fields) => Fields, string]>([
    ['without settings', ({ settings: _, ...rest }) => rest, 'styleFit is missing'],
    [
      'of a setting from elsewhere',
      (fields) => withIn(fields, 'settings', { brush: 1 }),
      "a setting is called 'brush'",
    ],
    ['of a command from elsewhere', (fields) => ({ ...fields, command: 'rm' }), "command is 'rm'"],
    [
      'of a phase beyond',
      (fields) => withIn(fields, 'place', { phase: 3 }),
      'phase is 3; expected a whole number from 1 to 2',
    ],
    ['of a phase before', (fields) => withIn(fields, 'place', { phase: 1 }), 'its losses do not lead to phase 1'],
    ['of a step beyond', (fields) => withIn(fields, 'place', { step: 2 }), 'step is 2'],
    ['of more evaluations', (fields) => withIn(fields, 'place', { evaluation: 5 }), 'evaluation is 5'],
    [
      'of another optimiser',
      (fields) => withIn(fields, 'optimizer', { optimizer: 'sgd' }),
      'adam cannot go on with the state of sgd',
    ],
    ['of a negative step', (fields) => withIn(fields, 'optimizer', { steps: -1 }), 'steps is -1'],
    ['of fewer vectors', (fields) => withIn(fields, 'optimizer', { vectors: [] }), 'the state of adam has no vectors'],
    [
      'of other columns',
      (fields) => withIn(fields, 'columns', { losses: ['phase'] }),
      'the columns of the losses are phase',
    ],
    ['without a picture', ({ content: _, ...rest }) => rest, 'a picture of the stylize, or its size, is missing'],
    ['that is no object', () => ({}), 'command is missing'],
  ])('%s is refused', async (_name, change, problem) => {
    const error = await read(await forged(change)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'FormatError', code: 'checkpoint-run' });
    expect(String(error)).toContain(`a.ckpt: what it says of its run cannot be: ${problem}`);
  });

  it('whose picture or state is of another size is refused', async () => {
    const short = forged((fields) => fields, { best: values(3) });
    await expect(read(await short)).rejects.toThrow('a tensor has 3 values, expected 24 of f32');
    const shorter = forged((fields) => fields, { 'optimizer.first': values(3) });
    const more = forged((fields) => fields, { other: values(3) });
    await expect(read(await more)).rejects.toThrow('it has tensors that mean nothing');
    await expect(read(await shorter)).rejects.toThrow('adam: first of the state has 3 values, expected 24');
  });

  it.each<[string, () => Promise<Uint8Array> | Uint8Array, string]>([
    ['checkpoint-header', () => Uint8Array.from(bytes, (byte, i) => (i === 3 ? 1 : byte)), 'whose header has at most'],
    ['checkpoint-format', () => encodeSafetensors([], { format: 'pt' }), 'it is no checkpoint of a run'],
    [
      'checkpoint-version',
      () => encodeSafetensors([], { format: 'impasto-checkpoint', version: '9' }),
      'of version 9, expected 1',
    ],
    ['file-truncated', () => bytes.subarray(0, bytes.length - 1), 'it is truncated or damaged'],
    [
      'checkpoint-checksum',
      () => Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte)),
      'damaged',
    ],
  ])('refused: %s', async (code, make, problem) => {
    const error = await read(await make()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(String(error)).toContain(problem);
  });

  it('with any byte changed is refused, or means the same', async () => {
    const random = seededRandom('checkpoints');
    for (let round = 0; round < 300; round++) {
      const changed = bytes.slice();
      const at = Math.floor(random() * bytes.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      const outcome = await read(changed).catch((thrown: unknown) => thrown);
      if (!(outcome instanceof FormatError)) expect(outcome).toEqual(file);
    }
  });
});

function withIn(fields: Fields, name: string, change: Fields): Fields {
  const inner = fields[name];
  return { ...fields, [name]: { ...(typeof inner === 'object' ? inner : {}), ...change } };
}
