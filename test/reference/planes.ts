/** Planes in f64: three values a position from and to three planes, mixed, and weighted by frequency; and the cosine transform by its sum. */

import type { ChannelMatrix, FrequencyWeight, PlaneShape } from '../../src/kernels/planes.ts';

interface Mixing {
  readonly shape: PlaneShape;
  readonly weight: FrequencyWeight;
  readonly matrix: ChannelMatrix;
}

/** rise · f^¾ + level + fall / f^¾ at f = √((y · stepY)² + (x · stepX)²), at least the floor. */
export function frequencyWeight({ stepX, stepY, floor, rise, level, fall }: FrequencyWeight, x: number, y: number) {
  const power = Math.max(Math.hypot(x * stepX, y * stepY), floor) ** 0.75;
  return rise * power + level + fall / power;
}

/** Calls with the places of a value and of what it is mixed with, in [H, W, 3] and in [3, rows, columns], and the factor between them. */
function mix(
  { shape, weight, matrix }: Mixing,
  add: (row: { value: number; plane: number }, column: { value: number; plane: number }, factor: number) => void,
): void {
  const { width, height, paddedWidth, paddedHeight } = shape;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (channel: number) => ({
        value: 3 * (y * width + x) + channel,
        plane: (channel * paddedHeight + y) * paddedWidth + x,
      });
      matrix.forEach((row, i) => {
        row.forEach((factor, j) => {
          add(at(i), at(j), factor * frequencyWeight(weight, x, y));
        });
      });
    }
  }
}

/** [H, W, 3] to [3, rows, columns], 0 beyond the picture: planes_i = w · Σ_j M_ij values_j. */
export function planesSplit(values: Float64Array, mixing: Mixing): Float64Array {
  const planes = new Float64Array(3 * mixing.shape.paddedWidth * mixing.shape.paddedHeight);
  mix(mixing, (row, column, factor) => {
    planes[row.plane] = (planes[row.plane] ?? 0) + factor * (values[column.value] ?? Number.NaN);
  });
  return planes;
}

/** [3, rows, columns] to [H, W, 3]: values_i = w · Σ_j M_ij planes_j. */
export function planesJoin(planes: Float64Array, mixing: Mixing): Float64Array {
  const values = new Float64Array(3 * mixing.shape.width * mixing.shape.height);
  mix(mixing, (row, column, factor) => {
    values[row.value] = (values[row.value] ?? 0) + factor * (planes[column.plane] ?? Number.NaN);
  });
  return values;
}

/** X_k = √(2 / N) Σ_n x_n cos(π k (n + ½) / N), √(1 / N) where k is 0; or the x that has such an X. */
function cosineTransform(line: Float64Array, direction: 'analysis' | 'synthesis'): Float64Array {
  const size = line.length;
  const entry = (k: number, n: number): number =>
    Math.sqrt((k === 0 ? 1 : 2) / size) * Math.cos((Math.PI * k * (n + 0.5)) / size);
  return line.map((_, at) =>
    line.reduce((sum, value, i) => sum + value * (direction === 'analysis' ? entry(at, i) : entry(i, at)), 0),
  );
}

/** Of the lines of each plane of [3, rows, columns] that a picture fills, across and then down; the rest stays. */
export function cosineTransformOfPlanes(
  planes: Float64Array,
  { width, height, paddedWidth, paddedHeight }: PlaneShape,
  direction: 'analysis' | 'synthesis',
): Float64Array {
  const result = planes.slice();
  const transformLine = (first: number, step: number, count: number): void => {
    const line = Float64Array.from({ length: count }, (_, i) => result[first + i * step] ?? Number.NaN);
    cosineTransform(line, direction).forEach((value, i) => {
      result[first + i * step] = value;
    });
  };
  for (let channel = 0; channel < 3; channel++) {
    const first = channel * paddedWidth * paddedHeight;
    for (let y = 0; y < height; y++) transformLine(first + y * paddedWidth, 1, width);
    for (let x = 0; x < width; x++) transformLine(first + x, paddedWidth, height);
  }
  return result;
}
