/** The values a weight file's pickle can hold once read: plain data, and descriptions of storages and tensors. */

import { FormatError } from '../core/errors.ts';
import type { Dtype } from './dtype.ts';

export type PickleKey = string | number | bigint | boolean | null;

export type PickleValue =
  | PickleKey
  | PickleBytes
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | StorageDescription
  | TensorDescription;

export interface PickleBytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

/** A dict or an OrderedDict. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleKey, PickleValue>;
}

/** A name from the closed list of a host; only ever compared, never looked up anywhere. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** A run of elements in a file that tensors are views of. */
export interface StorageDescription {
  readonly kind: 'storage';
  /** The name of its bytes in the file. */
  readonly key: string;
  readonly dtype: Dtype;
  /** Elements of the whole storage called `key`. */
  readonly elementCount: number;
  /** First element of this view of it; 0 unless an old file shares storages. */
  readonly viewOffset: number;
}

export interface TensorDescription {
  readonly kind: 'tensor';
  readonly storage: StorageDescription;
  /** First element, counted from the start of the storage called `storage.key`. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
}

type Kinded = Exclude<PickleValue, PickleKey>;

/** Narrows to one kind of value. */
export function isKind<K extends Kinded['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<Kinded, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes, a byte order mark kept; undefined where they are not UTF-8. */
export function textOfUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Any bytes as a text that stands for no others: their UTF-8, or else a character a byte, those from 0x80 as lone surrogates, which no
 * UTF-8 gives. Keys are thus equal where their bytes are.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const characterOf = (byte: number) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  return textOfUtf8(bytes) ?? Array.from(bytes, characterOf).join('');
}

/** Adds an entry to a dict, bytes as a key being their text. @throws FormatError where the key cannot be one or is taken. */
export function addEntry(source: string, dict: PickleDict, key: PickleValue | undefined, value: PickleValue): void {
  const plain = isKind(key, 'bytes') ? textOfBytes(key.bytes) : key;
  if (plain === undefined || (typeof plain === 'object' && plain !== null)) {
    const what = plain === undefined ? 'nothing' : describeValue(plain);
    throw new FormatError(source, 'pickle-key', `the pickle uses ${what} as a dictionary key; refused`);
  }
  if (dict.entries.has(plain)) {
    throw new FormatError(source, 'pickle-key-repeated', `the pickle sets the key '${String(plain)}' twice; refused`);
  }
  dict.entries.set(plain, value);
}

/** How an error calls a value. */
export function describeValue(value: PickleValue): string {
  if (value === null) {
    return 'None';
  }
  if (typeof value !== 'object') {
    return `a ${typeof value}`;
  }
  return value.kind === 'global' ? value.name : `a ${value.kind}`;
}
