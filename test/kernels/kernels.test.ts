/** Every kernel on every case: each variant that the adapter can run against the f64 reference, between guards. */

import { describe, expect, it } from 'vitest';

import { lanesOf } from '../../src/kernels/family.ts';
import { conv2dBackwardCase, conv2dForwardCase } from '../cases/conv2d.ts';
import { foldedBackward, foldedForward } from '../cases/conv2d-problems.ts';
import { kernelCases } from '../cases/index.ts';
import type { KernelCase } from '../cases/kernel-case.ts';
import { useGpu } from '../support/gpu.ts';
import { checkCase, checkCaseInHalves } from '../support/run-case.ts';
import { variantNames } from '../support/variant-names.ts';

const gpu = useGpu();

const folded: readonly KernelCase[] = [conv2dForwardCase(foldedForward), conv2dBackwardCase(foldedBackward)];

/** What a type of storage may break is seen in small cases; the large ones are about grids, which it does not touch. */
const mostBytesInHalves = 2 ** 17;

describe('kernels', () => {
  // By '%s': vitest cuts a '$name' short, and the name is what -t filters by.
  it.each([...kernelCases, ...folded].map((each) => [each.name, each] as const))('%s', async (_, kernelCase) => {
    const problems = await checkCase(gpu(), kernelCase);
    if (problems.length > 0) expect.fail(problems.join('\n\n'));
  });
});

describe('kernels that read and write f16', () => {
  const small = kernelCases.filter(({ halves, leastBytes }) => halves !== undefined && leastBytes < mostBytesInHalves);
  it.each(small.map((each) => [each.name, each] as const))('%s', async (_, kernelCase) => {
    const problems = await checkCaseInHalves(gpu(), kernelCase);
    if (problems.length > 0) expect.fail(problems.join('\n\n'));
  });
});

describe('cases', () => {
  it('have names of their own, for names are seeds and filters', () => {
    const names = kernelCases.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('reach every family that the adapter has', () => {
    const families = new Set(kernelCases.flatMap((each) => each.variants(gpu()).map(({ name }) => name)));
    const hasLanes = lanesOf(gpu().profile) !== undefined;
    expect([...families].sort()).toEqual(variantNames({ hasLanes }));
  });
});
