/**
 * A picture as frequencies: `x = A z`, where the optimiser moves z. A weights the spectrum z by one over its frequency to the power of ¾, mixes
 * three colours that vary apart into R, G and B, and transforms. Pictures have about such spectra and colours, so the values of their z are more alike
 * than their pixels, and a step of an optimiser moves large forms more readily than grain (docs/decisions/0045-pictures-as-frequencies.md).
 *
 * Source: the idea is C. Olah, A. Mordvintsev, L. Schubert, "Feature Visualization", Distill, 2017, there with Fourier's transform; the axes of
 * colour are Y. Ohta, T. Kanade, T. Sakai, "Color Information for Region Segmentation", 1980.
 */

import type { BufferSlice } from '../core/buffers.ts';
import type { Gpu } from '../core/gpu.ts';
import { type Program, ProgramScope } from '../core/program.ts';
import {
  type CosineTransform,
  cosineMatrix,
  recordCosineTransform,
  transformProduct,
} from '../kernels/cosine-transform.ts';
import { backendOf } from '../kernels/family.ts';
import type { ChannelTriple } from '../kernels/normalise.ts';
import {
  type ChannelMatrix,
  type FrequencyWeight,
  noWeight,
  recordPlanesJoin,
  recordPlanesSplit,
  sameChannels,
} from '../kernels/planes.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { fourierSizes } from './fourier-sizes.ts';

/**
 * Directions in RGB along which the colours of pictures vary apart (light, red against blue, green against both), orthogonal and each as long as
 * the standard deviation along it, the mean over the photographs and paintings of `examples/`; only ratios count.
 */
const colourAxes: ChannelMatrix = [along([1, 1, 1], 0.38), along([1, 0, -1], 0.13), along([-1, 2, -1], 0.045)];

/** How A weights and mixes, and what undoes it. */
export interface FourierMap {
  readonly weight: FrequencyWeight;
  readonly inverseWeight: FrequencyWeight;
  /** Columns are the axes. */
  readonly colours: ChannelMatrix;
  readonly inverseColours: ChannelMatrix;
}

/**
 * A for a size. The lowest frequency counts as the lowest that is not 0. A is scaled to ‖A‖² = the number of values (Frobenius), as the identity
 * has it: where every value of z moves by one step, the picture's move by as much in rms, so step lengths mean what they mean for pixels.
 */
export function fourierMap({ width, height }: PictureSize): FourierMap {
  // Of a cosine with k half-waves over N pixels, in cycles a pixel.
  const [stepX, stepY] = [1 / (2 * width), 1 / (2 * height)];
  const floor = Math.min(stepX, stepY);
  let squares = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) squares += Math.max((x * stepX) ** 2 + (y * stepY) ** 2, floor ** 2) ** -0.75;
  }
  const gain = Math.sqrt((width * height) / squares);
  const scale = Math.sqrt(3 / colourAxes.reduce((sum, axis) => sum + squareOf(axis), 0));
  const axes = mapRows(colourAxes, () => scale);
  const common = { stepX, stepY, floor, level: 0 };
  return {
    weight: { ...common, rise: 0, fall: gain },
    inverseWeight: { ...common, rise: 1 / gain, fall: 0 },
    colours: transposed(axes),
    // The axes are orthogonal: each row of the inverse is the axis over its square.
    inverseColours: mapRows(axes, (axis) => 1 / squareOf(axis)),
  };
}

/** A for one picture on the device, with its matrices and scratch; records what the programs of others do with it. */
export class FourierVariable implements Disposable {
  readonly #scope: ProgramScope;
  readonly #transform: CosineTransform;
  readonly #size: PictureSize;
  readonly #map: FourierMap;

  /** The caller owns the result. @throws DeviceError when memory runs out. */
  constructor(gpu: Gpu, size: PictureSize) {
    const { paddedWidth: width, paddedHeight: height, planesBytes } = fourierSizes(size);
    const scope = new ProgramScope(gpu);
    this.#scope = scope;
    this.#size = size;
    this.#map = fourierMap(size);
    try {
      this.#transform = {
        gemm: transformProduct(backendOf(gpu).family),
        width,
        height,
        across: scope.upload('cosines across', cosineMatrix(size.width, width)),
        acrossTransposed: scope.upload('cosines across, transposed', cosineMatrix(size.width, width, true)),
        down: scope.upload('cosines down', cosineMatrix(size.height, height)),
        planes: scope.allocate('spectrum', planesBytes),
        scratch: scope.allocate('spectrum, by rows', planesBytes),
      };
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  /** Records `picture = A variable`; both [H, W, 3], as all that follow. */
  recordPicture(program: Program, { variable, picture }: FourierEnds): void {
    const { weight, colours: matrix } = this.#map;
    recordPlanesSplit(program, { ...this.#planes, label: 'frequencies in', values: variable, weight, matrix });
    recordCosineTransform(program, this.#transform, 'synthesis');
    const whole = { weight: noWeight, matrix: sameChannels };
    recordPlanesJoin(program, { ...this.#planes, label: 'pixels out', values: picture, ...whole });
  }

  /** Records `variable = Aᵀ picture`: the gradient of one from the gradient of the other. */
  recordGradient(program: Program, ends: FourierEnds): void {
    const { weight, colours } = this.#map;
    this.#recordAnalysis(program, ends, { weight, matrix: transposed(colours) });
  }

  /** Records `variable = A⁻¹ picture`. */
  recordVariable(program: Program, ends: FourierEnds): void {
    const { inverseWeight: weight, inverseColours: matrix } = this.#map;
    this.#recordAnalysis(program, ends, { weight, matrix });
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }

  #recordAnalysis(
    program: Program,
    { variable, picture }: FourierEnds,
    spectrum: { readonly weight: FrequencyWeight; readonly matrix: ChannelMatrix },
  ): void {
    const whole = { weight: noWeight, matrix: sameChannels };
    recordPlanesSplit(program, { ...this.#planes, label: 'pixels in', values: picture, ...whole });
    recordCosineTransform(program, this.#transform, 'analysis');
    recordPlanesJoin(program, { ...this.#planes, label: 'frequencies out', values: variable, ...spectrum });
  }

  get #planes() {
    const { planes, width: paddedWidth, height: paddedHeight } = this.#transform;
    return { planes, shape: { ...this.#size, paddedWidth, paddedHeight } };
  }
}

/** Where both sides of A lie, [H, W, 3] each. */
export interface FourierEnds {
  readonly variable: BufferSlice;
  readonly picture: BufferSlice;
}

function along(direction: ChannelTriple, length: number): ChannelTriple {
  return scaled(direction, length / Math.sqrt(squareOf(direction)));
}

function squareOf([r, g, b]: ChannelTriple): number {
  return r ** 2 + g ** 2 + b ** 2;
}

function scaled([r, g, b]: ChannelTriple, factor: number): ChannelTriple {
  return [factor * r, factor * g, factor * b];
}

function mapRows([a, b, c]: ChannelMatrix, factorOf: (row: ChannelTriple) => number): ChannelMatrix {
  return [scaled(a, factorOf(a)), scaled(b, factorOf(b)), scaled(c, factorOf(c))];
}

function transposed([a, b, c]: ChannelMatrix): ChannelMatrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}
