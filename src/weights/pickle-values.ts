/** The values a weight file's pickle can hold once read: plain data, and descriptions of storages and tensors. */

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
