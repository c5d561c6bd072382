/**
 * Reading and writing safetensors files.
 *
 * Layout: u64 little-endian header length; JSON header, padded with spaces; tensor bytes, row-major little-endian, back
 * to back. Source: the format section of huggingface/safetensors. Stricter than JSON: names may not repeat, and tensors
 * must tile the data with no hole, no overlap and nothing after the last. A type is asked about only when its tensor is read.
 */

import { type FormatCode, FormatError, ShapeError } from '../core/errors.ts';
import { type ByteSource, readRange } from './byte-source.ts';
import { decodeFloats, elementCountOf, type FloatArray, isDtype, itemSizeOf } from './dtype.ts';
import { encodeFloat16 } from './float16.ts';
import { isCountList, isRecord, parseUniqueJson } from './unique-json.ts';
import type { WeightFile } from './weight-file.ts';

/** A header above this is refused before it is read; the largest real ones are a few MiB. */
const maxHeaderBytes = 16 * 1024 * 1024;

const metadataKey = '__metadata__';
const lengthBytes = 8;
const maxRank = 8;

/** Where a tensor lies in a file. */
export interface SafetensorsEntry {
  readonly name: string;
  /** As the file calls it; the format gains types over time. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor to be written; `values` are row-major. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: 'F32' | 'F16';
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The same in double precision. */
export interface Float64Tensor extends Omit<SafetensorsTensor, 'dtype' | 'values'> {
  readonly dtype: 'F64';
  readonly values: Float64Array;
}

/** Whether the first bytes can be a safetensors header: a length within the cap, then `{`. */
export function isSafetensors(start: Uint8Array): boolean {
  if (start.length < 9 || start[8] !== 0x7b) {
    return false;
  }
  return new DataView(start.buffer, start.byteOffset).getBigUint64(0, true) <= BigInt(maxHeaderBytes);
}

/** Reads and validates the header; tensor bytes are not touched. @throws FormatError naming the rule that is broken. */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const prefix = await readRange(source, 0, lengthBytes, "safetensors' header length");
  const declared = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(maxHeaderBytes)) {
    throw new FormatError(
      source.name,
      'safetensors-header-length',
      `the header is said to have ${declared} bytes, expected at most ${maxHeaderBytes}`,
    );
  }
  const headerBytes = Number(declared);
  const bytes = await readRange(source, lengthBytes, headerBytes, 'the header');
  if (bytes[0] !== 0x7b) {
    throw new FormatError(source.name, 'safetensors-header-start', "the header does not begin with '{'");
  }
  const header = parseHeaderJson(source.name, bytes);
  const dataOffset = lengthBytes + headerBytes;
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]) => parseEntry(source.name, name, value, dataOffset));
  checkTiling(source, entries, dataOffset);
  return {
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: parseMetadata(source.name, header[metadataKey]),
  };
}

/** The values of a tensor whose entry came from this source's header. @throws FormatError for types whose values are not read. */
export async function readTensor(source: ByteSource, entry: SafetensorsEntry): Promise<FloatArray> {
  const bytes = await readRange(source, entry.offset, entry.sizeBytes, `tensor '${entry.name}'`);
  const values = decodeFloats(entry.dtype, bytes);
  if (values === undefined) {
    throw new FormatError(
      source.name,
      'tensor-dtype',
      `tensor '${entry.name}' holds ${entry.dtype}, expected F16, BF16, F32 or F64`,
    );
  }
  return values;
}

/** A safetensors file as a weight file of any origin. */
export async function openSafetensors(source: ByteSource): Promise<WeightFile> {
  const header = await readSafetensorsHeader(source);
  const tensors = [...header.tensors.values()].map(
    (entry) => [entry.name, { dtype: entry.dtype, shape: entry.shape, read: () => readTensor(source, entry) }] as const,
  );
  return { source: source.name, format: 'safetensors', tensors: new Map(tensors), metadata: header.metadata };
}

/**
 * The bytes of a safetensors file. Deterministic: tensors by falling element size, then by name, so that each is
 * aligned to its elements; metadata by key; the header padded to a multiple of 8. F16 values are rounded to nearest,
 * ties to even.
 *
 * @throws ShapeError when values do not fill their shape or a name is taken twice.
 */
