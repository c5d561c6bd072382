/** Measures of pictures that need no network: how far colours are apart, how rough a picture is, how much of it is clamped. In f64. */

import { assertRgbImage, type RgbImage } from '../images/rgb-image.ts';

const directions = 64;
const quantiles = 200;
/** The first and the last quantile are this far from the extremes, which single pixels make. */
const margin = 0.0025;
/** Of a larger picture only every k-th pixel counts. */
const fewestPixels = 20_000;

/**
 * Unit vectors spread evenly over half of the sphere of colours; the other half says the same. A Fibonacci lattice: no chance, so the same
 * everywhere.
 *
 * Source: González, "Measurement of areas on a sphere using Fibonacci and latitude–longitude lattices" (2010).
 */
export function colourDirections(): readonly (readonly [number, number, number])[] {
  const goldenAngle = Math.PI * (3 - Math.sqrt(5));
  return Array.from({ length: directions }, (_, index) => {
    const z = (index + 0.5) / directions;
    const radius = Math.sqrt(1 - z * z);
    return [radius * Math.cos(index * goldenAngle), radius * Math.sin(index * goldenAngle), z] as const;
  });
}

/** The quantiles of a picture's colours along each direction, [directions, quantiles]. @throws ShapeError as `assertRgbImage`. */
export function colourQuantiles(image: RgbImage): Float64Array {
  assertRgbImage(image, 'colourQuantiles');
  const { pixels } = image;
  const step = Math.max(1, Math.floor(pixels.length / 3 / fewestPixels));
  const samples = Math.ceil(pixels.length / 3 / step);
  const result = new Float64Array(directions * quantiles);
  const along = new Float64Array(samples);
  for (const [index, [r, g, b]] of colourDirections().entries()) {
    for (let i = 0; i < samples; i++) {
      const from = 3 * step * i;
      along[i] = r * (pixels[from] ?? 0) + g * (pixels[from + 1] ?? 0) + b * (pixels[from + 2] ?? 0);
    }
    along.sort();
    for (let k = 0; k < quantiles; k++) {
      const at = (margin + ((1 - 2 * margin) * k) / (quantiles - 1)) * (samples - 1);
      const below = Math.floor(at);
      const low = along[below] ?? 0;
      const high = along[Math.min(below + 1, samples - 1)] ?? 0;
      result[index * quantiles + k] = low + (high - low) * (at - below);
    }
  }
  return result;
}

/** The sliced 2-Wasserstein distance of colours, from {@link colourQuantiles}; 0.01 is hard to see. */
export function colourDistance(a: Float64Array, b: Float64Array): number {
  const squares = a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);
  return Math.sqrt(squares / a.length);
}

/** Mean absolute difference to the right neighbour, plus that to the one below. @throws ShapeError as `assertRgbImage`. */
export function roughness(image: RgbImage): number {
  assertRgbImage(image, 'roughness');
  const { width, height, pixels } = image;
  let across = 0;
  let down = 0;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 3 * width; i++) {
      const at = 3 * width * y + i;
      const value = pixels[at] ?? 0;
      if (i + 3 < 3 * width) across += Math.abs((pixels[at + 3] ?? 0) - value);
      if (y + 1 < height) down += Math.abs((pixels[at + 3 * width] ?? 0) - value);
    }
  }
  // A side of one pixel has no neighbours, and nothing to be added.
  return across / Math.max(3 * (width - 1) * height, 1) + down / Math.max(3 * width * (height - 1), 1);
}

/** Share of a picture's values that lie at 0 or 1, or beyond: there a file has cut what the picture had. */
export function clampedShare({ pixels }: RgbImage): number {
  return pixels.reduce((count, value) => (value > 0 && value < 1 ? count : count + 1), 0) / pixels.length;
}
