/** Between a reference's dense channels and the device's, padded with zeros to a multiple of 4. */

/** Inserts zeros behind each pixel's channels up to `padded` of them. */
export function padChannels(values: Float32Array, channels: number, padded: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array((values.length / channels) * padded);
  for (let i = 0; i < values.length; i++) {
    result[Math.floor(i / channels) * padded + (i % channels)] = values[i] ?? 0;
  }
  return result;
}

/** The same for f64. */
export function padReference(values: Float64Array, channels: number, padded: number): Float64Array {
  const result = new Float64Array((values.length / channels) * padded);
  for (let i = 0; i < values.length; i++) {
    result[Math.floor(i / channels) * padded + (i % channels)] = values[i] ?? 0;
  }
  return result;
}

/** Some channels of a map that has more. */
interface Place {
  readonly first: number;
  readonly of: number;
}

/** Puts each pixel's channels at their place among those of a map filled with `around`. */
export function placeChannels(
  values: Float32Array,
  channels: number,
  place: Place,
  around: number,
): Float32Array<ArrayBuffer> {
  return scatter(values, new Float32Array((values.length / channels) * place.of).fill(around), channels, place);
}

/** The same for f64, around them zeros. */
export function placeReference(values: Float64Array, channels: number, place: Place): Float64Array {
  return scatter(values, new Float64Array((values.length / channels) * place.of), channels, place);
}

function scatter<Into extends Float32Array | Float64Array>(
  values: Float32Array | Float64Array,
  into: Into,
  channels: number,
  { first, of }: Place,
): Into {
  for (let i = 0; i < values.length; i++) {
    into[Math.floor(i / channels) * of + first + (i % channels)] = values[i] ?? 0;
  }
  return into;
}

/** Which values of such a map are of the place. */
export function isInPlace(index: number, channels: number, { first, of }: Place): boolean {
  const channel = index % of;
  return channel >= first && channel < first + channels;
}