export function encodeSafetensors(
  tensors: readonly (SafetensorsTensor | Float64Tensor)[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    (a, b) => itemSizeOf(b.dtype) - itemSizeOf(a.dtype) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
  const names = new Set([metadataKey]);
  const parts: (readonly [string, object])[] = [];
  let dataBytes = 0;
  for (const { name, dtype, shape, values } of sorted) {
    if (names.has(name) || values.length !== elementCountOf(shape)) {
      throw new ShapeError(
        names.has(name)
          ? `safetensors: the name '${name}' is taken twice or reserved`
          : `safetensors: tensor '${name}' has ${values.length} values, its shape [${shape.join(', ')}] needs ${elementCountOf(shape)}`,
      );
    }
    names.add(name);
    const end = dataBytes + values.length * itemSizeOf(dtype);
    parts.push([name, { dtype, shape, data_offsets: [dataBytes, end] }]);
    dataBytes = end;
  }
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  const json = JSON.stringify(Object.fromEntries([[metadataKey, sortedMetadata], ...parts]));
  const header = new TextEncoder().encode(json);
  const paddedBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(lengthBytes + paddedBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  file.fill(0x20, lengthBytes, lengthBytes + paddedBytes);
  file.set(header, lengthBytes);
  let offset = lengthBytes + paddedBytes;
  for (const tensor of sorted) {
    const stored = tensor.dtype === 'F16' ? encodeFloat16(tensor.values) : tensor.values;
    file.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), offset);
    offset += stored.byteLength;
  }
  return file;
}

function parseHeaderJson(source: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = parseUniqueJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new FormatError(
      source,
      'safetensors-header-json',
      `the header is not valid JSON with unique names (${reason})`,
    );
  }
  // What begins with '{' and is valid is an object.
  return isRecord(header) ? header : {};
}

function parseMetadata(source: string, value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) {
    return new Map();
  }
  if (!isRecord(value)) {
    throw new FormatError(source, 'safetensors-metadata', `${metadataKey} is not a JSON object`);
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new FormatError(source, 'safetensors-metadata-value', `${metadataKey} entry '${key}' is not a string`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(source: string, name: string, value: unknown, dataOffset: number): SafetensorsEntry {
  const fail = (code: FormatCode, problem: string) => new FormatError(source, code, `tensor '${name}' ${problem}`);
  if (!isRecord(value)) {
    throw fail('safetensors-entry', 'is not described by a JSON object');
  }
  const unknownKey = Object.keys(value).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (unknownKey !== undefined) {
    throw fail('safetensors-field', `has an unknown field '${unknownKey}'`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') {
    throw fail('safetensors-dtype', `has element type ${JSON.stringify(dtype)}, expected a name like F32 or F16`);
  }
  if (!isCountList(shape) || shape.length > maxRank) {
    throw fail(
      'safetensors-shape',
      `has shape ${JSON.stringify(shape)}, expected at most ${maxRank} non-negative integers`,
    );
  }
  if (!isCountList(offsets) || offsets.length !== 2) {
    throw fail(
      'safetensors-offsets',
      `has data_offsets ${JSON.stringify(offsets)}, expected two non-negative integers`,
    );
  }
  const [start = 0, end = 0] = offsets;
  const sizeBytes = end - start;
  // Of a type that is not known, the offsets alone tell the size.
  const neededBytes = isDtype(dtype) ? elementCountOf(shape) * itemSizeOf(dtype) : Math.max(sizeBytes, 0);
  if (sizeBytes !== neededBytes) {
    throw fail(
      'safetensors-size',
      `spans ${sizeBytes} bytes, its shape [${shape.join(', ')}] of ${dtype} needs ${neededBytes}`,
    );
  }
  return { name, dtype, shape, offset: dataOffset + start, sizeBytes };
}

/** Sorts the entries by their bytes and checks that they cover the data exactly once. */
function checkTiling(source: ByteSource, entries: SafetensorsEntry[], dataOffset: number): void {
  entries.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes);
  let position = dataOffset;
  for (const { name, offset, sizeBytes } of entries) {
    if (offset !== position) {
      const [code, problem] =
        offset < position
          ? (['safetensors-overlap', 'overlaps the tensor before it'] as const)
          : (['safetensors-hole', 'leaves a hole before it'] as const);
      throw new FormatError(
        source.name,
        code,
        `tensor '${name}' ${problem}: it begins at byte ${offset - dataOffset} of the data, expected ${position - dataOffset}`,
      );
    }
    position += sizeBytes;
    if (position > source.sizeBytes) {
      throw new FormatError(
        source.name,
        'file-truncated',
        `tensor '${name}' ends at byte ${position}, but the file has ${source.sizeBytes}; it is truncated or damaged`,
      );
    }
  }
  if (position !== source.sizeBytes) {
    throw new FormatError(
      source.name,
      'file-trailing-bytes',
      `the last tensor ends at byte ${position}, but the file has ${source.sizeBytes}`,
    );
  }
}
