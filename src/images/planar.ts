/** Interleaved [height, width, 3] <-> planar [3, height, width], the layout of PyTorch's tensors. */

import { ShapeError } from '../core/errors.ts';
import { assertSize } from './rgb-image.ts';

/** [height, width, 3] -> [3, height, width], as a new array. @throws ShapeError where lengths do not fit. */
export function toPlanar(pixels: Float32Array, width: number, height: number): Float32Array {
  assertLength(pixels, width, height, 'toPlanar');
  const area = width * height;
  const planar = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) planar[(i % 3) * area + Math.floor(i / 3)] = pixels[i] ?? 0;
  return planar;
}

/** [3, height, width] -> [height, width, 3], as a new array. @throws ShapeError where lengths do not fit. */
export function fromPlanar(planar: Float32Array, width: number, height: number): Float32Array {
  assertLength(planar, width, height, 'fromPlanar');
  const area = width * height;
  const pixels = new Float32Array(planar.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = planar[(i % 3) * area + Math.floor(i / 3)] ?? 0;
  return pixels;
}

function assertLength(values: Float32Array, width: number, height: number, what: string): void {
  assertSize(width, height, what);
  if (values.length !== width * height * 3) {
    throw new ShapeError(
      `${what}: a ${width}x${height} picture has ${width * height * 3} values in three channels, got ${values.length}`,
    );
  }
}
