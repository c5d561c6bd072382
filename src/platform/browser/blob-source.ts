/** Files of a browser as byte sources. */

import type { ByteSource } from '../../weights/byte-source.ts';

export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}
