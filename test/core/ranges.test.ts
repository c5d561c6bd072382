/** Ranges of long vectors: together the vector, each small enough, each where a binding may begin. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindingAlignmentBytes, bytesPerFloat } from '../../src/core/buffers.ts';
import { readbackBytes } from '../../src/core/gpu.ts';
import { coverOf, rangesOf, sliceOf } from '../../src/core/ranges.ts';
import { useGpu } from '../support/gpu.ts';

describe('ranges of a vector', () => {
  it('follow each other from its first value to its last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 256, max: 9000 }), (values, most) => {
        const ranges = rangesOf(values, most);
        let next = 0;
        for (const { first, count } of ranges) {
          expect(first).toBe(next);
          expect((first * bytesPerFloat) % bindingAlignmentBytes).toBe(0);
          expect(count * bytesPerFloat).toBeLessThanOrEqual(most);
          next = first + count;
        }
        expect(next).toBe(values);
      }),
      { seed: 13 },
    );
  });

  it('are one where a binding may hold the vector', () => {
    expect(rangesOf(64, 256)).toEqual([{ first: 0, count: 64 }]);
    expect(rangesOf(65, 256)).toEqual([
      { first: 0, count: 64 },
      { first: 64, count: 1 },
    ]);
  });
});

describe('a slice', () => {
  const gpu = useGpu();

  it('of a range, or around a stretch, holds its values', async () => {
    const values = Float32Array.from({ length: 300 }, (_, index) => index);
    const vector = gpu().buffers.upload('vector', values);
    try {
      const range = { first: 128, count: 100 };
      expect(await gpu().read(sliceOf(vector, range))).toEqual(values.slice(128, 228));
      const { slice, first } = coverOf(vector, { first: 150, count: 20 });
      expect(slice.offsetBytes % bindingAlignmentBytes).toBe(0);
      expect((await gpu().read(slice)).slice(first)).toEqual(values.slice(150, 170));
    } finally {
      gpu().buffers.release(vector);
    }
  });

  it('of more than is read at once is read whole, and no more memory taken for it', async () => {
    const values = Float32Array.from({ length: readbackBytes / bytesPerFloat + 300 }, (_, index) => index);
    const vector = gpu().buffers.upload('vector', values);
    try {
      using meter = gpu().buffers.meter();
      expect(Buffer.compare(Buffer.from((await gpu().read(vector)).buffer), Buffer.from(values.buffer))).toBe(0);
      expect(meter.peakBytes).toBe(values.byteLength + readbackBytes);
    } finally {
      gpu().buffers.release(vector);
    }
  });
});
