/** The main job: a photograph and a painting in, a painted photograph out. */

import type { Gpu } from '../core/gpu.ts';
import { fitStyle } from '../images/fit.ts';
import { fitLongestSide, resizeImage } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { backendOf } from '../kernels/family.ts';
import { type ConvWeights, DeviceWeights } from '../models/device-weights.ts';
import { layersUntil } from '../models/schedule.ts';
import type { ConvLayer } from '../models/vgg.ts';
import { TransferObjective } from './objective.ts';
import { createPhaseOptimizer, phaseOptimizerBytes } from './phase-optimizer.ts';
import { checkLimits, type PictureSize, type PlanRequest, type TransferPlan, tapsOf } from './plan.ts';
import { phasesOf, type Settings } from './presets.ts';
import { type RunHooks, type RunResult, runTransfer } from './run.ts';
import { initialPicture, type Start } from './start.ts';

export interface StylizeRequest {
  readonly gpu: Gpu;
  /** Host weights by layer name, at least to the deepest layer in use. */
  readonly weights: ReadonlyMap<string, ConvWeights>;
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly settings: Settings;
  readonly start: Start;
  /** Longest side of the result; `undefined` keeps every picture's own size. */
  readonly size: number | undefined;
}

/** The pictures at the size they are compared at. */
export interface PreparedPictures {
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly initial: RgbImage;
}

/** Resizes the pictures as the settings say; without a size they stay as they are. */
export function preparePictures(request: Omit<StylizeRequest, 'gpu' | 'weights'>): PreparedPictures {
  const { size, start, settings } = request;
  if (size === undefined) {
    const { content, style } = request;
    return { content, style, initial: initialPicture(start, content, request) };
  }
  const result = fitLongestSide(request.content.width, request.content.height, size);
  const content = resizeImage(request.content, result.width, result.height);
  return {
    content,
    style: fitStyle(request.style, result, settings),
    initial: initialPicture(start, result, { content, style: request.style }),
  };
}

/** The memory a run will take. @throws LimitError with the largest size that fits, before anything is allocated. */
export function planStylize(
  pictures: { readonly content: PictureSize; readonly style: PictureSize },
  settings: Settings,
  gpu: Gpu,
): TransferPlan {
  const request: PlanRequest = {
    options: settings.objective,
    size: pictures.content,
    styleSize: pictures.style,
    optimizerBytes: phaseOptimizerBytes(phasesOf(settings), settings, gpu.device.limits),
    backend: backendOf(gpu),
  };
  return checkLimits(request, gpu.device.limits);
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
  const [first] = phasesOf(settings);
  if (first === undefined) throw new Error('no phase');
  using optimizer = await createPhaseOptimizer(gpu, objective, first, settings);
  return await runTransfer({ ...request, objective, optimizer, budget: settings.iterations });
}
