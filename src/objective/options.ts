/** What a transfer optimises: layers, weights, conventions. Pure data; presets fill it, the command line overrides it. */

import type { PaddingMode } from '../kernels/conv2d.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';
import type { Pooling } from '../kernels/pool2d.ts';
import type { ActivationStorage } from '../models/pass.ts';
import type { NetworkName } from '../models/vgg.ts';

/** A tap and the weight of its loss among its kind. */
export interface WeightedLayer {
  readonly name: string;
  readonly weight: number;
}

/** The loss: `contentWeight · Σ content_l + styleWeight · Σ style_l + tvWeight · TV`. */
export interface ObjectiveOptions {
  readonly network: NetworkName;
  readonly contentLayers: readonly WeightedLayer[];
  readonly styleLayers: readonly WeightedLayer[];
  readonly contentWeight: number;
  readonly styleWeight: number;
  /** Weight of the total variation per value of the picture, in 0..1. */
  readonly tvWeight: number;
  /** The Gram matrix is `gramFactor / (C · positions) · FᵀF`. */
  readonly gramFactor: number;
  /**
   * What the optimiser moves: the picture's values in 0..1, or the normalised picture `(p − mean) / std`. The two have
   * different metrics, so L-BFGS takes different paths.
   */
  readonly variable: 'pixels' | 'normalised';
  readonly pooling: Pooling;
  readonly paddingMode: PaddingMode;
  /** How feature maps are stored on the device; `f16` takes half the bytes and needs the adapter's `shader-f16`. */
  readonly storage: ActivationStorage;
}

export type LineSearch = 'none' | 'strong-wolfe';

/** Mean and standard deviation of ImageNet's RGB values in 0..1, as torchvision's VGG weights expect. */
export const imageNetMean: ChannelTriple = [0.485, 0.456, 0.406];
export const imageNetStd: ChannelTriple = [0.229, 0.224, 0.225];
