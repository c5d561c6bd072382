/** The bundled weights as a worker of the page gets them: fetched or from the cache, checked, read. */

import weightsUrl from '../../../weights/vgg16-f16.safetensors?url';
import { FormatError, InputError } from '../../core/errors.ts';
import { type DownloadProgress, fetchWeights, forgetWeights, isKept } from '../../platform/browser/weight-files.ts';
import { bundledWeights } from '../../weights/bundled.ts';
import { loadNetworkWeights, type NetworkWeights } from '../../weights/network-weights.ts';

const url = new URL(weightsUrl, import.meta.url).href;

/** Whether they can be loaded without a network. */
export async function areWeightsKept(): Promise<boolean> {
  return await isKept(url);
}

/** @throws InputError where they cannot be fetched, or arrive damaged twice. */
export async function loadBundledWeights(onProgress: (progress: DownloadProgress) => void): Promise<NetworkWeights> {
  const { sizeBytes, sha256, network } = bundledWeights;
  for (let attempt = 1; ; attempt++) {
    const source = await fetchWeights(url, sizeBytes, onProgress);
    try {
      return await loadNetworkWeights(source, { network, sha256 });
    } catch (error) {
      // A damaged copy in the cache must not stay there.
      await forgetWeights(url);
      if (!(error instanceof FormatError)) throw error;
      if (attempt === 2) throw new InputError('the network arrived damaged, twice; try again later', { cause: error });
    }
  }
}
