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
