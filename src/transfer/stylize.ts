/** The main job: a photograph and a painting in, a painted photograph out. */

import type { Gpu } from '../core/gpu.ts';
import { uniformNoise } from '../images/initial.ts';
import { coverCropTopLeft, fitLongestSide, resizeImage } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { backendOf } from '../kernels/family.ts';
import { type ConvWeights, DeviceWeights } from '../models/device-weights.ts';
import { layersUntil } from '../models/schedule.ts';
import type { ConvLayer } from '../models/vgg.ts';
import { Adam, adamBytes } from '../optimizers/adam.ts';
import { Lbfgs, lbfgsBytes } from '../optimizers/lbfgs.ts';
import type { DeviceObjective, Optimizer } from '../optimizers/optimizer.ts';
import { TransferObjective } from './objective.ts';
import { checkLimits, type PictureSize, type PlanRequest, type TransferPlan, tapsOf } from './plan.ts';
import type { Settings } from './presets.ts';
import { type RunHooks, type RunResult, runTransfer } from './run.ts';
import { mixOf, type Style, type StylePicture } from './style-mix.ts';

/** Where the optimised picture starts. */
export type Start = { readonly kind: 'content' } | { readonly kind: 'noise'; readonly seed: number } | StartPicture;
interface StartPicture {
  readonly kind: 'picture';
  readonly picture: RgbImage;
}

export interface StylizeRequest {
  readonly gpu: Gpu;
  /** Host weights by layer name, at least to the deepest layer in use. */
  readonly weights: ReadonlyMap<string, ConvWeights>;
  readonly content: RgbImage;
  /** One painting, or several with their weights in the mix. */
  readonly style: Style;
  readonly settings: Settings;
  readonly start: Start;
  /** Longest side of the result; `undefined` keeps every picture's own size. */
  readonly size: number | undefined;
}

/** The pictures at the size they are compared at. */
export interface PreparedPictures {
  readonly content: RgbImage;
  /** Their weights add up to 1. */
  readonly style: readonly StylePicture[];
  readonly initial: RgbImage;
}

/** Resizes the pictures as the settings say. */
export function preparePictures(request: Omit<StylizeRequest, 'gpu' | 'weights'>): PreparedPictures {
  const { size, start } = request;
  if (size === undefined) {
    const { content } = request;
    return { content, style: mixOf(request.style), initial: initialPicture(start, content) };
  }
  const contentSize = fitLongestSide(request.content.width, request.content.height, size);
  const content = resizeImage(request.content, contentSize.width, contentSize.height);
  return {
    content,
    style: mixOf(request.style).map(({ picture, weight }) => ({
      picture: fitStyle(picture, content, request.settings),
      weight,
    })),
    initial: initialPicture(start, content),
  };
}

function fitStyle(style: RgbImage, content: RgbImage, settings: Settings): RgbImage {
  if (settings.styleFit === 'cover') {
    return coverCropTopLeft(style, content.width, content.height);
  }
  const size = fitLongestSide(style.width, style.height, Math.max(content.width, content.height));
  return resizeImage(style, size.width, size.height);
}

function initialPicture(start: Start, content: RgbImage): RgbImage {
  const { width, height } = content;
  switch (start.kind) {
    case 'content':
      return content;
    case 'noise':
      return uniformNoise(width, height, start.seed);
    case 'picture':
      return resizeImage(start.picture, width, height);
  }
}

/** Bytes the settings' optimiser takes for so many values. */
function optimizerBytes(settings: Settings, gpu: Gpu): (values: number) => number {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const maxBufferBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const lineSearch = settings.lineSearch === 'strong-wolfe';
  return settings.optimizer === 'adam'
    ? adamBytes
    : (values) => lbfgsBytes(values, settings.history, { lineSearch, maxBufferBytes });
}

/** The memory a run will take. @throws LimitError with the largest size that fits, before anything is allocated. */
export function planStylize(
  pictures: { readonly content: PictureSize; readonly style: Style<PictureSize> },
  settings: Settings,
  gpu: Gpu,
): TransferPlan {
  const request: PlanRequest = {
    options: settings.objective,
    size: pictures.content,
    styleSizes: mixOf(pictures.style).map(({ picture }) => picture),
    optimizerBytes: optimizerBytes(settings, gpu),
    backend: backendOf(gpu),
  };
  return checkLimits(request, gpu.device.limits);
}

/** As crowsonkb/style-transfer-pytorch; PyTorch's 0.999 remembers the large gradients of the start for too long. */
const adamBeta2 = 0.99;

async function createOptimizer(gpu: Gpu, objective: DeviceObjective, settings: Settings): Promise<Optimizer> {
  const { learningRate, history, lineSearch } = settings;
  if (settings.optimizer === 'lbfgs') {
    return Lbfgs.create(gpu, objective, { learningRate, history, lineSearch });
  }
  // The box is only held where the variable is the picture itself; normalised, its bounds differ per channel.
  const clamp = settings.objective.variable === 'pixels' ? { clamp: [0, 1] as const } : {};
  return Adam.create(gpu, objective, { learningRate, beta2: adamBeta2, ...clamp });
}

/** The convolutions whose weights the settings need. */
export function convolutionsOf(settings: Settings): readonly ConvLayer[] {
  const { network } = settings.objective;
  return layersUntil(network, tapsOf(settings.objective)).filter((layer) => layer.kind === 'conv');
}

/** The deepest convolution in use, so that a loader may stop there. */
export function deepestLayerOf(settings: Settings): string | undefined {
  return convolutionsOf(settings).at(-1)?.name;
}

/** Runs a transfer. @throws InputError, LimitError, DeviceError; a loss that is not finite ends the run instead. */
export async function stylize(request: StylizeRequest & RunHooks): Promise<RunResult> {
  const { gpu, settings } = request;
  const pictures = preparePictures(request);
  planStylize(pictures, settings, gpu);
  using weights = await DeviceWeights.create(
    gpu,
    convolutionsOf(settings),
    request.weights,
    settings.objective.paddingMode,
  );
  using objective = await TransferObjective.create({ gpu, weights, options: settings.objective, ...pictures });
  using optimizer = await createOptimizer(gpu, objective, settings);
  return await runTransfer({ ...request, objective, optimizer, budget: settings.iterations });
}
