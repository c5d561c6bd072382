/** Damaged files: whatever bytes change, every reader gives values or a FormatError, never another failure. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { pictureFormatOf } from '../../src/images/file-format.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { recogniseNetwork } from '../../src/weights/network-names.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { rawSafetensors } from './bytes.ts';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url)));

async function outcomeOf(reading: () => unknown): Promise<'read' | 'refused'> {
  try {
    await reading();
    return 'read';
  } catch (error) {
    if (error instanceof FormatError) {
      return 'refused';
    }
    throw error;
  }
}

async function readAll(bytes: Uint8Array): Promise<void> {
  const file = await openWeightFile(bytesSource('w', bytes), () => true);
  for (const tensor of file.tensors.values()) {
    await outcomeOf(() => tensor.read());
  }
  recogniseNetwork(file);
}

const values = Float32Array.of(1, 2, 3, 4);
const safetensors = encodeSafetensors(
  [
    { name: 'a', dtype: 'F32', shape: [2, 2], values },
    { name: 'b', dtype: 'F16', shape: [4], values },
  ],
  { note: 'tiny' },
);
const f8 = rawSafetensors(
  {
    'module.features.0.bias': { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
    scale: { dtype: 'F8_E4M3', shape: [3], data_offsets: [4, 7] },
    codes: { dtype: 'F4', shape: [2, 4], data_offsets: [7, 11] },
    later: { dtype: 'Q3_K', shape: [9], data_offsets: [11, 13] },
  },
  13,
);

describe.each([
  ['safetensors', safetensors],
  ['safetensors with unread types', f8],
  ['tiny_zip.pth', fixture('tiny_zip.pth')],
  ['tiny_protocol4.pth', fixture('tiny_protocol4.pth')],
  ['tiny_legacy.pth', fixture('tiny_legacy.pth')],
  ['tiny_python2.pth', fixture('tiny_python2.pth')],
  ['tiny.npz', fixture('tiny.npz')],
  ['tiny_deflate.npz', fixture('tiny_deflate.npz')],
])('%s', (_, whole) => {
  it('is read or refused with any one to four bytes changed', async () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = whole.slice();
        for (const [index, byte] of changes) {
          damaged[index] = byte;
        }
        expect(['read', 'refused']).toContain(await outcomeOf(() => readAll(damaged)));
        // Neither is ever a converted network nor a picture.
        const source = bytesSource('w', damaged);
        expect(await outcomeOf(() => loadNetworkWeights(source))).toBe('refused');
        expect(await outcomeOf(() => pictureFormatOf('w', damaged, ['PNG', 'JPEG']))).toBe('refused');
      }),
      { numRuns: 150 },
    );
  });
});
