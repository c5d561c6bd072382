/**
 * How well a painted picture does: near to the photograph as a person sees it, near to the painting in what the network sees of its manner,
 * in its colours and its roughness. Whoever optimises something else is measured by the same.
 */

import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { fitLongestSide, resizeImage, type Size } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { backendOf } from '../kernels/family.ts';
import { chooseKernels } from '../models/chosen-kernels.ts';
import { DeviceWeights, type HostWeights } from '../models/device-weights.ts';
import type { Pass } from '../models/pass.ts';
import { type LpipsHeads, lpipsTaps } from '../weights/lpips-heads.ts';
import { clampedShare, colourDistance, colourQuantiles, roughness } from './colours.ts';
import {
  type FeatureStatistics,
  type FeatureValues,
  featureStatistics,
  GaussianTarget,
  gramDistance,
  relativeTo,
} from './feature-statistics.ts';
import { lpipsOf } from './lpips.ts';
import { checkPassLimits, MapReader, measuredPass } from './map-reader.ts';

/** The layers at which a picture's manner is compared: not those that the presets optimise, which would please themselves. */
export const measuredTaps: readonly string[] = ['relu2_2', 'relu3_3', 'relu4_3'];

/** The deepest convolution of VGG16 that the measures need, so that a loader may stop there. */
export const deepestMeasuredLayer = 'conv5_3';

/** Distances to the painting at one layer, 0 where there is none. */
export interface LayerMeasures {
  /** Of the Gram matrices, relative to the painting's. */
  readonly gram: number;
  /** Squared 2-Wasserstein distance of means and covariances, relative to the photograph's; null where the photograph has none. */
  readonly w2: number | null;
}

export interface Measures {
  /** To the photograph. */
  readonly lpips: number;
  /** Mean over the layers. */
  readonly gram: number;
  /** Mean over the layers; null where one is. */
  readonly w2: number | null;
  /** Sliced Wasserstein distance of the colours to the painting's. */
  readonly colour: number;
  /** Mean absolute difference of neighbours, relative to the painting's; null where the painting is of one colour. */
  readonly totalVariation: number | null;
  /** Share of the values at 0 or 1. */
  readonly clamped: number;
  /** By tap. */
  readonly layers: Readonly<Record<string, LayerMeasures>>;
}

export interface MeasureRequest {
  readonly gpu: Gpu;
  /** Of VGG16, by layer name, to `deepestMeasuredLayer`. */
  readonly weights: HostWeights;
  readonly heads: LpipsHeads;
  /** Of the pictures to be measured. */
  readonly size: Size;
  readonly content: RgbImage;
  readonly style: RgbImage;
}

/** What is known of the photograph and the painting at the size of what is measured. */
interface Known {
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly contentMaps: ReadonlyMap<string, FeatureValues>;
  readonly layers: readonly KnownLayer[];
  readonly colours: Float64Array;
  readonly roughness: number;
}

interface KnownLayer {
  readonly tap: string;
  readonly painting: FeatureStatistics;
  readonly gaussian: GaussianTarget;
  /** The photograph's distance to the painting. */
  readonly unpainted: number;
}

/** Measures pictures of one size against one photograph and one painting, whose maps it makes once. */
export class PictureMeasures implements Disposable {
  readonly #heads: LpipsHeads;
  readonly #weights: DeviceWeights;
  readonly #reader: MapReader;
  readonly #known: Known;

  private constructor(heads: LpipsHeads, weights: DeviceWeights, reader: MapReader, known: Known) {
    this.#heads = heads;
    this.#weights = weights;
    this.#reader = reader;
    this.#known = known;
  }

