/**
 * TensorFlow.js' layers models: a `model.json`, of which `weightsManifest` alone is read, and the shards that it names, files beside it that
 * hold the values back to back, little-endian, f32 or quantised.
 *
 * Source: tfjs-core/src/io (`types.ts`, `weights_loader.ts`, `io_utils.ts` `decodeWeights`).
 */

import { FormatError, messageOf } from '../core/errors.ts';
import { type ByteSource, readRange } from './byte-source.ts';
import { decodeFloats, elementCountOf, type FloatArray } from './dtype.ts';
import { isCountList, isRecord, parseUniqueJson } from './unique-json.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';

/** Opens a file in the folder of the one that names it; `name` is a plain file name. @throws InputError where there is none. */
export type OpenBeside = (name: string) => Promise<ByteSource>;

/** A `model.json` above this is not read; that of a network of a hundred layers has 200 kB. */
const maxModelBytes = 16 * 1024 * 1024;
const maxShards = 4096;
const maxRank = 8;

/** Bytes of one stored value. Strings have none of their own, so what comes after them lies nowhere. */
const itemSizes: ReadonlyMap<string, number> = new Map([
  ['float32', 4],
  ['float16', 2],
  ['int32', 4],
  ['uint16', 2],
  ['uint8', 1],
  ['bool', 1],
  ['complex64', 8],
]);

/** How a tensor's values are stored where not as what they are; `value = scale q + min`, or f16. */
type Quantization =
  | { readonly dtype: 'float16' }
  | { readonly dtype: 'uint8' | 'uint16'; readonly scale: number; readonly min: number };

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: Quantization;
  readonly sizeBytes: number;
}

interface Group {
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
}

/** The text of a file that may be a `model.json`; undefined where it names no weights. */
export async function readModelJson(source: ByteSource): Promise<string | undefined> {
  if (source.sizeBytes > maxModelBytes) return undefined;
  const text = new TextDecoder().decode(await readRange(source, 0, source.sizeBytes, 'the model'));
  return text.includes('"weightsManifest"') ? text : undefined;
}

/**
 * Opens a layers model. Shards are opened to learn their sizes, which have to be those that the tensors need; values are read one tensor at a time.
 *
 * @param beside opens the shards; without it there are none.
 * @throws FormatError naming what is not as TensorFlow.js writes it.
 */
export async function openTfjs(source: ByteSource, text: string, beside: OpenBeside | undefined): Promise<WeightFile> {
  const groups = parseManifest(source.name, text);
  const paths = groups.flatMap((group) => group.paths);
  const shards = new Map<string, ByteSource>();
  for (const path of paths) {
    if (beside === undefined) {
      throw new FormatError(
        source.name,
        'tfjs-shards',
        `names its weights in other files, as '${path}', which are not at hand`,
      );
    }
    if (shards.has(path) || paths.length > maxShards) {
      const problem = shards.has(path) ? `names the shard '${path}' twice` : `names ${paths.length} shards`;
      throw new FormatError(source.name, 'tfjs-shards', `${problem}, expected at most ${maxShards}, each once`);
    }
    shards.set(path, await beside(path));
  }
  const tensors = new Map<string, StoredTensor>();
  for (const group of groups) {
    const parts = group.paths.flatMap((path) => shards.get(path) ?? []);
    checkSizes(source.name, group, parts);
    let offset = 0;
    for (const entry of group.entries) {
      if (tensors.has(entry.name)) {
        throw new FormatError(source.name, 'tfjs-weight-repeated', `has the weight '${entry.name}' twice`);
      }
      const start = offset;
      const read = async () => valuesOf(source.name, entry, await readAcross(parts, start, entry));
      tensors.set(entry.name, { dtype: entry.dtype, shape: entry.shape, read });
      offset += entry.sizeBytes;
    }
  }
  return { source: source.name, format: 'tfjs', tensors, shards: [...shards.values()] };
}

function checkSizes(source: string, { paths, entries }: Group, parts: readonly ByteSource[]): void {
  const neededBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes !== neededBytes) {
    const which = paths.length === 1 ? `the shard '${paths[0]}' has` : `the ${paths.length} shards have`;
    throw new FormatError(
      source,
      'tfjs-size',
      `${which} ${sizeBytes} bytes, the weights in them need ${neededBytes}; fetch the missing or damaged ones again`,
    );
  }
}

