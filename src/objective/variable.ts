/**
 * Between a picture in 0..1 and the values that are evaluated, [H, W, 3] either way: what the optimiser moves or, where it moves frequencies, what
 * is made of them (`fourier-variable.ts`), which then is the picture in 0..1.
 */

import type { RgbImage } from '../images/rgb-image.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import { imageNetMean, imageNetStd } from './image-net.ts';

type Variable = ObjectiveOptions['variable'];

const ones: ChannelTriple = [1, 1, 1];
const zeros: ChannelTriple = [0, 0, 0];

/** What one unit of the variable is in the picture's 0..1 range, per channel. */
export function pixelsPerUnit(variable: Variable): ChannelTriple {
  return variable === 'normalised' ? imageNetStd : ones;
}

/** The affine map from the variable to the network's input. */
export function networkInputOf(variable: Variable): { readonly scale: ChannelTriple; readonly offset: ChannelTriple } {
  if (variable === 'normalised') {
    return { scale: ones, offset: zeros };
  }
  const [r, g, b] = imageNetStd;
  const [meanR, meanG, meanB] = imageNetMean;
  return { scale: [1 / r, 1 / g, 1 / b], offset: [-meanR / r, -meanG / g, -meanB / b] };
}

/** The variable at a picture. */
export function fromPixels(pixels: Float32Array, variable: Variable): Float32Array<ArrayBuffer> {
  if (variable !== 'normalised') {
    return Float32Array.from(pixels);
  }
  return Float32Array.from(
    pixels,
    (value, index) => (value - channelOf(imageNetMean, index)) / channelOf(imageNetStd, index),
  );
}

/** The picture at a variable, clamped to 0..1. */
export function toPixels(values: Float32Array, variable: Variable): Float32Array<ArrayBuffer> {
  const isNormalised = variable === 'normalised';
  return Float32Array.from(values, (value, index) => {
    const pixel = isNormalised ? value * channelOf(imageNetStd, index) + channelOf(imageNetMean, index) : value;
    return Math.min(Math.max(pixel, 0), 1);
  });
}

/** The values of a state that show a picture: of frequencies the best one's stand for the present one's. */
export function shownValues(
  state: { readonly variable: Float32Array; readonly best: Float32Array },
  variable: Variable,
): Float32Array {
  return variable === 'fourier' ? state.best : state.variable;
}

/** The picture at a variable, of the content picture's size and with its alpha. */
export function pictureAt(values: Float32Array, variable: Variable, content: Omit<RgbImage, 'pixels'>): RgbImage {
  const { width, height, alpha } = content;
  const picture = { width, height, pixels: toPixels(values, variable) };
  return alpha === undefined ? picture : { ...picture, alpha };
}

/** The channel's entry for position `index` of an [H, W, 3] array. */
export function channelOf(triple: ChannelTriple, index: number): number {
  const channel = index % 3;
  return channel === 0 ? triple[0] : channel === 1 ? triple[1] : triple[2];
}