  /**
   * The photograph is resized to the size of what is measured, the painting to its longest side, enlarged where it is smaller. The caller owns
   * the result.
   *
   * @throws InputError where a picture is too small for the network; LimitError where it is too large for the adapter; DeviceError.
   */
  static async create(request: MeasureRequest): Promise<PictureMeasures> {
    const { gpu, heads, size } = request;
    const { pass, stylePass, styleSize, kernels } = planMeasures(gpu, size, request.style);
    const content = resizeImage(request.content, size.width, size.height);
    const style = resizeImage(request.style, styleSize.width, styleSize.height);
    const weights = await DeviceWeights.create(gpu, request.weights, kernels);
    try {
      const contentMaps = await readOnce(gpu, weights, pass, content);
      const styleMaps = await readOnce(gpu, weights, stylePass, style);
      const layers = measuredTaps.map((tap) => knownLayer(tap, contentMaps, styleMaps));
      const ofColours = { colours: colourQuantiles(style), roughness: roughness(style) };
      const known = { content, style, contentMaps, layers, ...ofColours };
      return new PictureMeasures(heads, weights, await MapReader.create(gpu, weights, pass), known);
    } catch (error) {
      weights[Symbol.dispose]();
      throw error;
    }
  }

  /** The photograph as it is compared. */
  get content(): RgbImage {
    return this.#known.content;
  }

  /** The painting as it is compared. */
  get style(): RgbImage {
    return this.#known.style;
  }

  /** @throws ShapeError for a picture of another size than the measures were made for, DeviceError. */
  async measure(image: RgbImage): Promise<Measures> {
    const maps = await this.#reader.read(image);
    const { contentMaps, layers, colours, roughness: ofPainting } = this.#known;
    const distances = layers.map(({ tap, painting, gaussian, unpainted }) => {
      const statistics = featureStatistics(found(maps, tap));
      const w2 = relativeTo(gaussian.distance(statistics), unpainted);
      return [tap, { gram: gramDistance(statistics, painting), w2 }] as const;
    });
    const grams = distances.map(([, { gram }]) => gram);
    const w2s = distances.map(([, { w2 }]) => w2).filter((w2) => w2 !== null);
    return {
      lpips: lpipsOf(maps, contentMaps, this.#heads),
      gram: meanOf(grams),
      w2: w2s.length < distances.length ? null : meanOf(w2s),
      colour: colourDistance(colourQuantiles(image), colours),
      totalVariation: relativeTo(roughness(image), ofPainting),
      clamped: clampedShare(image),
      layers: Object.fromEntries(distances),
    };
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}

/**
 * What measuring pictures of a size against a painting takes; to know beforehand whether it can be done.
 *
 * @throws InputError where a picture is too small for the network; LimitError where it is too large for the adapter.
 */
export function planMeasures(gpu: Gpu, size: Size, painting: Size) {
  const longest = Math.max(size.width, size.height);
  const styleSize = fitLongestSide(painting.width, painting.height, longest, { enlarge: true });
  const pass = measuredPass(size, lpipsTaps, 'image');
  const stylePass = measuredPass(styleSize, measuredTaps, 'style picture');
  const kernels = chooseKernels(pass, backendOf(gpu));
  checkPassLimits(gpu, pass, kernels, 'image');
  checkPassLimits(gpu, stylePass, kernels, 'style picture');
  return { pass, stylePass, styleSize, kernels };
}

async function readOnce(gpu: Gpu, weights: DeviceWeights, pass: Pass, picture: RgbImage) {
  using reader = await MapReader.create(gpu, weights, pass);
  return await reader.read(picture);
}

function knownLayer(
  tap: string,
  contentMaps: ReadonlyMap<string, FeatureValues>,
  styleMaps: ReadonlyMap<string, FeatureValues>,
): KnownLayer {
  const painting = featureStatistics(found(styleMaps, tap));
  const gaussian = new GaussianTarget(painting);
  return { tap, painting, gaussian, unpainted: gaussian.distance(featureStatistics(found(contentMaps, tap))) };
}

function found<Value>(values: ReadonlyMap<string, Value>, tap: string): Value {
  const value = values.get(tap);
  if (value === undefined) throw new ShapeError(`nothing is known at ${tap}, which the measures need`);
  return value;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
