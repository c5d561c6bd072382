/**
 * Several style pictures as one style. The target at a layer is G* = Σ wᵢ Gᵢ over the pictures' Gram matrices with Σ wᵢ = 1. By
 * Σ wᵢ (G − Gᵢ)² = (G − G*)² + constant this has the gradient of the weighted sum of their losses, at the cost of one.
 */

import { InputError } from '../core/errors.ts';
import type { RgbImage } from '../images/rgb-image.ts';

/** A style picture and its weight in the mix. */
export interface StylePicture<Picture = RgbImage> {
  readonly picture: Picture;
  /** Any scale: only its share of the sum counts. */
  readonly weight: number;
}

/** One style picture, or several with weights. */
export type Style<Picture = RgbImage> = Picture | readonly StylePicture<Picture>[];

/**
 * The pictures with their shares, which add up to 1.
 *
 * @throws InputError where a weight is negative or not finite, or none is above 0.
 */
export function mixOf<Picture>(style: Style<Picture>): readonly StylePicture<Picture>[] {
  if (!isMix(style)) return [{ picture: style, weight: 1 }];
  const wrong = style.findIndex(({ weight }) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong >= 0) {
    const weight = style[wrong]?.weight;
    throw new InputError(`the weight of style picture ${wrong + 1} is ${weight}; expected a number of at least 0`);
  }
  // Divided by the largest first: the sum of large weights may overflow.
  const largest = Math.max(0, ...style.map(({ weight }) => weight));
  const sum = style.reduce((total, { weight }) => total + weight / largest, 0);
  if (largest === 0) throw new InputError('no style picture has a weight above 0; give at least one of them some');
  return style.map(({ picture, weight }) => ({ picture, weight: weight / largest / sum }));
}

/** The picture with the largest share, for what can follow one only; the first of equals. @throws as {@link mixOf}. */
export function leadOf<Picture>(style: Style<Picture>): Picture {
  const [first, ...rest] = mixOf(style);
  if (first === undefined) throw new InputError('a mix of styles has no picture; give at least one');
  return rest.reduce((lead, each) => (each.weight > lead.weight ? each : lead), first).picture;
}

function isMix<Picture>(style: Style<Picture>): style is readonly StylePicture<Picture>[] {
  return Array.isArray(style);
}
