/** Seeded values for tests: the same on every machine and in every run, so that a failure can be looked at again. */

/** Numbers in [0, 1) that depend on `seed` only: FNV-1a of its text, then the generator mulberry32. */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) {
    state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` floats from `draw`. */
export function floats(count: number, draw: () => number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = draw();
  return values;
}

/** Uniform in [−1, 1). */
export function signed(random: () => number): () => number {
  return () => 2 * random() - 1;
}

/** Half of them 0, the other half uniform in (0, 1): what a ReLU leaves. */
export function rectified(random: () => number): () => number {
  return () => Math.max(2 * random() - 1, 0);
}

/** The same values as f64, for references. */
export function widen(values: Float32Array): Float64Array {
  return Float64Array.from(values);
}
