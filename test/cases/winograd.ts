/** The transform of Winograd's weights, which runs once per network. */

import type { Conv2dVariant, Direction } from '../../src/kernels/conv2d.ts';
import { winogradLanes } from '../../src/kernels/winograd-lanes.ts';
import { winograd2Lanes } from '../../src/kernels/winograd2-lanes.ts';
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

interface Form {
  readonly variant: Conv2dVariant;
  readonly edge: 2 | 4;
}

function winogradWeightCase(
  { variant, edge }: Form,
  inChannels: number,
  outChannels: number,
  direction: Direction,
): KernelCase {
  const name = `winograd${edge === 4 ? '' : edge}_weight w=[${outChannels},${inChannels},3,3] ${direction}`;
  const filters = inChannels * outChannels;
  const geometry = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, paddingMode: 'zeros' } as const;
  const problem = { shape: { inHeight: 1, inWidth: 1, inChannels, outChannels, ...geometry }, direction };
  const bytes = variant.weightBytes(problem);
  const coefficients = (edge + 2) ** 2;
  const pack = (weight: Float32Array) => variant.packWeights(problem, { weight, bias: new Float32Array(outChannels) });
  return {
    op: 'winograd',
    name,
    flops: coefficients * 2 * 9 * filters,
    leastBytes: bytesOf(9 * filters, coefficients * filters),
    make: () => {
      const weight = floats(9 * filters, signed(seededRandom(name)));
      const reference = winogradWeight(edge, widen(weight), inChannels, outChannels, direction);
      return {
        host: { weight },
        inputs: { source: pack(weight).values },
        outputs: { transformed: strided(reference, filters, bytes) },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer, host }) => {
          pack(host('weight')).transform?.(program, buffer('source'), buffer('transformed'));
        },
      },
    ],
  };
}

const forms: readonly Form[] = [
  { variant: winogradLanes, edge: 4 },
  { variant: winograd2Lanes, edge: 2 },
];

export const winogradCases: readonly KernelCase[] = forms.flatMap((form) =>
  (['forward', 'backward'] as const).flatMap((direction) => [
    winogradWeightCase(form, 4, 4, direction),
    winogradWeightCase(form, 8, 64, direction),
    winogradWeightCase(form, 64, 8, direction),
    winogradWeightCase(form, 128, 64, direction),
  ]),
);
