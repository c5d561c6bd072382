/** The weight files that come with Impasto, in `weights/`; `weights/README.md` tells their origin. */

import type { NetworkName } from '../models/networks.ts';

/** A file of the project's `weights/` folder. */
export interface BundledFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file, lower-case hex. */
  readonly sha256: string;
}

export interface BundledWeights extends BundledFile {
  readonly network: NetworkName;
}

export const bundledWeights: BundledWeights = {
  network: 'vgg16',
  fileName: 'vgg16-f16.safetensors',
  sizeBytes: 29_431_760,
  sha256: '5ee7cf588835f1eab40f3e4454da3473ce8319026b46115175d380663016b3ec',
};

/** The heads of LPIPS on VGG16. */
export const bundledLpipsHeads: BundledFile = {
  fileName: 'lpips-vgg16.safetensors',
  sizeBytes: 6280,
  sha256: '61f275f169341672e38949c908473e2079207da7c2e17a378734a4409fb5b090',
};
