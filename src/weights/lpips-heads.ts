/**
 * The heads of LPIPS on VGG16: how much each channel of five of its feature maps counts for a person who compares two pictures.
 *
 * A file of them is safetensors with `lin0.weight` … `lin4.weight`, F32 [1, C, 1, 1], as the published package names them.
 * Source: Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018), version 0.1.
 */

import { FormatError } from '../core/errors.ts';
import { convolutionsOf } from '../models/networks.ts';
import { type ByteSource, checkSha256 } from './byte-source.ts';
import { toFloat32 } from './dtype.ts';
import { readSafetensorsHeader, readTensor } from './safetensors.ts';

/** The maps that are compared, in the order of the heads. */
export const lpipsTaps: readonly string[] = ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3'];

/** By tap, the weight of each channel, [C]. */
export type LpipsHeads = ReadonlyMap<string, Float32Array>;

/** @throws FormatError where the file is damaged, lacks a head or has another checksum than asked for. */
export async function loadLpipsHeads(
  source: ByteSource,
  options: { readonly sha256?: string } = {},
): Promise<LpipsHeads> {
  if (options.sha256 !== undefined) await checkSha256(source, options.sha256);
  const { tensors } = await readSafetensorsHeader(source);
  const heads = new Map<string, Float32Array>();
  for (const [index, tap] of lpipsTaps.entries()) {
    const name = `lin${index}.weight`;
    const entry = tensors.get(name);
    const channels = convolutionsOf('vgg16').find(({ reluName }) => reluName === tap)?.outChannels;
    const expected = `[1, ${channels}, 1, 1]`;
    if (entry === undefined) {
      throw new FormatError(
        source.name,
        'tensor-missing',
        `lacks tensor '${name}' of LPIPS' heads, expected ${expected}`,
      );
    }
    const shape = `[${entry.shape.join(', ')}]`;
    if (shape !== expected) {
      throw new FormatError(source.name, 'tensor-shape', `tensor '${name}' is ${shape}, expected ${expected}`);
    }
    heads.set(tap, toFloat32(await readTensor(source, entry)));
  }
  return heads;
}
