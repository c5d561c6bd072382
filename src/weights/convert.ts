/** Conversion of any readable weight file into the one format the engine loads (`network-weights.ts`). */

import { FormatError, InputError } from '../core/errors.ts';
import { layersOf, type NetworkName } from '../models/networks.ts';
import { foldBatchNorm } from './batch-norm.ts';
import { type ByteSource, baseName, sha256Of } from './byte-source.ts';
import { type FloatArray, toFloat32 } from './dtype.ts';
import { adaptFirstConvolution, type InputConvention } from './input-convention.ts';
import { type ConvTensors, isNetworkTensorName, type RecognisedNetwork, recogniseNetwork } from './network-names.ts';
import {
  type AveragePool,
  averagePools,
  type ConvWeights,
  type WeightsDtype,
  weightsFormatVersion,
} from './network-weights.ts';
import { encodeSafetensors, type SafetensorsTensor } from './safetensors.ts';
import { gatherStrided } from './strides.ts';
import type { OpenBeside } from './tfjs.ts';
import type { WeightFile, WeightFormat } from './weight-file.ts';
import { openWeightFile } from './weight-formats.ts';

export interface ConvertOptions {
  readonly dtype: WeightsDtype;
  /** Refuse every other network. */
  readonly network?: NetworkName;
  /** What the source's first convolution expects; by default what its names suggest (`naming-schemes.ts`). */
  readonly input?: InputConvention;
  /** Whether the network was trained with average pools that count their padding; by default what the source's names suggest. */
  readonly averagePool?: AveragePool;
  /** Opens the files that a TensorFlow.js model has its values in. */
  readonly beside?: OpenBeside;
}

/** A converted file, and what it was made from. */
export interface Conversion {
  readonly bytes: Uint8Array;
  readonly format: WeightFormat;
  readonly network: NetworkName;
  readonly batchNorm: boolean;
  readonly input: InputConvention;
  /** Absent where the network has no average pool with padding. */
  readonly averagePool?: AveragePool;
  /** Whose conventions were assumed, where neither the names nor an option tell: these weights may have others. */
  readonly assumed?: string;
}

/** From this magnitude on, f16 rounds to infinity. */
const f16Overflow = 65520;

/** The bytes of `convertFile`. */
export async function convertWeights(source: ByteSource, options: ConvertOptions): Promise<Uint8Array> {
  const { bytes } = await convertFile(source, options);
  return bytes;
}

/**
 * Makes of a file the one that the engine loads: safetensors with `NAME.weight` [out, in, h, w] and `NAME.bias` [out].
 *
 * Deterministic: the same source bytes, name and options give the same result. Only the tensors of convolutions
 * and their batch norms are read, one layer at a time.
 *
 * @throws FormatError when the source is of no readable format, no network's, incomplete, or holds values that are not
 * finite or overflow f16.
 * @throws InputError when options ask for an average pool that the network does not have, or a shard is missing.
 */
export async function convertFile(source: ByteSource, options: ConvertOptions): Promise<Conversion> {
  const { dtype } = options;
  const file = await openWeightFile(source, isNetworkTensorName, options.beside);
  const found = recogniseNetwork(file, options.network);
  const { network, batchNorm } = found;
  const { input, ...conventions } = conventionsOf(file, found, options);
  const tensors: SafetensorsTensor[] = [];
  for (const [index, convolution] of found.convolutions.entries()) {
    const plain = await readConvolution(convolution);
    const { weight, bias } = index === 0 ? adaptFirstConvolution(plain.weight, plain.bias, input) : plain;
    const { name, inChannels, outChannels, kernel } = convolution.layer;
    const stored = dtype === 'f16' ? 'F16' : 'F32';
    tensors.push(
      { name: `${name}.weight`, dtype: stored, shape: [outChannels, inChannels, ...kernel], values: weight },
      { name: `${name}.bias`, dtype: stored, shape: [outChannels], values: bias },
    );
  }
  for (const { name, values } of tensors) {
    checkRepresentable(source.name, name, values, dtype);
  }
  const bytes = encodeSafetensors(tensors, {
    format_version: weightsFormatVersion,
    network,
    dtype,
    batch_norm_folded: String(batchNorm),
    input_convention: input,
    ...(conventions.averagePool === undefined ? {} : { average_pool: conventions.averagePool }),
    ...(await originOf(source, file)),
  });
  return { bytes, format: file.format, network, batchNorm, input, ...conventions };
}

