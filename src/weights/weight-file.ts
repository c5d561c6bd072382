/** What every weight-file reader returns: named tensors that are described at once and read one at a time. */

import type { ByteSource } from './byte-source.ts';
import type { FloatArray } from './dtype.ts';

export type WeightFormat = 'safetensors' | 'pytorch-zip' | 'pytorch-legacy' | 'npz' | 'tfjs';

/** A tensor in a file. Nothing of it is held until `read`. */
export interface StoredTensor {
  /** As the file calls it, read or not: what is beside the tensors that are needed may be of any type. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values, row-major. @throws FormatError when the bytes are damaged or `dtype` is not one whose values are read. */
  read(): Promise<FloatArray>;
}

/** An open weight file; its `ByteSource` stays the caller's and must stay open while tensors are read. */
export interface WeightFile {
  /** The file as the user named it. */
  readonly source: string;
  readonly format: WeightFormat;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What a safetensors file says of itself. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** The files beside this one that hold the values, where they are not in it. */
  readonly shards?: readonly ByteSource[];
}
