/** A run before it begins: its pictures at every scale, the kernels, and the memory it takes. Nothing of it is on the device. */

import { InputError, ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { fitStyle } from '../images/fit.ts';
import { fitLongestSide, resizeImage } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { backendOf } from '../kernels/family.ts';
import type { ChosenKernels } from '../models/chosen-kernels.ts';
import type { HostWeights } from '../models/device-weights.ts';
import type { ConvLayer } from '../models/layers.ts';
import { layersUntil } from '../models/networks.ts';
import { mixOf, type Style, type StylePicture } from '../objective/style-mix.ts';
import { tapsOf } from '../objective/terms.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import type { Phase } from '../settings/phase.ts';
import { type Settings, withPhases } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { type FittedPlan, fitTransfer, withHistory } from './fit.ts';
import type { Scale } from './run.ts';
import { initialPicture, type Start } from './start.ts';
import type { ScaleWork } from './work.ts';

export interface StylizeRequest {
  readonly gpu: Gpu;
  /** Host weights by layer name, at least to the deepest layer in use. */
  readonly weights: HostWeights;
  readonly content: RgbImage;
  /** One painting, or several with their weights in the mix. */
  readonly style: Style;
  readonly settings: Settings;
  readonly start: Start;
  /** Longest side of the result; `undefined` keeps every picture's own size. */
  readonly size: number | undefined;
  /** Whether evaluations are cut into windows; `auto` when absent. */
  readonly tile?: Tile | undefined;
  /** Most bytes that it plans to take on the device; what the device's owner says when absent. */
  readonly memoryBytes?: number | undefined;
}

/** The pictures at the size they are compared at. */
export interface PreparedPictures {
  readonly content: RgbImage;
  /** Their weights add up to 1. */
  readonly style: readonly StylePicture[];
  readonly initial: RgbImage;
}

type PictureRequest = Omit<StylizeRequest, 'gpu' | 'weights'>;

/** Resizes the pictures as the settings say; without a size they stay as they are. Scales are not looked at. */
export function preparePictures(request: PictureRequest): PreparedPictures {
  const pictures = fitPictures(request, request.size);
  return { ...pictures, initial: startOf(request, pictures) };
}

/** Where a run starts at the size of the fitted content picture. */
function startOf(
  { start, style, settings }: PictureRequest,
  fitted: Pick<PreparedPictures, 'content' | 'style'>,
): RgbImage {
  // Colours are matched to what the run compares with; a start that shows the style picture wants all of it.
  const pictures = start.kind === 'matched' ? fitted : { content: fitted.content, style };
  return initialPicture(start, fitted.content, { ...pictures, strength: settings.strength });
}

/** Content and style pictures at the size at which they are compared. */
function fitPictures({ content, style, settings }: PictureRequest, size: number | undefined) {
  const styles = mixOf(style);
  if (size === undefined) return { content, style: styles };
  const result = fitLongestSide(content.width, content.height, size);
  return {
    content: resizeImage(content, result.width, result.height),
    style: styles.map(({ picture, weight }) => ({ picture: fitStyle(picture, result, settings), weight })),
  };
}

/** A scale with the kernels that its size asks for. */
export interface PreparedScale extends Scale {
  readonly kernels: ChosenKernels;
  readonly plan: FittedPlan;
}

/** A run that is ready to begin: its pictures at every scale, and the memory it takes. */
export interface PreparedRun {
  /** With the curvature pairs that there is memory for. */
  readonly settings: Settings;
  readonly start: Start;
  /** In order; at each the phases that follow each other there. */
  readonly scales: readonly [PreparedScale, ...PreparedScale[]];
  readonly initial: RgbImage;
  /** Of the scale that takes most. */
  readonly plan: FittedPlan;
  /** Most bytes that it might plan to take. */
  readonly memoryBytes: number;
}

/** What is done to make a run fit, a line each: of the largest scale for which something is. */
export function remarksOf({ scales }: Pick<PreparedRun, 'scales'>): readonly string[] {
  return scales.findLast(({ plan: { remarks } }) => remarks.length > 0)?.plan.remarks ?? [];
}

/** The work of each scale, for whoever shows how far a run is. */
export function worksOf({ scales }: Pick<PreparedRun, 'scales'>): readonly ScaleWork[] {
  return scales.map(({ content: { width, height }, phases }) => ({
    width,
    height,
    phases: phases.map(({ steps }) => steps),
  }));
}

/**
 * Resizes the pictures for every scale of the settings and holds each against the adapter's limits. A scale that says no side has the
 * request's size.
 *
 * @throws LimitError with the largest size that fits, before anything is allocated on the device.
 */
export function prepareRun(request: Omit<StylizeRequest, 'weights'>): PreparedRun {
  const { content, settings, gpu, size, tile, memoryBytes = gpu.memoryBytes } = request;
  const groups: { readonly size: number | undefined; readonly phases: Phase[] }[] = [];
  for (const { longestSide: wanted = size, phases } of settings.scales) {
    // A scale above the content picture's own size is that size, and two of them are the same.
    const longest = wanted === undefined ? undefined : Math.min(wanted, Math.max(content.width, content.height));
    const last = groups.at(-1);
    if (last !== undefined && last.size === longest) last.phases.push(...phases);
    else groups.push({ size: longest, phases: [...phases] });
  }
  const [first, ...rest] = groups.map(({ size: longest, phases }) => {
    const scale = { ...fitPictures(request, longest), phases };
    const plan = planStylize(scale, withPhases(settings, phases), gpu, { tile, memoryBytes });
    return { ...scale, kernels: plan.kernels, plan };
  });
  if (first === undefined) throw new ShapeError('a run needs at least one phase');
  const plans = [first, ...rest].map(({ plan }) => plan);
  return {
    settings: withHistory(settings, Math.min(...plans.map(({ history }) => history))),
    start: request.start,
    scales: [first, ...rest],
    initial: startOf(request, first),
    plan: plans.reduce((a, b) => (b.peakBytes > a.peakBytes ? b : a)),
    memoryBytes,
  };
}

/**
 * The memory a run will take, before anything is allocated.
 *
 * @param how As of a request.
 * @throws InputError where the adapter cannot store what the settings say; LimitError with the largest size that fits.
 */
export function planStylize(
  pictures: { readonly content: PictureSize; readonly style: Style<PictureSize> },
  settings: Settings,
  gpu: Gpu,
  how: Pick<StylizeRequest, 'tile' | 'memoryBytes'> = {},
): FittedPlan {
  if (settings.objective.storage === 'f16' && !gpu.device.features.has('shader-f16')) {
    throw new InputError(
      `storage is f16, which needs the feature shader-f16 that ${gpu.profile.description} does not have; choose f32`,
    );
  }
  return fitTransfer({
    settings,
    size: pictures.content,
    styleSizes: mixOf(pictures.style).map(({ picture }) => picture),
    backend: backendOf(gpu),
    limits: gpu.limits,
    memoryBytes: how.memoryBytes ?? gpu.memoryBytes,
    tile: how.tile ?? 'auto',
  });
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