/** A tensor's bytes, of as many shards as they lie in. */
async function readAcross(
  parts: readonly ByteSource[],
  offset: number,
  { name, sizeBytes }: Entry,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let start = 0;
  for (const part of parts) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + sizeBytes, start + part.sizeBytes);
    if (from < to) bytes.set(await readRange(part, from - start, to - from, `weight '${name}'`), from - offset);
    start += part.sizeBytes;
  }
  return bytes;
}

/** As TensorFlow.js makes them: computed in f64, rounded to f32 once. */
function valuesOf(source: string, { name, dtype, quantization }: Entry, bytes: Uint8Array): FloatArray {
  if (dtype === 'float32') {
    if (quantization === undefined) return decodeFloats('F32', bytes) ?? new Float32Array();
    if (quantization.dtype === 'float16') return decodeFloats('F16', bytes) ?? new Float32Array();
    const { scale, min } = quantization;
    const codes = quantization.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
    const values = new Float32Array(codes.length);
    codes.forEach((code, index) => {
      values[index] = code * scale + min;
    });
    return values;
  }
  throw new FormatError(source, 'tensor-dtype', `weight '${name}' holds ${dtype}, expected float32`);
}

function parseManifest(source: string, text: string): readonly Group[] {
  let model: unknown;
  try {
    model = parseUniqueJson(text);
  } catch (error) {
    throw new FormatError(source, 'tfjs-json', `is not valid JSON with unique names (${messageOf(error)})`);
  }
  const manifest = isRecord(model) ? model['weightsManifest'] : undefined;
  if (!Array.isArray(manifest)) {
    throw new FormatError(
      source,
      'tfjs-manifest',
      'has no list of weights, weightsManifest; expected a model of TensorFlow.js',
    );
  }
  return manifest.map((group: unknown) => {
    const { paths, weights } = isRecord(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) {
      throw new FormatError(
        source,
        'tfjs-manifest',
        'has a group in weightsManifest without lists of paths and weights',
      );
    }
    return {
      paths: paths.map((path: unknown) => parsePath(source, path)),
      entries: weights.map((weight: unknown) => parseEntry(source, weight)),
    };
  });
}

/** A file of the model's own folder, whatever system reads it. @throws FormatError for every other path. */
function parsePath(source: string, path: unknown): string {
  const isPlain = typeof path === 'string' && /^[^/\\:\p{Cc}]{1,255}$/u.test(path) && !/^\.+$/.test(path);
  if (!isPlain) {
    throw new FormatError(
      source,
      'tfjs-path',
      `names the shard ${JSON.stringify(path)}, expected the name of a file beside it`,
    );
  }
  return path;
}

function parseEntry(source: string, weight: unknown): Entry {
  const { name, shape, dtype, quantization } = isRecord(weight) ? weight : {};
  if (typeof name !== 'string' || typeof dtype !== 'string' || !isCountList(shape) || shape.length > maxRank) {
    throw new FormatError(
      source,
      'tfjs-weight',
      `has a weight ${JSON.stringify(name)}, expected a name, a dtype and a shape of at most ${maxRank} non-negative integers`,
    );
  }
  const stored = quantization === undefined ? undefined : parseQuantization(source, name, quantization);
  const itemSize = itemSizes.get(stored?.dtype ?? dtype);
  if (itemSize === undefined) {
    throw new FormatError(
      source,
      'tfjs-dtype',
      `the weight '${name}' holds ${dtype}, expected ${[...itemSizes.keys()].join(', ')}`,
    );
  }
  const entry = { name, shape, dtype, sizeBytes: elementCountOf(shape) * itemSize };
  return stored === undefined ? entry : { ...entry, quantization: stored };
}

function parseQuantization(source: string, name: string, quantization: unknown): Quantization {
  const { dtype, scale, min } = isRecord(quantization) ? quantization : {};
  if (dtype === 'float16') return { dtype };
  const isAffine = Number.isFinite(scale) && Number.isFinite(min);
  if ((dtype === 'uint8' || dtype === 'uint16') && isAffine) return { dtype, scale: Number(scale), min: Number(min) };
  throw new FormatError(
    source,
    'tfjs-quantization',
    `the weight '${name}' is quantised as ${JSON.stringify(quantization)}, expected float16, or uint8 or uint16 with scale and min`,
  );
}
