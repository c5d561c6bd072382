/** Checkpoints whose words were changed by somebody who mended their checksum. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { resolveSettings } from '../../src/settings/presets.ts';
import { encodeCheckpoint } from '../../src/transfer/checkpoint-file.ts';
import { concat, littleEndian } from '../weights/bytes.ts';
import { anything } from './hostile.ts';

const sha256 = 'a'.repeat(64);
const phases = [{ steps: 3, optimizer: 'sgd', learningRate: 1 }] as const;

/** A run of one step, as `--checkpoint` writes it. */
export const realCheckpoint: Uint8Array = await encodeCheckpoint({
  record: {
    command: 'stylize',
    settings: resolveSettings('gram', { phases }),
    size: 16,
    start: 'content',
    seed: 1,
    content: { path: 'a.png', sha256 },
    styles: [{ path: 'b.png', sha256, weight: 1 }],
    weights: { sha256 },
    engine: { adapter: 'x', kernels: sha256, family: 'auto', tile: 'auto', lowMemory: false },
    output: { path: 'c.png', title: 't', comment: 'c' },
  },
  checkpoint: {
    variable: new Float32Array(12),
    best: new Float32Array(12),
    bestLoss: Float32Array.of(1, 1),
    place: { evaluation: 0, phase: 1, step: 0 },
    optimizer: {
      optimizer: 'sgd',
      steps: 0,
      vectors: [{ name: 'velocity', isNonNegative: false, values: new Float32Array(12) }],
    },
    evaluations: [],
  },
  size: { width: 2, height: 2 },
  measures: { columns: [], values: new Float64Array() },
});

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const [headerBytes, header] = headerOf(realCheckpoint);

function headerOf(file: Uint8Array): readonly [number, Json] {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const parsed: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  if (!isJson(parsed)) throw new Error('the header of a checkpoint is no object');
  return [8 + length, parsed];
}

const change = fc.record({
  /** Which field is taken at each level. */
  path: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
  value: fc.oneof(anything, fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined)),
  name: fc.option(fc.constantFrom('__proto__', 'constructor', 'steps', 'x'), { nil: undefined, freq: 6 }),
});

export const changedCheckpoints: fc.Arbitrary<Uint8Array> = fc
  .array(change, { minLength: 1, maxLength: 4 })
  .map((changes) => {
    const metadata = isJson(header['__metadata__']) ? header['__metadata__'] : {};
    const run: unknown = JSON.parse(String(metadata['run']));
    for (const { path, value, name } of changes) {
      let at = run;
      for (const [level, step] of path.entries()) {
        if (!isJson(at)) break;
        const keys = Object.keys(at);
        const key = keys[step % Math.max(keys.length, 1)] ?? 'x';
        if (level < path.length - 1 && isJson(at[key])) at = at[key];
        else {
          // A copy: what is generated is shared, and the next change may go into it.
          Object.defineProperty(at, name ?? key, {
            value: structuredClone(value),
            enumerable: true,
            configurable: true,
            writable: true,
          });
          break;
        }
      }
    }
    const words = JSON.stringify(run);
    const mended = { ...metadata, run: words, sha256: createHash('sha256').update(words).digest('hex') };
    const text = new TextEncoder().encode(JSON.stringify({ ...header, __metadata__: mended }));
    return concat(littleEndian(text.length, 8), text, realCheckpoint.subarray(headerBytes));
  });
