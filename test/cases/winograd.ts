/** The transform of Winograd's weights, which runs once per network. */

import { packConv2dWeight } from '../../src/kernels/conv2d.ts';
import { recordWinogradWeights, type WinogradTile, winogradWeightBytes } from '../../src/kernels/winograd.ts';
import { winogradWeight } from '../reference/winograd.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { bytesOf, type CaseOutput, type KernelCase, type Tolerance, unwrittenBuffer } from './kernel-case.ts';

/** Nine products with factors of at most 1, in f32. */
const tolerance: Tolerance = { kind: 'rms', max: 2e-6, rms: 2e-7, reason: 'two sums of three terms in f32' };

/** The dense [coefficients, filters] reference in a buffer whose matrices lie apart; what is between them stays untouched. */
function strided(reference: Float64Array, filters: number, bytes: number): CaseOutput {
  const stride = bytes / 4 / (reference.length / filters);
  const expected = new Float64Array(bytes / 4);
  reference.forEach((value, index) => {
    expected[Math.floor(index / filters) * stride + (index % filters)] = value;
  });
  return {
    initial: unwrittenBuffer(bytes / 4),
    expected,
    tolerance,
    rule: (index) => (index % stride < filters ? 'compare' : 'untouched'),
  };
}

function winogradWeightCase(
  tile: WinogradTile,
  inChannels: number,
  outChannels: number,
  direction: 'forward' | 'backward',
): KernelCase {
  const name = `winograd${tile === 4 ? '' : tile}_weight w=[${outChannels},${inChannels},3,3] ${direction}`;
  const filters = inChannels * outChannels;
  const bytes = winogradWeightBytes(tile, inChannels, outChannels);
  const coefficients = (tile + 2) ** 2;
  return {
    op: 'winograd',
    name,
    flops: coefficients * 2 * 9 * filters,
    leastBytes: bytesOf(9 * filters, coefficients * filters),
    make: () => {
      const weight = floats(9 * filters, signed(seededRandom(name)));
      const reference = winogradWeight(tile, widen(weight), inChannels, outChannels, direction);
      const shape = { inChannels, outChannels, kernelHeight: 3, kernelWidth: 3 };
      return {
        inputs: { source: packConv2dWeight(weight, shape) },
        outputs: { transformed: strided(reference, filters, bytes) },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [source, transformed] = [buffer('source'), buffer('transformed')];
          recordWinogradWeights(program, { tile, source, transformed, inChannels, outChannels, direction });
        },
      },
    ],
  };
}

export const winogradCases: readonly KernelCase[] = ([4, 2] as const).flatMap((tile) =>
  (['forward', 'backward'] as const).flatMap((direction) => [
    winogradWeightCase(tile, 4, 4, direction),
    winogradWeightCase(tile, 8, 64, direction),
    winogradWeightCase(tile, 64, 8, direction),
    winogradWeightCase(tile, 128, 64, direction),
  ]),
);
