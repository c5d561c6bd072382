/**
 * PyTorch state dicts, in both formats torch.save has written: zip archives (since 1.6) and, before, pickles in a row.
 *
 * Not here: the tar files of before 0.1.10 and TorchScript archives, which `weight-formats.ts` refuses by name.
 * Source: torch/serialization.py (`_load`, `_legacy_load`).
 */

import { FormatError } from '../core/errors.ts';
import { type ByteSource, readRange } from './byte-source.ts';
import { decodeFloats, elementCountOf, itemSizeOf } from './dtype.ts';
import { unpickle } from './pickle.ts';
import { pickleLimits } from './pickle-machine.ts';
import {
  describeValue,
  isKind,
  type PickleDict,
  type PickleValue,
  type StorageDescription,
  type TensorDescription,
} from './pickle-values.ts';
import { pytorchHost } from './pytorch-host.ts';
import { gatherStrided, spanOf } from './strides.ts';
import type { StoredTensor, WeightFile, WeightFormat } from './weight-file.ts';
import type { ZipArchive } from './zip.ts';

/** The integer every legacy file begins with, pickled in protocol 2. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;
/** Dictionaries inside dictionaries: `{'state_dict': {...}}` is 1 deep. */
const maxNesting = 16;
/** Entries looked at: more than a pickle can write out, since one that names a dictionary often, on many levels, describes any number. */
const maxEntries = pickleLimits.opcodes;
/** A tensor's name; a long key that holds many tensors would be written out for each. */
const maxNameLength = 4096;
/** A single storage above this is not a convolution's. */
const maxStorageBytes = 2 ** 30;
/** Neither is a tensor above this. */
const maxElements = 2 ** 28;

/** Bytes of a storage's elements, from its first. */
type StorageReader = (storage: StorageDescription, start: number, count: number) => Promise<Uint8Array>;

/** A zip archive that holds `<root>/data.pkl`. @throws FormatError for big-endian files and everything the pickle may not say. */
export async function openPytorchZip(source: ByteSource, zip: ZipArchive, pickleName: string): Promise<WeightFile> {
  const root = pickleName.slice(0, -'data.pkl'.length);
  if (zip.entries.has(`${root}byteorder`)) {
    const byteOrder = new TextDecoder().decode(await zip.read(`${root}byteorder`, 16));
    if (byteOrder !== 'little') {
      throw new FormatError(source.name, 'pytorch-byte-order', `its byte order is '${byteOrder}', expected 'little'`);
    }
  }
  const pickle = await zip.read(pickleName, pickleLimits.sizeBytes);
  const { value } = unpickle(source.name, pickle, pytorchHost(source.name, new Map()));
  // Flattened checkpoints keep every tensor in one storage: the last one read stays at hand.
  let last: { readonly key: string; readonly bytes: Uint8Array } | undefined;
  const readStorage: StorageReader = async (storage, start, count) => {
    const itemSize = itemSizeOf(storage.dtype);
    if (last?.key !== storage.key) {
      last = { key: storage.key, bytes: await readZippedStorage(source, zip, `${root}data/${storage.key}`, storage) };
    }
    return last.bytes.subarray(start * itemSize, (start + count) * itemSize);
  };
  return weightFile(source.name, 'pytorch-zip', value, readStorage);
}

async function readZippedStorage(
  source: ByteSource,
  zip: ZipArchive,
  entry: string,
  { elementCount, dtype }: StorageDescription,
): Promise<Uint8Array> {
  const expectedBytes = elementCount * itemSizeOf(dtype);
  const declaredBytes = zip.entries.get(entry)?.sizeBytes ?? expectedBytes;
  if (declaredBytes !== expectedBytes) {
    throw new FormatError(
      source.name,
      'pytorch-storage-size',
      `the zip entry '${entry}' has ${declaredBytes} bytes, ${elementCount} elements of ${dtype} need ${expectedBytes}`,
    );
  }
  return zip.read(entry, maxStorageBytes);
}

/** Whether a file begins as legacy files do: the magic number as a pickle. */
export function isPytorchLegacy(start: Uint8Array): boolean {
  // PROTO 2, LONG1 of 10 bytes.
  const prefix = [0x80, 0x02, 0x8a, 0x0a];
  const digits = start.subarray(prefix.length, prefix.length + 10);
  const magic = digits.reduceRight((sum, digit) => sum * 256n + BigInt(digit), 0n);
  return prefix.every((byte, index) => start[index] === byte) && magic === legacyMagic;
}

/**
 * A legacy file: pickles of the magic number, the protocol, the writer's system, the state dict and the storages' keys;
 * then each storage as an int64 element count and its bytes.
 */
export async function openPytorchLegacy(source: ByteSource): Promise<WeightFile> {
  const pickles = await readRange(source, 0, Math.min(source.sizeBytes, pickleLimits.sizeBytes), 'the pickles');
  const storages = new Map<string, StorageDescription>();
  const host = pytorchHost(source.name, storages);
  let end = 0;
  const next = (): PickleValue => {
    const read = unpickle(source.name, pickles, host, end);
    end = read.end;
    return read.value;
  };
  next(); // The magic number, which the caller has seen.
  const protocol = next();
  if (protocol !== legacyProtocol) {
    throw new FormatError(
      source.name,
      'pytorch-protocol',
      `its legacy protocol is ${String(protocol)}, expected ${legacyProtocol}`,
    );
  }
  const system = next();
  if (isKind(system, 'dict') && system.entries.get('little_endian') === false) {
    throw new FormatError(source.name, 'pytorch-byte-order', "its byte order is 'big', expected 'little'");
  }
  const state = next();
  const keys = storageKeysOf(source.name, next());
  const starts = await locateStorages(source, keys, storages, end);
  const readStorage: StorageReader = (storage, start, count) => {
    const itemSize = itemSizeOf(storage.dtype);
    const offset = starts.get(storage.key);
    if (offset === undefined) {
      throw new FormatError(source.name, 'pytorch-storage-missing', `storage '${storage.key}' is not in the file`);
    }
    return readRange(source, offset + start * itemSize, count * itemSize, `storage '${storage.key}'`);
  };
  return weightFile(source.name, 'pytorch-legacy', state, readStorage);
}

