/** Conversion of any readable weight file into the one format the engine loads (`vgg-weights.ts`). */

import { FormatError } from '../core/errors.ts';
import type { NetworkName } from '../models/networks.ts';
import { foldBatchNorm } from './batch-norm.ts';
import { type ByteSource, baseName, sha256Of } from './byte-source.ts';
import { type FloatArray, toFloat32 } from './dtype.ts';
import { adaptFirstConvolution, type InputConvention } from './input-convention.ts';
import { encodeSafetensors, type SafetensorsTensor } from './safetensors.ts';
import { gatherStrided } from './strides.ts';
import { type ConvTensors, isVggTensorName, recogniseNetwork } from './vgg-names.ts';
import { type ConvWeights, type WeightsDtype, weightsFormatVersion } from './vgg-weights.ts';
import { openWeightFile } from './weight-formats.ts';

export interface ConvertOptions {
  readonly dtype: WeightsDtype;
  /** Refuse every other network. */
  readonly network?: NetworkName;
  /** What the source's first convolution expects; by default `caffe-rgb` for names like `conv1_1_W`, else `torchvision`. */
  readonly input?: InputConvention;
}

/** From this magnitude on, f16 rounds to infinity. */
const f16Overflow = 65520;

/**
 * The bytes of a converted file: safetensors with `convX_Y.weight` [out, in, 3, 3] and `convX_Y.bias` [out].
 *
 * Deterministic: the same source bytes, name and options give the same result. Only the tensors of convolutions
 * and their batch norms are read, one layer at a time.
 *
 * @throws FormatError when the source is of no readable format, not a VGG, incomplete, or holds values that are not
 * finite or overflow f16.
 */
export async function convertWeights(source: ByteSource, options: ConvertOptions): Promise<Uint8Array> {
  const file = await openWeightFile(source, isVggTensorName);
  const { network, naming, batchNorm, convolutions } = recogniseNetwork(file, options.network);
  const input = options.input ?? (naming === 'caffe' ? 'caffe-rgb' : 'torchvision');
  const tensors: SafetensorsTensor[] = [];
  for (const [index, convolution] of convolutions.entries()) {
    const plain = await readConvolution(convolution);
    const { weight, bias } = index === 0 ? adaptFirstConvolution(plain.weight, plain.bias, input) : plain;
    const { name, inChannels, outChannels } = convolution.layer;
    const dtype = options.dtype === 'f16' ? 'F16' : 'F32';
    tensors.push(
      { name: `${name}.weight`, dtype, shape: [outChannels, inChannels, 3, 3], values: weight },
      { name: `${name}.bias`, dtype, shape: [outChannels], values: bias },
    );
  }
  for (const { name, values } of tensors) {
    checkRepresentable(source.name, name, values, options.dtype);
  }
  return encodeSafetensors(tensors, {
    format_version: weightsFormatVersion,
    network,
    dtype: options.dtype,
    batch_norm_folded: String(batchNorm),
    input_convention: input,
    source: baseName(source.name),
    source_sha256: await sha256Of(source),
  });
}

/** A convolution as OIHW and f32, its batch norm folded in. */
async function readConvolution({ layer, weight, layout, bias, batchNorm }: ConvTensors): Promise<ConvWeights> {
  const { inChannels, outChannels } = layer;
  const stored = await weight.read();
  // Strides that walk [3, 3, in, out] in the order out, in, row, column.
  const hwio = [1, outChannels, 3 * inChannels * outChannels, inChannels * outChannels];
  const oihw: FloatArray = layout === 'OIHW' ? stored : gatherStrided(stored, [outChannels, inChannels, 3, 3], hwio);
  if (batchNorm === undefined) {
    return { weight: toFloat32(oihw), bias: toFloat32(await bias.read()) };
  }
  return foldBatchNorm(oihw, await bias.read(), {
    gamma: await batchNorm.gamma.read(),
    beta: await batchNorm.beta.read(),
    mean: await batchNorm.mean.read(),
    variance: await batchNorm.variance.read(),
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
