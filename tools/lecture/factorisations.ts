/** Large filters and what takes their place: multiplications, parameters, reach, and the time that they take on this device. */

import { ConvTrial, convTrialValues } from '../../src/bench/conv-trial.ts';
import { type Summary, summarise } from '../../src/bench/statistics.ts';
import { timeProgram } from '../../src/bench/timing.ts';
import { BufferScope } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { Program } from '../../src/core/program.ts';
import { type Conv2dShape, chooseConv2dVariant } from '../../src/kernels/conv2d.ts';
import { backendOf } from '../../src/kernels/family.ts';

/** A convolution of stride 1 that keeps the size. */
export type Link = readonly [inChannels: number, outChannels: number, height: number, width: number];

/** Ways to make the same channels of the same channels, with as many positions seen. */
export interface Comparison {
  readonly title: string;
  readonly ways: readonly { readonly name: string; readonly links: readonly Link[] }[];
}

/** Of Inception v3's blocks at a picture of 299x299. */
export const comparisons: readonly Comparison[] = [
  {
    title: '7x7, in the middle of Mixed_6b',
    ways: [
      { name: '7x7', links: [[128, 192, 7, 7]] },
      {
        name: '1x7 · 7x1',
        links: [
          [128, 128, 1, 7],
          [128, 192, 7, 1],
        ],
      },
    ],
  },
  {
    title: '5x5, as in Mixed_5b',
    ways: [
      { name: '5x5', links: [[64, 96, 5, 5]] },
      {
        name: '3x3 · 3x3',
        links: [
          [64, 96, 3, 3],
          [96, 96, 3, 3],
        ],
      },
      {
        name: '1x5 · 5x1',
        links: [
          [64, 96, 1, 5],
          [96, 96, 5, 1],
        ],
      },
    ],
  },
  {
    title: '5x5 behind a 1x1 that narrows, in Mixed_5b',
    ways: [
      { name: '5x5', links: [[192, 64, 5, 5]] },
      {
        name: '1x1 · 5x5',
        links: [
          [192, 48, 1, 1],
          [48, 64, 5, 5],
        ],
      },
    ],
  },
];

/** Side of the maps: that of Mixed_5b at 299x299. */
export const mapSide = 35;

export interface Measured {
  readonly name: string;
  /** Per position. */
  readonly multiplications: number;
  readonly parameters: number;
  /** Rows and columns. */
  readonly field: readonly [number, number];
  /** Milliseconds forward. */
  readonly milliseconds: Summary;
}

export function shapeOf([inChannels, outChannels, height, width]: Link): Conv2dShape {
  return {
    inHeight: mapSide,
    inWidth: mapSide,
    inChannels,
    outChannels,
    kernelHeight: height,
    kernelWidth: width,
    stride: 1,
    padding: [(height - 1) / 2, (width - 1) / 2],
    paddingMode: 'zeros',
  };
}

/** What follows from the shapes alone; with biases and without batch norms. */
export function countsOf(links: readonly Link[]): Omit<Measured, 'name' | 'milliseconds'> {
  const multiplications = links.reduce((sum, [ins, outs, height, width]) => sum + ins * outs * height * width, 0);
  const parameters = links.reduce((sum, [, outs]) => sum + outs, multiplications);
  const reach = (axis: 2 | 3): number => links.reduce((field, link) => field + link[axis] - 1, 1);
  return { multiplications, parameters, field: [reach(2), reach(3)] };
}

/** Times every way of every comparison, one after the other, with the kernels that the device runs. */
export async function measureComparisons(gpu: Gpu): Promise<readonly (readonly Measured[])[]> {
  const measured: Measured[][] = [];
  for (const { ways } of comparisons) {
    const row: Measured[] = [];
    for (const { name, links } of ways) {
      row.push({ name, ...countsOf(links), milliseconds: await timeLinks(gpu, links) });
    }
    measured.push(row);
  }
  return measured;
}

async function timeLinks(gpu: Gpu, links: readonly Link[]): Promise<Summary> {
  using scope = new BufferScope(gpu.buffers);
  using program = new Program(gpu, 'links');
  for (const link of links) {
    const problem = { shape: shapeOf(link), direction: 'forward' } as const;
    const trial = new ConvTrial(scope, { problem, values: convTrialValues(problem), mask: false });
    trial.record(program, scope, chooseConv2dVariant(problem, backendOf(gpu)));
  }
  return summarise(await timeProgram(gpu, program, { goalMs: 500, least: 5, most: 200 }));
}
