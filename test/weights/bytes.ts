/** Hand-made files for the tests of weight readers: raw bytes, zip archives, state dicts and pattern networks. */

import { crc32, deflateRawSync } from 'node:zlib';
import { convolutionsOf } from '../../src/models/networks.ts';
import { torchvisionIndices, type VggName } from '../../src/models/vgg.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';

/** One byte per character, so that a pickle can be written as a string: `'\x80\x02cos\nsystem\n'`. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin1(part) : part))));
}

/** A little-endian integer of `length` bytes. */
export function littleEndian(value: number | bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

export function floatBytes(values: readonly number[] | Float32Array): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A safetensors file from header text (or an object) and data; `headerBytes` may lie. */
export function rawSafetensors(header: object | string, dataBytes = 0, headerBytes?: number | bigint): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(json);
  return concat(littleEndian(headerBytes ?? encoded.length, 8), encoded, new Uint8Array(dataBytes));
}

export interface ZipPart {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** Lies, for hostile archives. */
  readonly declaredBytes?: number;
  readonly crc?: number;
}

/** A zip archive; both headers of an entry tell the same lies. */
export function zipOf(parts: readonly ZipPart[]): Uint8Array {
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content, deflate = false, declaredBytes, crc } of parts) {
    const stored = deflate ? new Uint8Array(deflateRawSync(content)) : content;
    const common = concat(
      littleEndian(20, 2),
      littleEndian(0, 2),
      littleEndian(deflate ? 8 : 0, 2),
      littleEndian(0, 4),
      littleEndian(crc ?? crc32(content), 4),
      littleEndian(stored.length, 4),
      littleEndian(declaredBytes ?? content.length, 4),
      littleEndian(name.length, 2),
      littleEndian(0, 2),
    );
    const file = concat('PK\x03\x04', common, name, stored);
    directory.push(
      concat('PK\x01\x02', littleEndian(20, 2), common, new Uint8Array(10), littleEndian(offset, 4), name),
    );
    files.push(file);
    offset += file.length;
  }
  const entries = concat(...directory);
  const count = littleEndian(parts.length, 2);
  const end = concat(
    'PK\x05\x06\0\0\0\0',
    count,
    count,
    littleEndian(entries.length, 4),
    littleEndian(offset, 4),
    '\0\0',
  );
  return concat(...files, entries, end);
}

export interface PickledTensor {
  readonly name: string;
  readonly storageType?: string;
  readonly key: string;
  readonly elementCount: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const text = (value: string) => concat('X', littleEndian(value.length, 4), value);
const integer = (value: number) => concat('J', littleEndian(value, 4));
const tuple = (items: readonly number[]) => concat('(', ...items.map(integer), 't');

/** The pickle of a state dict, as torch.save writes it without its memo. `view` is what legacy ids end in. */
export function stateDictPickle(tensors: readonly PickledTensor[], view = ''): Uint8Array {
  const items = tensors.flatMap(
    ({ name, storageType = 'FloatStorage', key, elementCount, offset = 0, shape, strides }) => [
      text(name),
      'ctorch._utils\n_rebuild_tensor_v2\n(',
      concat(
        '(',
        text('storage'),
        `ctorch\n${storageType}\n`,
        text(key),
        text('cpu'),
        integer(elementCount),
        view,
        'tQ',
      ),
      concat(integer(offset), tuple(shape), tuple(strides), '\x89ccollections\nOrderedDict\n)RtR'),
    ],
  );
  return concat('\x80\x02ccollections\nOrderedDict\n)R(', ...items, 'u.');
}

/** A zip file as torch.save writes it: `archive/data.pkl`, `archive/byteorder`, `archive/data/<key>`. */
export function pytorchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  byteOrder = 'little',
): Uint8Array {
  return zipOf([
    { name: 'archive/data.pkl', content: pickle },
    { name: 'archive/byteorder', content: latin1(byteOrder) },
    ...Object.entries(storages).map(([key, content]) => ({ name: `archive/data/${key}`, content })),
  ]);
}

export const legacyPrefix = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.';

/** A legacy file; storages in the order given, each with its element count in front. */
export function pytorchLegacy(
  pickle: Uint8Array,
  storages: readonly { readonly key: string; readonly elementCount: number; readonly content: Uint8Array }[],
  system = '\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.',
): Uint8Array {
  const keys = concat('\x80\x02](', ...storages.map(({ key }) => text(key)), 'e.');
  const data = storages.flatMap(({ elementCount, content }) => [littleEndian(elementCount, 8), content]);
  return concat(legacyPrefix, system, pickle, keys, ...data);
}

/** An `.npy` file of version 1 with any header text. */
export function npy(header: string, values: Uint8Array, version = 1): Uint8Array {
  const length = littleEndian(header.length, version === 1 ? 2 : 4);
  return concat(`\x93NUMPY${String.fromCharCode(version)}\0`, length, header, values);
}

export function npyOf(shape: readonly number[], values: Float32Array): Uint8Array {
  return npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`, floatBytes(values));
}

export interface NamedValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A value that f16 holds exactly, different in neighbouring elements. */
export function pattern(index: number, seed: number): number {
  return (((index * 37 + seed * 11) % 251) - 125) / 256;
}

/** Pattern weights under torchvision's names, each layer's values from its own seed. */
export function patternNetwork(network: VggName, batchNorm = false): readonly NamedValues[] {
  const indices = torchvisionIndices(network, batchNorm);
  return convolutionsOf(network).flatMap(({ name, inChannels, outChannels }) => {
    const at = indices.get(name) ?? -1;
    const filled = (suffix: string, shape: readonly number[], seed: number, offset = 0): NamedValues => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      return { name: suffix, shape, values: Float32Array.from({ length: count }, (_, i) => pattern(i, seed) + offset) };
    };
    const convolution = [
      filled(`features.${at}.weight`, [outChannels, inChannels, 3, 3], at),
      filled(`features.${at}.bias`, [outChannels], at + 1),
    ];
    const norm = [
      filled(`features.${at + 1}.weight`, [outChannels], at + 2, 1),
      filled(`features.${at + 1}.bias`, [outChannels], at + 3),
      filled(`features.${at + 1}.running_mean`, [outChannels], at + 4),
      filled(`features.${at + 1}.running_var`, [outChannels], at + 5, 1),
    ];
    return batchNorm ? [...convolution, ...norm] : convolution;
  });
}

/** Values of a TensorFlow.js model as its shards hold them. */
export interface TfjsWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: string;
  readonly quantization?: object;
  readonly bytes: Uint8Array;
}

/** A `model.json` of one group, its bytes cut into shards of so many, and what opens them. */
export function tfjsModel(weights: readonly TfjsWeight[], shardBytes = 2 ** 22) {
  const bytes = concat(...weights.map((weight) => weight.bytes));
  const count = Math.ceil(bytes.length / shardBytes);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const listed = weights.map(({ bytes: _, dtype = 'float32', ...rest }) => ({ ...rest, dtype }));
  const weightsManifest = [{ paths, weights: listed }];
  const shardOf = (name: string) => {
    const start = paths.indexOf(name) * shardBytes;
    return bytesSource(name, bytes.subarray(start, start + shardBytes));
  };
  const model = JSON.stringify({ format: 'layers-model', modelTopology: {}, weightsManifest });
  return { model: new TextEncoder().encode(model), beside: async (name: string) => shardOf(name) };
}