function storageKeysOf(source: string, value: PickleValue): readonly string[] {
  const items = isKind(value, 'list') ? value.items : [null];
  return items.map((key) => {
    if (typeof key !== 'string') {
      throw new FormatError(
        source,
        'pytorch-storage-key',
        `its list of storages holds ${describeValue(key)}, expected strings`,
      );
    }
    return key;
  });
}

/** Where each storage's elements begin, found by stepping over the file from count to count. */
async function locateStorages(
  source: ByteSource,
  keys: readonly string[],
  storages: ReadonlyMap<string, StorageDescription>,
  start: number,
): Promise<ReadonlyMap<string, number>> {
  const starts = new Map<string, number>();
  let position = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined || starts.has(key)) {
      throw new FormatError(
        source.name,
        'pytorch-storage-listing',
        `storage '${key}' is listed twice or belongs to nothing`,
      );
    }
    const prefix = await readRange(source, position, 8, `the size of storage '${key}'`);
    const count = new DataView(prefix.buffer, prefix.byteOffset).getBigInt64(0, true);
    if (count !== BigInt(storage.elementCount)) {
      throw new FormatError(
        source.name,
        'pytorch-storage-size',
        `storage '${key}' has ${count} elements, the pickle says ${storage.elementCount}`,
      );
    }
    starts.set(key, position + 8);
    position += 8 + storage.elementCount * itemSizeOf(storage.dtype);
    if (position > source.sizeBytes) {
      throw new FormatError(
        source.name,
        'file-truncated',
        `storage '${key}' ends at byte ${position}, but the file has ${source.sizeBytes}; it is truncated or damaged`,
      );
    }
  }
  if (position !== source.sizeBytes) {
    throw new FormatError(
      source.name,
      'file-trailing-bytes',
      `the last storage ends at byte ${position}, but the file has ${source.sizeBytes}`,
    );
  }
  return starts;
}

/**
 * Every tensor in nested dictionaries, by its keys joined with dots; what else a checkpoint holds is passed over.
 *
 * @throws FormatError where two tensors come to the same name, or the dictionaries unfold without end.
 */
function tensorsOf(source: string, state: PickleDict): ReadonlyMap<string, TensorDescription> {
  const tensors = new Map<string, TensorDescription>();
  const paths = new Map<string, string>();
  let seen = 0;
  const visit = (dict: PickleDict, path: readonly string[]): void => {
    for (const [key, child] of dict.entries) {
      seen += 1;
      if (seen > maxEntries) {
        throw new FormatError(source, 'pytorch-nesting', `its dictionaries unfold to more than ${maxEntries} entries`);
      }
      if (isKind(child, 'dict') && path.length < maxNesting) {
        visit(child, [...path, String(key)]);
      } else if (isKind(child, 'tensor')) {
        const keys = [...path, String(key)];
        if (keys.reduce((sum, { length }) => sum + length + 1, 0) > maxNameLength) {
          throw new FormatError(
            source,
            'pytorch-nesting',
            `its dictionaries unfold to a tensor's name of more than ${maxNameLength} characters`,
          );
        }
        const name = keys.join('.');
        const quoted = keys.map((part) => `['${part}']`).join('');
        const other = paths.get(name);
        if (other !== undefined) {
          throw new FormatError(
            source,
            'pytorch-tensor-repeated',
            `its tensors ${other} and ${quoted} come to the same name, '${name}'; expected each name once`,
          );
        }
        paths.set(name, quoted);
        tensors.set(name, child);
      }
    }
  };
  visit(state, []);
  return tensors;
}

function weightFile(source: string, format: WeightFormat, state: PickleValue, readStorage: StorageReader): WeightFile {
  if (!isKind(state, 'dict')) {
    throw new FormatError(source, 'pytorch-state-dict', `it holds ${describeValue(state)}, expected a state dict`);
  }
  const tensors = [...tensorsOf(source, state)].map(
    ([name, tensor]) => [name, storedTensor(source, name, tensor, readStorage)] as const,
  );
  return { source, format, tensors: new Map(tensors) };
}

function storedTensor(
  source: string,
  name: string,
  tensor: TensorDescription,
  readStorage: StorageReader,
): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  return {
    dtype: storage.dtype,
    shape,
    read: async () => {
      // A stride of 0 describes any number of elements by one: the storage's size is no bound.
      if (elementCountOf(shape) > maxElements) {
        throw new FormatError(
          source,
          'tensor-size',
          `tensor '${name}' has shape [${shape.join(', ')}], more than ${maxElements} elements`,
        );
      }
      const values = decodeFloats(storage.dtype, await readStorage(storage, offset, spanOf(shape, strides)));
      if (values === undefined) {
        throw new FormatError(
          source,
          'tensor-dtype',
          `tensor '${name}' holds ${storage.dtype}, expected F16, BF16, F32 or F64`,
        );
      }
      return gatherStrided(values, shape, strides);
    },
  };
}
