/** Which CPUs lavapipe is asked to use 512-bit vectors on. */

import { expect, it } from 'vitest';
import { hasWideVectors } from '../../src/platform/node/vector-width.ts';

const line = (flags: string): string => `processor\t: 0\nflags\t\t: fpu sse2 avx2 ${flags} fma\nbugs\t\t:\n`;

it('512 bits where all four parts of AVX-512 are there', () => {
  expect(hasWideVectors(line('avx512f avx512dq avx512bw avx512vl'))).toBe(true);
});

it.each(['', 'avx512f', 'avx512f avx512dq avx512bw', 'avx512_vnni avx512fp avx512vlx'])(
  "256 bits with '%s'",
  (flags) => {
    expect(hasWideVectors(line(flags))).toBe(false);
  },
);

it('256 bits where nothing is known of the CPU', () => {
  expect(hasWideVectors('')).toBe(false);
});
