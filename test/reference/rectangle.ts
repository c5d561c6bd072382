/** Rectangles of maps in f64. */

interface InMap {
  readonly pitch: number;
  readonly channels: number;
  readonly rectangle: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** output[y, x, c] = input[top + y, left + x, c]. */
export function rectangleCrop(input: Float64Array, { pitch, channels, rectangle }: InMap): Float64Array {
  const { left, top, width, height } = rectangle;
  const output: number[] = [];
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      for (let c = 0; c < channels; c++) output.push(input[(y * pitch + x) * channels + c] ?? Number.NaN);
    }
  }
  return Float64Array.from(output);
}

/** gradient[y, x, c] = old[y, x, c] + values[y − top, x − left, c] within the rectangle, in the map that `old` is. */
export function rectanglePlace(
  values: Float64Array,
  old: Float64Array,
  { pitch, channels, rectangle }: InMap,
): Float64Array {
  const { left, top, width, height } = rectangle;
  return old.map((value, index) => {
    const [x, y] = [(Math.floor(index / channels) % pitch) - left, Math.floor(index / channels / pitch) - top];
    if (x < 0 || x >= width || y < 0 || y >= height) return value;
    return value + (values[(y * width + x) * channels + (index % channels)] ?? Number.NaN);
  });
}
