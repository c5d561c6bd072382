/** Barriers: a software adapter runs a workgroup in order and forgives a missing one, so wgsl_reflect looks for races. */

import { describe, expect, it } from 'vitest';
import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';

import { packParams } from '../../src/core/kernel.ts';
import { specialiseShader } from '../../src/core/shader.ts';
import { conv2dTilesKernel } from '../../src/kernels/conv2d-tiles.ts';
import { gemmTilesKernel, gemmTransposedTilesKernel } from '../../src/kernels/gemm-tiles.ts';
import { readShader } from '../../src/platform/node/gpu.ts';

type Resource = Float32Array | { readonly uniform: Uint32Array };

interface Subject {
  readonly name: string;
  readonly source: string;
  /** Fresh resources by binding, for one workgroup. */
  readonly resources: () => Readonly<Record<number, Resource>>;
}

const ones = (values: number): Float32Array => new Float32Array(values).fill(1);

const terms = 2;
const partials = 192;

const lossSum: Subject = {
  name: 'loss_sum',
  source: readShader('loss_sum.wgsl'),
  resources: () => ({
    0: ones(terms * partials),
    1: ones(terms),
    2: new Float32Array(1 + terms),
    3: Float32Array.of(Number.POSITIVE_INFINITY, 0),
    4: { uniform: Uint32Array.of(terms, partials) },
  }),
};

/** A tile small enough to be interpreted: two invocations, each with two rows of one vector. */
const tile = { TILE_M: 4, TILE_N: 4, TILE_K: 4, ROWS: 2, VECTORS: 1 };

/** The same for rows that follow each other. */
const tallTile = { TILE_M: 8, TILE_N: 4, TILE_K: 4, ROWS: 4, VECTORS: 1 };

/** A 4x4 result from a depth of 8, which is two tiles: the second overwrites what the first was read from. */
function gemmTiles(kernel: typeof gemmTilesKernel): Subject {
  const isTransposed = kernel === gemmTransposedTilesKernel;
  const aStrides = isTransposed ? { aRow: 1, aDepth: 8 } : { aRow: 8, aDepth: 1 };
  const rows = isTransposed ? 8 : 4;
  const sizes = { rows, columns: 4, depth: 8, depthTotal: 8, depthStep: 0 };
  const strides = { aFirst: 0, aBatch: 0, ...aStrides, bBatch: 0, bDepth: 4, cFirst: 0, cBatch: 0, cRow: 4 };
  const params = packParams(kernel, { ...sizes, ...strides, accumulate: 0, triangle: 0 });
  return {
    name: kernel.shader,
    source: specialiseShader(kernel.shader, readShader(kernel.shader), isTransposed ? tallTile : tile),
    resources: () => ({ 0: ones(64), 1: ones(32), 2: new Float32Array(32), 3: { uniform: new Uint32Array(params) } }),
  };
}

/** Four pixels of four channels under a kernel of 1x2. */
function conv2dTiles(): Subject {
  const maps = { inHeight: 2, inWidth: 2, inChannels: 4, outHeight: 2, outWidth: 2, outChannels: 4 };
  const kernel = { kernelHeight: 1, kernelWidth: 2, stride: 1, direction: 1, replicate: 0 };
  const places = { offsetRows: 0, offsetColumns: 0, inFirst: 0, inOf: 4, outFirst: 0, outOf: 4 };
  const params = packParams(conv2dTilesKernel, {
    ...maps,
    ...kernel,
    ...places,
    bias: 1,
    relu: 1,
    accumulate: 0,
    mask: 0,
  });
  return {
    name: 'conv2d.tiles',
    source: specialiseShader('conv2d.tiles.wgsl', readShader('conv2d.tiles.wgsl'), tile),
    resources: () => ({
      0: ones(16),
      1: ones(32),
      2: ones(4),
      3: ones(16),
      4: new Float32Array(16),
      5: { uniform: new Uint32Array(params) },
    }),
  };
}

const subjects = [lossSum, gemmTiles(gemmTilesKernel), gemmTiles(gemmTransposedTilesKernel), conv2dTiles()];

/** Races of one workgroup, as texts. */
function races(source: string, { resources }: Subject): readonly string[] {
  const found = detectRaces(source, 'main', [1, 1, 1], { 0: resources() });
  expect(found.errors).toEqual([]);
  return found.races.map(({ message }) => message);
}

const barrier = 'workgroupBarrier();';

/** The source without one of its barriers, for each of them. */
function withoutBarriers(source: string): readonly string[] {
  const barriers = [...source.matchAll(/workgroupBarrier\(\);/g)].map(({ index }) => index);
  return barriers.map((at) => `${source.slice(0, at)}${source.slice(at + barrier.length)}`);
}

describe.each(subjects)('$name', (subject) => {
  it('has no race', () => {
    expect(races(subject.source, subject)).toEqual([]);
  });

  it('has one without any of its barriers', () => {
    const mutants = withoutBarriers(subject.source);
    expect(mutants.length).toBeGreaterThan(1);
    for (const mutant of mutants) expect(races(mutant, subject)).not.toEqual([]);
  });
});
