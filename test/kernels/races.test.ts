/** Barriers: a software adapter runs a workgroup in order and forgives a missing one, so wgsl_reflect looks for races. */

import { expect, it } from 'vitest';
import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';

import { readShader } from '../../src/platform/node/gpu.ts';

const terms = 2;
const partials = 192;

/** Races of loss_sum on two terms, as texts. */
function races(source: string): readonly string[] {
  const group = {
    0: new Float32Array(terms * partials).fill(1),
    1: new Float32Array(terms).fill(1),
    2: new Float32Array(1 + terms),
    3: Float32Array.of(Number.POSITIVE_INFINITY, 0),
    4: { uniform: Uint32Array.of(terms, partials) },
  };
  const found = detectRaces(source, 'main', [1, 1, 1], { 0: group });
  expect(found.errors).toEqual([]);
  return found.races.map(({ message }) => message);
}

const source = readShader('loss_sum.wgsl');
const barriers = [...source.matchAll(/workgroupBarrier\(\);/g)].map(({ index }) => index);

it('loss_sum has no race', () => {
  expect(races(source)).toEqual([]);
});

it.each(barriers.map((at, index) => [index, at] as const))('loss_sum without its barrier %i has one', (_, at) => {
  const without = `${source.slice(0, at)}${source.slice(at + 'workgroupBarrier();'.length)}`;
  expect(races(without).length).toBeGreaterThan(0);
});
