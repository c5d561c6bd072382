/** Sums over positions, what is added at all of them, and covariances from moments, on post-ReLU features. */

import {
  channelSumsScratchBytes,
  recordChannelAdd,
  recordChannelSums,
  recordCovariance,
} from '../../src/kernels/moments.ts';
import { gaussianOf, meanOf } from '../reference/moment-losses.ts';
import { floats, rectified, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, type Tolerance, unchanged, unwrittenBuffer } from './kernel-case.ts';

function sumsCase(positions: number, channels: number): KernelCase {
  const name = `channel_sum x=[${positions},${channels}]`;
  const shape = { positions, channels };
  return {
    op: 'moments',
    name,
    flops: positions * channels,
    leastBytes: bytesOf(positions * channels, channels),
    halves: ['feature'],
    make: (stored = unchanged) => {
      const feature = stored(floats(positions * channels, rectified(seededRandom(name))));
      return {
        inputs: { feature },
        outputs: {
          output: {
            initial: unwrittenBuffer(channels),
            expected: meanOf(shape, widen(feature)),
            tolerance: accumulated(Math.min(positions, 256) + Math.ceil(positions / 256) + 1),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer, scratch }) => {
          const partials = scratch('partial', channelSumsScratchBytes(shape));
          const [feature, output] = [buffer('feature'), buffer('output')];
          recordChannelSums(program, { label: name, shape, feature, scratch: partials, output, scale: 1 / positions });
        },
      },
    ],
  };
}

function addCase(positions: number, channels: number, accumulate: boolean): KernelCase {
  const name = `channel_add x=[${positions},${channels}]${accumulate ? ' accumulate' : ''}`;
  const values = positions * channels;
  return {
    op: 'moments',
    name,
    flops: values,
    leastBytes: bytesOf(channels, accumulate ? 2 * values : values),
    make: () => {
      const random = seededRandom(name);
      const addend = floats(channels, signed(random));
      const old = floats(values, signed(random));
      return {
        inputs: { addend },
        outputs: {
          gradient: {
            initial: accumulate ? old : unwrittenBuffer(values),
            expected: widen(old).map((value, at) => (accumulate ? value : 0) + (addend[at % channels] ?? 0)),
            tolerance: accumulated(1),
          },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [addend, gradient] = [buffer('addend'), buffer('gradient')];
          recordChannelAdd(program, { label: name, shape: { positions, channels }, addend, gradient, accumulate });
        },
      },
    ],
  };
}

/** A difference of values of about its own size, rounded before. */
const ofMoments: Tolerance = {
  kind: 'rms',
  max: 1e-5,
  rms: 1e-6,
  reason: 'f32 difference of moments and means, each rounded',
};

function covarianceCase(channels: number): KernelCase {
  const name = `covariance C=${channels}`;
  const shape = { positions: 50, channels };
  return {
    op: 'moments',
    name,
    flops: 2 * channels ** 2,
    leastBytes: bytesOf(2 * channels ** 2, 2 * channels),
    make: () => {
      const feature = widen(floats(50 * channels, rectified(seededRandom(name))));
      const { mean, covariance } = gaussianOf(shape, feature);
      const outer = (at: number): number => (mean[Math.floor(at / channels)] ?? 0) * (mean[at % channels] ?? 0);
      return {
        inputs: {
          moments: Float32Array.from(covariance, (value, at) => value + outer(at)),
          means: Float32Array.from(mean),
        },
        outputs: {
          output: {
            initial: unwrittenBuffer(channels ** 2),
            expected: covariance.map((value, at) => {
              const onDiagonal = at % (channels + 1) === 0 ? 0.5 * (value + outer(at)) : 0;
              return value + 0.25 * outer(at) + onDiagonal;
            }),
            tolerance: ofMoments,
          },
          outputMeans: { initial: unwrittenBuffer(channels), expected: Float64Array.from(mean), tolerance: ofMoments },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) =>
          recordCovariance(program, {
            label: name,
            channels,
            moments: { matrix: buffer('moments'), vector: buffer('means') },
            output: { matrix: buffer('output'), vector: buffer('outputMeans') },
            ridges: { ridge: 0.5, meanRidge: 0.25 },
          }),
      },
    ],
  };
}

export const momentCases: readonly KernelCase[] = [
  // Chunks of 32 positions: one, a ragged one, one of a single position; grown chunks; vectors beyond a workgroup.
  ...[1, 31, 32, 33, 300].map((positions) => sumsCase(positions, 4)),
  sumsCase(8200, 64),
  sumsCase(50, 512),
  addCase(35, 12, false),
  addCase(35, 12, true),
  addCase(1100, 256, true),
  ...[4, 12, 68, 512].map(covarianceCase),
];
