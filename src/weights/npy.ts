/**
 * NumPy arrays: `.npy` (versions 1 to 3) and `.npz`, a zip of them.
 *
 * Little-endian f2, f4 and f8 in C or Fortran order. The header is a Python dictionary literal; it is matched against
 * the one shape numpy writes, never evaluated. Source: NEP 1 and numpy/lib/format.py.
 */

import { type FormatCode, FormatError } from '../core/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type Dtype, decodeFloats, elementCountOf, type FloatArray, itemSizeOf } from './dtype.ts';
import { columnMajorStrides, gatherStrided } from './strides.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';
import type { ZipArchive } from './zip.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const maxHeaderBytes = 65_536;
const maxRank = 8;
/** An array above this is not a convolution's, and the classifier's (411 MB) is never asked for. */
const maxArrayBytes = 2 ** 30;

const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ['<f2', 'F16'],
  ['<f4', 'F32'],
  ['<f8', 'F64'],
]);

export interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major, whatever the file's order. */
  readonly values: FloatArray;
}

/** What an array says of itself before its values. */
interface NpyStart {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** Where its values begin. */
  readonly dataOffset: number;
}

/** The longest start: magic, version, length and header. */
const maxStartBytes = 12 + maxHeaderBytes;

/** @param name is the array's, for errors. @throws FormatError naming what is not as numpy writes it. */
export function parseNpy(source: string, name: string, bytes: Uint8Array): NpyArray {
  const { dtype, shape, fortranOrder, dataOffset } = parseStart(source, name, bytes, bytes.length);
  const values = decodeFloats(dtype, bytes.subarray(dataOffset)) ?? new Float32Array();
  return { dtype, shape, values: fortranOrder ? gatherStrided(values, shape, columnMajorStrides(shape)) : values };
}

/** @param bytes those of its start are enough. @param sizeBytes of the whole array. */
function parseStart(source: string, name: string, bytes: Uint8Array, sizeBytes: number): NpyStart {
  const fail = (code: FormatCode, problem: string) => new FormatError(source, code, `array '${name}' ${problem}`);
  const major = bytes[6] ?? 0;
  if (!magic.every((byte, index) => bytes[index] === byte) || major < 1 || major > 3) {
    throw fail('npy-magic', "does not begin with NumPy's magic and a version from 1 to 3");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerOffset = major === 1 ? 10 : 12;
  if (bytes.length < headerOffset) {
    throw fail('npy-header-length', 'ends within its header');
  }
  const headerBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = headerOffset + headerBytes;
  if (headerBytes > maxHeaderBytes || dataOffset > bytes.length) {
    throw fail(
      'npy-header-length',
      `declares a header of ${headerBytes} bytes, expected at most ${maxHeaderBytes} and within the file`,
    );
  }
  const text = new TextDecoder().decode(bytes.subarray(headerOffset, dataOffset));
  const header = parseHeader(text);
  if (header === undefined) {
    throw fail('npy-header', 'has a header that is not a dictionary of descr, fortran_order and shape');
  }
  const { descr, fortranOrder, shape } = header;
  const dtype = dtypes.get(descr);
  if (dtype === undefined) {
    throw fail('npy-dtype', `has element type '${descr}', expected ${[...dtypes.keys()].join(', ')}`);
  }
  if (shape.length > maxRank) {
    throw fail('npy-rank', `has ${shape.length} axes, expected at most ${maxRank}`);
  }
  const expectedBytes = elementCountOf(shape) * itemSizeOf(dtype);
  if (sizeBytes - dataOffset !== expectedBytes) {
    throw fail(
      'npy-size',
      `has ${sizeBytes - dataOffset} bytes of values, its shape [${shape.join(', ')}] of ${descr} needs ${expectedBytes}`,
    );
  }
  return { dtype, shape, fortranOrder, dataOffset };
}

/**
 * A zip archive of `.npy` entries; tensors are named after the entries without `.npy`.
 *
 * Shapes lie inside the entries, so the start of each is read on opening, save those `isWanted` turns down; values wait until they are wanted:
 * a few bytes may inflate to a thousand times as many.
 */
export async function openNpz(
  source: ByteSource,
  zip: ZipArchive,
  isWanted: (name: string) => boolean,
): Promise<WeightFile> {
  const tensors = new Map<string, StoredTensor>();
  for (const [entry, { sizeBytes }] of zip.entries) {
    const name = entry.replace(/\.npy$/, '');
    if (name !== entry && isWanted(name)) {
      const { dtype, shape } = parseStart(source.name, name, await zip.start(entry, maxStartBytes), sizeBytes);
      const read = async () => parseNpy(source.name, name, await zip.read(entry, maxArrayBytes)).values;
      tensors.set(name, { dtype, shape, read });
    }
  }
  return { source: source.name, format: 'npz', tensors };
}

interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The three fields in any order, each once; a trailing comma and Python 2's `3L` are allowed. */
function parseHeader(text: string): NpyHeader | undefined {
  const body = /^\{(.*)\}\s*$/.exec(text)?.[1];
  if (body === undefined) {
    return undefined;
  }
  const field = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^'\\]*'|True|False|\([\dL,\s]*\))\s*(?:,|$)/y;
  const fields = new Map<string, string>();
  while (field.lastIndex < body.length && body.slice(field.lastIndex).trim() !== '') {
    const [, key, value] = field.exec(body) ?? [];
    if (key === undefined || value === undefined || fields.has(key)) {
      return undefined;
    }
    fields.set(key, value);
  }
  const descr = /^'(.*)'$/.exec(fields.get('descr') ?? '')?.[1];
  const order = fields.get('fortran_order');
  const shapeText = /^\((?:\s*\d+L?\s*,)*(?:\s*\d+L?\s*)?\)$/.exec(fields.get('shape') ?? '')?.[0];
  if (descr === undefined || (order !== 'True' && order !== 'False') || shapeText === undefined) {
    return undefined;
  }
  const shape = (shapeText.match(/\d+/g) ?? []).map(Number);
  return shape.every(Number.isSafeInteger) ? { descr, fortranOrder: order === 'True', shape } : undefined;
}
