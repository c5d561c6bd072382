/** Damaged files: whatever bytes change, a reader gives values or a FormatError, never another failure. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url)));

async function readAll(bytes: Uint8Array): Promise<'read' | 'refused'> {
  try {
    const file = await openWeightFile(bytesSource('w', bytes), () => true);
    for (const tensor of file.tensors.values()) {
      await tensor.read();
    }
    return 'read';
  } catch (error) {
    if (error instanceof FormatError) {
      return 'refused';
    }
    throw error;
  }
}

const values = Float32Array.of(1, 2, 3, 4);
const safetensors = encodeSafetensors(
  [
    { name: 'a', dtype: 'F32', shape: [2, 2], values },
    { name: 'b', dtype: 'F16', shape: [4], values },
  ],
  { note: 'tiny' },
);

describe.each([
  ['safetensors', safetensors],
  ['tiny_zip.pth', fixture('tiny_zip.pth')],
  ['tiny_protocol4.pth', fixture('tiny_protocol4.pth')],
  ['tiny_legacy.pth', fixture('tiny_legacy.pth')],
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
        expect(['read', 'refused']).toContain(await readAll(damaged));
      }),
      { numRuns: 150 },
    );
  });
});
