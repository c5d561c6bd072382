/** planes: split and join, and the cosine transform between them. */

import type { Gpu } from '../../src/core/gpu.ts';
import {
  cosineMatrix,
  recordCosineTransform,
  transformProduct,
  transformStep,
} from '../../src/kernels/cosine-transform.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import {
  type ChannelMatrix,
  type FrequencyWeight,
  noWeight,
  type PlaneShape,
  recordPlanesJoin,
  recordPlanesSplit,
  sameChannels,
} from '../../src/kernels/planes.ts';
import type { KernelFamily } from '../../src/kernels/preference.ts';
import { cosineTransformOfPlanes, planesJoin, planesSplit } from '../reference/planes.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { accumulated, bytesOf, type KernelCase, type KernelVariant, unwrittenBuffer } from './kernel-case.ts';

export function planeShape(width: number, height: number): PlaneShape {
  const padded = (side: number): number => Math.ceil(side / transformStep) * transformStep;
  return { width, height, paddedWidth: padded(width), paddedHeight: padded(height) };
}

/** In f32, as the kernel has them. */
const fround = (weight: FrequencyWeight): FrequencyWeight => {
  const { stepX, stepY, floor, rise, level, fall } = weight;
  const [x = 0, y = 0, least = 0, up = 0, flat = 0, down = 0] = [stepX, stepY, floor, rise, level, fall].map(
    Math.fround,
  );
  return { stepX: x, stepY: y, floor: least, rise: up, level: flat, fall: down };
};

/** No symmetry that would hide a transposition, every part of the weight. */
const mixture: ChannelMatrix = [
  [0.5, -0.25, 2],
  [1.5, 0.75, -1],
  [-0.125, 3, 0.25],
];
/** Frequencies of a decade, whatever the size: a limit in the unit of the rms means something only where values are alike. */
const weightsOf = ({ width, height }: PlaneShape): readonly FrequencyWeight[] => {
  const steps = { stepX: 0.5 / width, stepY: 0.8 / height, floor: 0.1 };
  return [fround({ ...steps, rise: 0, level: 0, fall: 0.3 }), fround({ ...steps, rise: 2, level: 0.5, fall: 0 })];
};

interface Problem {
  readonly shape: PlaneShape;
  readonly weight: FrequencyWeight;
  readonly matrix: ChannelMatrix;
}

const sizeOf = ({ width, height, paddedWidth, paddedHeight }: PlaneShape): string =>
  `x=[${height},${width},3] in ${paddedHeight}x${paddedWidth}`;

/** A root, a division and two additions beside the three products: 2.5 ULP and less each, as WGSL allows. */
const tolerance = accumulated(16);

function mixingCase(way: 'split' | 'join', problem: Problem): KernelCase {
  const { shape, weight } = problem;
  const name = `planes_${way} ${sizeOf(shape)} ${weight.rise}f + ${weight.level} + ${weight.fall}/f`;
  const values = 3 * shape.width * shape.height;
  const planes = 3 * shape.paddedWidth * shape.paddedHeight;
  const isSplit = way === 'split';
  return {
    op: 'planes',
    name,
    flops: 10 * values,
    leastBytes: bytesOf(values, planes),
    make: () => {
      const input = floats(isSplit ? values : planes, signed(seededRandom(name)));
      const wide = widen(input);
      const expected = isSplit ? planesSplit(wide, problem) : planesJoin(wide, problem);
      const column = (index: number): number => index % shape.paddedWidth;
      const row = (index: number): number => Math.floor(index / shape.paddedWidth) % shape.paddedHeight;
      const isPadding = (index: number): boolean =>
        isSplit && (column(index) >= shape.width || row(index) >= shape.height);
      const initial = unwrittenBuffer(expected.length);
      return {
        inputs: { input },
        outputs: {
          output: { initial, expected, tolerance, rule: (index) => (isPadding(index) ? 'zero' : 'compare') },
        },
      };
    },
    variants: () => [
      {
        name: 'direct',
        record: ({ program, buffer }) => {
          const [input, output] = [buffer('input'), buffer('output')];
          if (isSplit) recordPlanesSplit(program, { ...problem, values: input, planes: output });
          else recordPlanesJoin(program, { ...problem, planes: input, values: output });
        },
      },
    ],
  };
}

/** What a family's product makes of the transform, from values to values. */
export function transformVariant(
  family: KernelFamily,
  shape: PlaneShape,
  direction: 'analysis' | 'synthesis',
): KernelVariant {
  const { width, height, paddedWidth, paddedHeight } = shape;
  const planesBytes = bytesOf(3 * paddedWidth * paddedHeight);
  return {
    name: transformProduct(family).name,
    record: ({ program, buffer, upload, scratch }) => {
      const planes = scratch('planes', planesBytes);
      const whole = { planes, shape, weight: noWeight, matrix: sameChannels };
      recordPlanesSplit(program, { ...whole, values: buffer('input') });
      const transform = {
        gemm: transformProduct(family),
        width: paddedWidth,
        height: paddedHeight,
        across: upload('across', cosineMatrix(width, paddedWidth)),
        acrossTransposed: upload('across transposed', cosineMatrix(width, paddedWidth, true)),
        down: upload('down', cosineMatrix(height, paddedHeight)),
        planes,
        scratch: scratch('by rows', planesBytes),
      };
      recordCosineTransform(program, transform, direction);
      recordPlanesJoin(program, { ...whole, values: buffer('output') });
    },
  };
}

function transformCase(direction: 'analysis' | 'synthesis', shape: PlaneShape): KernelCase {
  const name = `cosine_${direction} ${sizeOf(shape)}`;
  const { width, height } = shape;
  const values = 3 * width * height;
  const whole = { shape, weight: noWeight, matrix: sameChannels };
  return {
    op: 'planes',
    name,
    flops: 2 * values * (width + height),
    leastBytes: bytesOf(values, values, width ** 2, height ** 2),
    make: () => {
      const input = floats(values, signed(seededRandom(name)));
      const planes = cosineTransformOfPlanes(planesSplit(widen(input), whole), shape, direction);
      const expected = planesJoin(planes, whole);
      const initial = unwrittenBuffer(values);
      return {
        inputs: { input },
        outputs: { output: { initial, expected, tolerance: accumulated(width + height) } },
      };
    },
    variants: (gpu: Gpu) =>
      (lanesOf(gpu.profile) === undefined ? (['tiles'] as const) : (['lanes', 'tiles'] as const)).map((family) =>
        transformVariant(family, shape, direction),
      ),
  };
}

/** One pixel; one row; sides of any rest, one a multiple of 4; more than the whole grid of 65536. */
const shapes = [planeShape(1, 1), planeShape(7, 1), planeShape(13, 10), planeShape(16, 9), planeShape(262, 255)];

export const planesCases: readonly KernelCase[] = [
  ...shapes.flatMap((shape) =>
    weightsOf(shape).flatMap((weight) =>
      (['split', 'join'] as const).map((way) => mixingCase(way, { shape, weight, matrix: mixture })),
    ),
  ),
  ...[planeShape(1, 1), planeShape(1, 6), planeShape(13, 10), planeShape(65, 34)].flatMap((shape) => [
    transformCase('analysis', shape),
    transformCase('synthesis', shape),
  ]),
];
