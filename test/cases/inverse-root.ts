/** The inverse root of symmetric matrices, whole, and the kernels of its own that it is made of, against the same polynomials in f64. */

import type { Gpu } from '../../src/core/gpu.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import {
  pairBytes,
  productFor,
  quickRoot,
  recordInverseRoot,
  recordSymmetricCopy,
} from '../../src/kernels/inverse-root.ts';
import { measuresBytes } from '../../src/kernels/moments.ts';
import { recordW2Centre } from '../../src/kernels/w2.ts';
import { centred } from '../reference/moment-losses.ts';
import { polynomialInverseRoot } from '../reference/w2.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import {
  accumulated,
  bytesOf,
  type KernelCase,
  type KernelVariant,
  type Recording,
  type Tolerance,
  unchanged,
  unwrittenBuffer,
} from './kernel-case.ts';

/** Measured at most 5.8e-6 (rms) and 6.2e-5 (max), of 128 rows: 17 products, each rounded, of matrices whose condition is some hundred. */
const ofRoots: Tolerance = {
  kind: 'rms',
  max: 2e-4,
  rms: 2e-5,
  reason: 'f32 roundings of 17 products, enlarged by the condition of the matrix',
};

/** F Fᵀ / 2n + I / 50 of n rows of 2n values: symmetric, its eigenvalues above 0. Below the diagonal it holds what no kernel may read. */
function positiveMatrix(name: string, size: number) {
  const length = 2 * size;
  const rows = floats(size * length, signed(seededRandom(name)));
  const whole = new Float64Array(size ** 2);
  for (let at = 0; at < whole.length; at++) {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = row === column ? length / 50 : 0;
    for (let k = 0; k < length; k++) sum += (rows[row * length + k] ?? 0) * (rows[column * length + k] ?? 0);
    whole[at] = Math.fround(sum / length);
  }
  const given = Float32Array.from(whole, (value, at) => (at % size < Math.floor(at / size) ? 7 : value));
  return { whole, given };
}

function rootVariants(gpu: Gpu, size: number, factor: number): readonly KernelVariant[] {
  const products = [
    ...(lanesOf(gpu.profile) === undefined ? [] : [productFor('lanes', size)]),
    productFor('tiles', size),
  ].filter((gemm, index, all) => all.findIndex(({ name }) => name === gemm.name) === index);
  return products.map((gemm) => ({
    name: gemm.name,
    record: ({ program, buffer, scratch }: Recording) =>
      recordInverseRoot(program, {
        label: 'root',
        gemm,
        size,
        steps: quickRoot,
        factor,
        matrix: buffer('matrix'),
        buffers: {
          pair: buffer('pair'),
          weight: scratch('weight', bytesOf(size ** 2)),
          raw: scratch('raw', pairBytes(size)),
          measures: scratch('measures', measuresBytes),
        },
      }),
  }));
}

function rootCase(size: number): KernelCase {
  const name = `inverse_root A=[${size},${size}]`;
  const factor = 1.5;
  return {
    op: 'inverseRoot',
    name,
    flops: 17 * 2 * size ** 3,
    leastBytes: bytesOf(3 * size ** 2),
    make: () => {
      const { whole, given } = positiveMatrix(name, size);
      return {
        inputs: { matrix: given },
        outputs: {
          pair: {
            initial: unwrittenBuffer(pairBytes(size) / 4),
            expected: polynomialInverseRoot(whole, size, quickRoot).map((value) => factor * value),
            // The second of the pair is X, which is left as it was before the last step.
            observe: (pair) => Float64Array.from(pair.subarray(0, size ** 2)),
            tolerance: ofRoots,
          },
        },
      };
    },
    variants: (gpu) => rootVariants(gpu, size, factor),
  };
}

/** A pair whose halves lie apart where their bytes are no multiple of a binding's alignment. */
function pairCopyCase(size: number): KernelCase {
  const name = `symmetric_copy A=[2,${size},${size}]`;
  const stride = pairBytes(size) / 8;
  return {
    op: 'inverseRoot',
    name,
    flops: 2 * size ** 2,
    leastBytes: bytesOf(4 * size ** 2),
    make: () => {
      const input = floats(2 * stride, signed(seededRandom(name)));
      const expected = Float64Array.from(input, (_, at) => {
        const [row, column] = [Math.floor((at % stride) / size), (at % stride) % size];
        const [low, high] = [Math.min(row, column), Math.max(row, column)];
        return 0.5 * (input[(at < stride ? 0 : stride) + low * size + high] ?? 0);
      });
      return {
        inputs: { input, measures: Float32Array.of(3, 4) },
        outputs: {
          output: {
            initial: unwrittenBuffer(2 * stride),
            expected,
            tolerance: accumulated(1),
            rule: (index) => (index % stride < size ** 2 ? 'compare' : 'untouched'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [input, output, measures] = [buffer('input'), buffer('output'), buffer('measures')];
          recordSymmetricCopy(program, { label: name, size, input, output, measures, batches: 2, factor: 0.5 });
        },
      },
    ],
  };
}

function centreCase(positions: number, channels: number): KernelCase {
  const name = `w2_centre x=[${positions},${channels}]`;
  const columns = 64 * Math.ceil(positions / 64);
  const shape = { positions, channels };
  return {
    op: 'inverseRoot',
    name,
    flops: positions * channels,
    leastBytes: bytesOf(positions * channels, channels, columns * channels),
    halves: ['feature'],
    make: (stored = unchanged) => {
      const feature = stored(floats(positions * channels, rectified(seededRandom(name))));
      const deviations = centred(shape, widen(feature));
      const means = Float64Array.from({ length: channels }, (_, at) => (feature[at] ?? 0) - (deviations[at] ?? 0));
      const expected = Float64Array.from({ length: channels * columns }, (_, at) => {
        const [channel, position] = [Math.floor(at / columns), at % columns];
        return position < positions ? (deviations[position * channels + channel] ?? 0) : 0;
      });
      return {
        inputs: { feature, means: Float32Array.from(means) },
        outputs: {
          output: {
            initial: unwrittenBuffer(channels * columns),
            expected,
            tolerance: accumulated(2),
            rule: (index) => (index % columns < positions ? 'compare' : 'zero'),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [feature, means, output] = [buffer('feature'), buffer('means'), buffer('output')];
          recordW2Centre(program, { label: name, shape, columns, feature, means, output });
        },
      },
    ],
  };
}

export const inverseRootCases: readonly KernelCase[] = [
  // One vector of columns; a ragged workgroup of rows; what the lanes product takes; more than one block of its triangle.
  ...[4, 12, 64, 68, 128].map(rootCase),
  ...[4, 20].map(pairCopyCase),
  centreCase(1, 4),
  centreCase(65, 12),
  centreCase(64, 128),
];
