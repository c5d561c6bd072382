/**
 * The weights the engine runs on, loaded from a converted file.
 *
 * A converted file is safetensors with `NAME.weight` [out, in, h, w] and `NAME.bias` [out] of each convolution NAME of the network's table
 * (`conv1_1`, `Mixed_5b.branch1x1.conv`), all F16 or all F32, and the metadata below; `weights/README.md` has the format on one screen. Every other file goes through `convert.ts` first.
 */

import { FormatError, InputError } from '../core/errors.ts';
import { refuseStandIn, signatureBytes, standInOf } from '../core/file-signature.ts';
import { convolutionsOf, type NetworkName, networkNames } from '../models/networks.ts';
import { type ByteSource, checkSha256, readRange } from './byte-source.ts';
import { toFloat32 } from './dtype.ts';
import {
  isSafetensors,
  readSafetensorsHeader,
  readTensor,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors.ts';

/** Value of the metadata entry `format_version` in files we write, and the only one we read. */
export const weightsFormatVersion = '1';

export type WeightsDtype = 'f16' | 'f32';

/** Whether a network's average pools count the zeros that they pad with, as PyTorch's do, or not, as TensorFlow's. */
export const averagePools = ['include', 'exclude'] as const;

export type AveragePool = (typeof averagePools)[number];

export interface ConvWeights {
  /** [out, in, h, w], row-major. */
  readonly weight: Float32Array;
  /** [out]. */
  readonly bias: Float32Array;
}

export interface NetworkWeights {
  readonly network: NetworkName;
  /** How the file stores them; values are f32 here either way. */
  readonly dtype: WeightsDtype;
  /** By convolution, `conv1_1` and on, in the table's order. */
  readonly layers: ReadonlyMap<string, ConvWeights>;
  /** Whether the average pools that are part of the network divide by their padding too, as it was trained. */
  readonly averageCountsPadding: boolean;
  /** As in the file: `network`, `dtype`, `source`, `source_sha256`, `batch_norm_folded`, … */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface LoadOptions {
  /** Refuse every other network. */
  readonly network?: NetworkName;
  /** The last convolution needed in the table's order, for example `conv5_1`; later ones are checked by name and shape but not read. */
  readonly untilLayer?: string;
  /** Expected SHA-256 of the whole file, lower-case hex. */
  readonly sha256?: string;
}

/**
 * Loads a converted file.
 *
 * @throws FormatError when it is not one, is damaged, lacks a layer, or is another network or checksum than asked for.
 * @throws InputError when `untilLayer` is no convolution of the network.
 */
export async function loadNetworkWeights(source: ByteSource, options: LoadOptions = {}): Promise<NetworkWeights> {
  const head = await readRange(source, 0, Math.min(source.sizeBytes, signatureBytes), 'the beginning');
  if (!isSafetensors(head)) {
    const standIn = standInOf(head);
    // PyTorch's and NumPy's files are archives.
    if (standIn !== undefined && standIn.code !== 'file-packed') {
      throw refuseStandIn(source.name, 'a converted weight file', standIn);
    }
    throw new FormatError(source.name, 'weights-not-converted', notConverted);
  }
  if (options.sha256 !== undefined) {
    await checkSha256(source, options.sha256);
  }
  const header = await readSafetensorsHeader(source);
  const { network, dtype, averagePool } = identify(source.name, header);
  if (options.network !== undefined && options.network !== network) {
    throw new FormatError(
      source.name,
      'network-unexpected',
      `holds ${network}, expected ${options.network}; name the network (--network ${network}) or give other weights`,
    );
  }
  const entries = entriesOf(source.name, header, network, dtype);
  const depth = depthOf(network, options.untilLayer);
  const layers = new Map<string, ConvWeights>();
  for (const [name, { weight, bias }] of [...entries].slice(0, depth)) {
    layers.set(name, {
      weight: toFloat32(await readTensor(source, weight)),
      bias: toFloat32(await readTensor(source, bias)),
    });
  }
  return { network, dtype, layers, averageCountsPadding: averagePool === 'include', metadata: header.metadata };
}

const notConverted = 'is not a converted weight file; convert it first with `impasto convert`';

function identify(
  source: string,
  { metadata }: SafetensorsHeader,
): { readonly network: NetworkName; readonly dtype: WeightsDtype; readonly averagePool: AveragePool } {
  const version = metadata.get('format_version');
  const network = networkNames.find((name) => name === metadata.get('network'));
  const dtype = metadata.get('dtype');
  const averagePool = averagePools.find((name) => name === (metadata.get('average_pool') ?? 'include'));
  if (version !== undefined && version !== weightsFormatVersion) {
    throw new FormatError(
      source,
      'weights-version',
      `has weight format version ${version}, this Impasto reads ${weightsFormatVersion}; convert it again with \`impasto convert\``,
    );
  }
  const known = version !== undefined && network !== undefined && averagePool !== undefined;
  if (!known || (dtype !== 'f16' && dtype !== 'f32')) {
    throw new FormatError(source, 'weights-not-converted', notConverted);
  }
  return { network, dtype, averagePool };
}

interface ConvEntries {
  readonly weight: SafetensorsEntry;
  readonly bias: SafetensorsEntry;
}

/** Every layer's entries, checked: the network's tensors, all of them, nothing else. */
function entriesOf(
  source: string,
  { tensors }: SafetensorsHeader,
  network: NetworkName,
  dtype: WeightsDtype,
): ReadonlyMap<string, ConvEntries> {
  const stored = dtype === 'f16' ? 'F16' : 'F32';
  const pick = (name: string, shape: readonly number[]): SafetensorsEntry => {
    const entry = tensors.get(name);
    const expected = `${stored} [${shape.join(', ')}]`;
    if (entry === undefined) {
      throw new FormatError(source, 'tensor-missing', `lacks tensor '${name}' of ${network}, expected ${expected}`);
    }
    const actual = `${entry.dtype} [${entry.shape.join(', ')}]`;
    if (actual !== expected) {
      const code = entry.dtype === stored ? 'tensor-shape' : 'tensor-dtype';
      throw new FormatError(source, code, `tensor '${name}' of ${network} is ${actual}, expected ${expected}`);
    }
    return entry;
  };
  const entries = new Map<string, ConvEntries>();
  for (const { name, inChannels, outChannels, kernel } of convolutionsOf(network)) {
    entries.set(name, {
      weight: pick(`${name}.weight`, [outChannels, inChannels, ...kernel]),
      bias: pick(`${name}.bias`, [outChannels]),
    });
  }
  const surplus = [...tensors.keys()].find((name) => !entries.has(name.replace(/\.(weight|bias)$/, '')));
  if (surplus !== undefined) {
    throw new FormatError(source, 'tensor-surplus', `has tensor '${surplus}', which ${network} does not have`);
  }
  return entries;
}

/** Number of convolutions up to and including `untilLayer`, in the table's order. */
function depthOf(network: NetworkName, untilLayer: string | undefined): number {
  const names = convolutionsOf(network).map(({ name }) => name);
  if (untilLayer === undefined) {
    return names.length;
  }
  const index = names.indexOf(untilLayer);
  if (index < 0) {
    throw new InputError(`layer '${untilLayer}' is no convolution of ${network}; expected one of ${names.join(', ')}`);
  }
  return index + 1;
}
