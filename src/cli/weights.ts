/** The weights a command runs on: the file named by `--weights`, or the bundled one, whose checksum is held. */

import { InputError } from '../core/errors.ts';
import { deepestMeasuredLayer } from '../measures/picture-measures.ts';
import { openFile } from '../platform/node/byte-source.ts';
import { weightFilePath } from '../platform/node/weight-files.ts';
import type { Settings } from '../settings/settings.ts';
import { deepestLayerOf } from '../transfer/prepare.ts';
import { bundledLpipsHeads, bundledWeights } from '../weights/bundled.ts';
import { type LpipsHeads, loadLpipsHeads } from '../weights/lpips-heads.ts';
import { loadNetworkWeights, type NetworkWeights } from '../weights/network-weights.ts';

/**
 * Loads what the settings need.
 *
 * @throws InputError or FormatError where the file is missing, damaged or of another network, or there is no bundled one.
 */
export async function loadWeights(path: string | undefined, settings: Settings): Promise<NetworkWeights> {
  const { network } = settings.objective;
  if (path === undefined && network !== bundledWeights.network) {
    throw new InputError(
      `weights of ${network} are not bundled; download ${torchvisionUrls[network]}, run ` +
        `\`impasto convert ${torchvisionUrls[network].split('/').at(-1)} -o ${network}.safetensors\`, then add --weights ${network}.safetensors`,
    );
  }
  await using source = await openFile(path ?? weightFilePath(bundledWeights.fileName));
  const untilLayer = deepestLayerOf(settings);
  return await loadNetworkWeights(source, {
    network,
    ...(untilLayer === undefined ? {} : { untilLayer }),
    ...(path === undefined ? { sha256: bundledWeights.sha256 } : {}),
  });
}

/**
 * Loads what pictures are measured with: VGG16, from the file named or the bundled one, and the heads of LPIPS.
 *
 * @throws InputError or FormatError where a file is missing or damaged, or the one that is named holds another network.
 */
export async function loadMeasureWeights(
  path: string | undefined,
): Promise<{ readonly weights: NetworkWeights; readonly heads: LpipsHeads }> {
  await using source = await openFile(path ?? weightFilePath(bundledWeights.fileName));
  const weights = await loadNetworkWeights(source, {
    untilLayer: deepestMeasuredLayer,
    ...(path === undefined ? { sha256: bundledWeights.sha256 } : {}),
  });
  if (weights.network !== 'vgg16') {
    throw new InputError(
      `${source.name} holds ${weights.network}, but pictures are measured with vgg16; leave out --weights, or give weights of it`,
    );
  }
  return { weights, heads: await loadHeads() };
}

async function loadHeads(): Promise<LpipsHeads> {
  await using source = await openFile(weightFilePath(bundledLpipsHeads.fileName));
  return await loadLpipsHeads(source, bundledLpipsHeads);
}

/** torchvision's weights, which the converter reads. */
const torchvisionUrls = {
  googlenet: 'https://download.pytorch.org/models/googlenet-1378be20.pth',
  inception_v3: 'https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth',
  vgg16: 'https://download.pytorch.org/models/vgg16-397923af.pth',
  vgg19: 'https://download.pytorch.org/models/vgg19-dcbb9e9d.pth',
} as const;
