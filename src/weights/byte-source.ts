/** Random access to a file's bytes, so that readers never hold a whole weight file in memory. */
export interface ByteSource {
  /** How errors name it: the path or file name as the user gave it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`; the caller keeps the range inside `0..sizeBytes`. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes already in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