/** What holds for a network: what an option says, else what a file of our own says of itself, else what its names suggest. */
function conventionsOf(
  { source, metadata }: WeightFile,
  { network, conventions }: RecognisedNetwork,
  options: ConvertOptions,
): Pick<Conversion, 'input' | 'averagePool' | 'assumed'> {
  const pads = layersOf(network).some(
    (layer) => layer.kind === 'pool' && layer.pooling === 'average' && layer.padding > 0,
  );
  if (!pads && options.averagePool !== undefined) {
    throw new InputError(`${source}: ${network} has no average pool that pads; leave out --average-pool`);
  }
  const recorded = averagePools.find((name) => name === metadata?.get('average_pool'));
  const isTold = options.input !== undefined && (!pads || options.averagePool !== undefined);
  return {
    input: options.input ?? conventions.input,
    ...(pads ? { averagePool: options.averagePool ?? recorded ?? conventions.averagePool } : {}),
    ...(isTold || conventions.whose === undefined ? {} : { assumed: conventions.whose }),
  };
}

/** Names and checksums of what a file is made from, for its metadata. */
async function originOf(source: ByteSource, { shards }: WeightFile): Promise<Readonly<Record<string, string>>> {
  const origin = { source: baseName(source.name), source_sha256: await sha256Of(source) };
  if (shards === undefined) return origin;
  const checksums: string[] = [];
  for (const shard of shards) checksums.push(await sha256Of(shard));
  return { ...origin, shards_sha256: checksums.join(' ') };
}

/** A convolution as OIHW and f32, its batch norm folded in. */
async function readConvolution({ layer, weight, layout, bias, batchNorm }: ConvTensors): Promise<ConvWeights> {
  const { inChannels, outChannels, kernel } = layer;
  const [height, width] = kernel;
  const stored = await weight.read();
  // Strides that walk [h, w, in, out] in the order out, in, row, column.
  const hwio = [1, outChannels, width * inChannels * outChannels, inChannels * outChannels];
  const oihw: FloatArray =
    layout === 'OIHW' ? stored : gatherStrided(stored, [outChannels, inChannels, height, width], hwio);
  const constant = (await bias?.read()) ?? new Float32Array(outChannels);
  if (batchNorm === undefined) {
    return { weight: toFloat32(oihw), bias: toFloat32(constant) };
  }
  return foldBatchNorm(oihw, constant, {
    gamma: (await batchNorm.gamma?.read()) ?? new Float32Array(outChannels).fill(1),
    beta: await batchNorm.beta.read(),
    mean: await batchNorm.mean.read(),
    variance: await batchNorm.variance.read(),
    epsilon: batchNorm.epsilon,
  });
}

function checkRepresentable(source: string, name: string, values: Float32Array, dtype: WeightsDtype): void {
  const limit = dtype === 'f16' ? f16Overflow : Number.POSITIVE_INFINITY;
  // Written so that NaN is found too.
  const index = values.findIndex((value) => !(Math.abs(value) < limit));
  if (index >= 0) {
    const value = values[index] ?? Number.NaN;
    const [code, advice] = Number.isFinite(value)
      ? (['value-overflow', 'which f16 cannot hold; convert to f32'] as const)
      : (['value-not-finite', 'expected a finite number'] as const);
    throw new FormatError(source, code, `'${name}' holds ${value} at index ${index}, ${advice}`);
  }
}
