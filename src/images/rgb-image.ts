/** An RGB picture as an array: what the rest of the engine means by "picture". */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], row-major, sRGB values in 0..1 (not linearised, as VGG was trained). */
  readonly pixels: Float32Array;
  /** [height, width] opacity in 0..1 where the file had any; carried to the result, unseen by the network. */
  readonly alpha?: Float32Array;
}
