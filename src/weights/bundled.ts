/** The weight file that comes with Impasto, `weights/vgg16-f16.safetensors`; `weights/README.md` tells its origin. */

import type { NetworkName } from '../models/vgg.ts';

export interface BundledWeights {
  readonly network: NetworkName;
  /** In the project's `weights/` folder. */
  readonly fileName: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file, lower-case hex. */
  readonly sha256: string;
}

export const bundledWeights: BundledWeights = {
  network: 'vgg16',
  fileName: 'vgg16-f16.safetensors',
  sizeBytes: 29_431_760,
  sha256: '5ee7cf588835f1eab40f3e4454da3473ce8319026b46115175d380663016b3ec',
};
