/** One evaluation, as a whole or in windows, on pictures made from a seed. */

import type { Gpu } from '../../src/core/gpu.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { backendOf } from '../../src/kernels/family.ts';
import { DeviceWeights, type HostWeights } from '../../src/models/device-weights.ts';
import { convolutionsOf, type NetworkName } from '../../src/models/networks.ts';
import { reachOf, type WindowCounts, windowsOf } from '../../src/models/windows.ts';
import { type PlanRequest, planTransfer, type TransferPlan } from '../../src/objective/memory-plan.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { mixOf, type Style } from '../../src/objective/style-mix.ts';
import { tapsOf } from '../../src/objective/terms.ts';
import { planTiled } from '../../src/objective/tiled-plan.ts';
import type { Tiling } from '../../src/objective/tiling.ts';
import type { ObjectiveOptions } from '../../src/settings/settings.ts';
import { norm } from './derivatives.ts';
import { floats, seededRandom, signed } from './random.ts';

/** Waves and noise: every layer has something to see. */
export function seededPicture(width: number, height: number, seed: string): RgbImage {
  const random = seededRandom(seed);
  const [across, down, phase] = [3 + 8 * random(), 3 + 8 * random(), 6 * random()];
  const pixels = floats(width * height * 3, random).map((value, index) => {
    const [x, y] = [(Math.floor(index / 3) % width) / width, Math.floor(index / 3 / width) / height];
    const wave = Math.sin(across * x + phase * (index % 3)) * Math.cos(down * y - phase);
    return Math.min(1, Math.max(0, 0.5 + 0.35 * wave + 0.3 * (value - 0.5)));
  });
  return { width, height, pixels };
}

/** Weights of a network that keep the size of what goes through it (He et al. 2015). */
export function seededWeights(network: NetworkName): HostWeights {
  const random = signed(seededRandom(network));
  const layers = new Map(
    convolutionsOf(network).map(({ name, inChannels, outChannels, kernel: [height, width] }) => {
      const fanIn = height * width * inChannels;
      const bound = Math.sqrt(6 / fanIn);
      const weight = floats(fanIn * outChannels, () => bound * random());
      return [name, { weight, bias: floats(outChannels, () => 0.05 * random()) }];
    }),
  );
  return { layers };
}

function darkened(picture: RgbImage): RgbImage {
  return { ...picture, pixels: picture.pixels.map((value) => 0.6 * value ** 2) };
}

export interface Problem {
  readonly options: ObjectiveOptions;
  readonly weights: HostWeights;
  readonly content: RgbImage;
  readonly style: Style;
  readonly image: RgbImage;
}

/**
 * A problem whose style picture has another size than the rest, and other colours. None of its units lies so near to a ReLU's kink that roundings
 * decide on which side: one that does moves the gradient of a small picture by 1e-4.
 */
export function problemOf(
  options: ObjectiveOptions,
  weights: HostWeights,
  { width, height }: { readonly width: number; readonly height: number },
): Problem {
  return {
    options,
    weights,
    content: seededPicture(width, height, 'content'),
    style: darkened(seededPicture(width - 3, height + 5, 'style')),
    image: seededPicture(width, height, 'image 0'),
  };
}

/** The windows of a problem's pictures. */
export function cutOf(
  { options, content, style }: Problem,
  counts: WindowCounts,
  how: Tiling['content'] = 'kept',
): Tiling {
  const reach = reachOf(options.network, tapsOf(options));
  const styles = mixOf(style).map(({ picture }) =>
    windowsOf(picture, reach, { columns: counts.rows, rows: counts.columns }),
  );
  return { windows: windowsOf(content, reach, counts), styles, content: how };
}

export interface Evaluated {
  /** The total, then each term. */
  readonly losses: Float32Array;
  readonly gradient: Float32Array;
  readonly plan: TransferPlan;
  /** Bytes on the device, at most. */
  readonly peakBytes: number;
}

/** Losses and gradient of a problem, in windows where a tiling is given. */
export async function evaluateProblem(gpu: Gpu, problem: Problem, tiling: Tiling | undefined): Promise<Evaluated> {
  const { options, content, style, image: initial } = problem;
  const styleSizes = mixOf(style).map(({ picture }) => picture);
  const request: PlanRequest = { options, size: content, styleSizes, optimizerBytes: () => 0, backend: backendOf(gpu) };
  const plan = tiling === undefined ? planTransfer(request) : planTiled(request, tiling);
  using meter = gpu.buffers.meter();
  using weights = await DeviceWeights.create(gpu, problem.weights, plan.kernels);
  using objective = await TransferObjective.create({ gpu, weights, options, content, style, initial, tiling });
  for (const program of objective.programs) gpu.submit([program]);
  const losses = await gpu.read(objective.losses.values);
  const { peakBytes } = meter;
  return { losses, gradient: await gpu.read(objective.gradient), plan, peakBytes };
}

/** How far apart two evaluations are: relative L2 of the gradients, and the largest relative difference of a loss. */
export function distanceOf(
  found: Evaluated,
  expected: Evaluated,
): { readonly gradient: number; readonly losses: number } {
  const difference = expected.gradient.map((value, index) => value - (found.gradient[index] ?? Number.NaN));
  const losses = Array.from(expected.losses, (value, index) =>
    Math.abs((found.losses[index] ?? Number.NaN) / value - 1),
  );
  return { gradient: norm(difference) / norm(expected.gradient), losses: Math.max(...losses) };
}
