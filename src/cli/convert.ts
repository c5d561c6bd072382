/** `impasto convert`: anyone's weights of a network in, the one format the engine loads out. */

import { createHash } from 'node:crypto';
import { convolutionsOf, type NetworkName } from '../models/networks.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { fileBeside, openFile } from '../platform/node/byte-source.ts';
import type { ByteSource } from '../weights/byte-source.ts';
import { type Conversion, convertFile } from '../weights/convert.ts';
import type { InputConvention } from '../weights/input-convention.ts';
import type { AveragePool, WeightsDtype } from '../weights/network-weights.ts';
import type { WeightFormat } from '../weights/weight-file.ts';
import { exitStatus } from './failure.ts';
import { answer } from './output.ts';
import { refuseOverwriting } from './paths.ts';

/** As commander collects them. */
export interface ConvertArguments {
  readonly output: string;
  readonly dtype: WeightsDtype;
  readonly network?: NetworkName;
  readonly input?: InputConvention;
  readonly averagePool?: AveragePool;
}

const formatNames: Readonly<Record<WeightFormat, string>> = {
  safetensors: 'safetensors',
  'pytorch-zip': 'PyTorch state dict',
  'pytorch-legacy': 'PyTorch state dict of the format before 1.6',
  npz: 'NumPy arrays',
  tfjs: 'TensorFlow.js model',
};

const inputWords: Readonly<Record<InputConvention, string>> = {
  torchvision: 'as torchvision normalises it',
  unit: 'in 0..1',
  symmetric: 'in -1..1',
  'caffe-rgb': "in 0..255 less Caffe's mean, RGB",
  'caffe-bgr': "in 0..255 less Caffe's mean, BGR",
};

/** Runs the command; resolves with the exit status. @throws InputError, FormatError. */
export async function runConvert(path: string, given: ConvertArguments): Promise<number> {
  await using source = await openFile(path);
  await refuseOverwriting([given.output], [path]);
  await checkWritable(given.output);
  const { output, ...options } = given;
  const beside = async (name: string): Promise<ByteSource> => {
    const shard = await fileBeside(path, name);
    await refuseOverwriting([output], [shard.name]);
    return shard;
  };
  const conversion = await convertFile(source, { ...options, beside });
  const { bytes } = conversion;
  await writeFileAtomically(output, bytes);
  answer(`recognised  ${describe(conversion)}`);
  if (conversion.assumed !== undefined) answer(`assumed     ${describeAssumption(conversion, given)}`);
  layerLines(conversion.network).forEach((line, index) => {
    answer(`${(index === 0 ? 'layers' : '').padEnd(12)}${line}`);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  answer(`wrote       ${output}  ${bytes.byteLength} bytes, ${given.dtype}, sha256 ${sha256}`);
  return exitStatus.success;
}

function describe({ format, network, batchNorm, input, averagePool }: Conversion): string {
  const norm = batchNorm ? 'with batch normalisation, folded in' : 'plain';
  const pools = averagePool === undefined ? '' : `, average pools that ${averagePool} their padding`;
  return `${formatNames[format]}, ${network} ${norm}, first layer for input ${inputWords[input]}${pools}`;
}

/** `--input symmetric --average-pool include, as torchvision's ImageNet weights have it; …` */
function describeAssumption({ input, averagePool, assumed }: Conversion, given: ConvertArguments): string {
  const flags = [
    ...(given.input === undefined ? [`--input ${input}`] : []),
    ...(given.averagePool === undefined && averagePool !== undefined ? [`--average-pool ${averagePool}`] : []),
  ];
  return `${flags.join(' ')}, as ${assumed} have it; give other values for weights that were trained otherwise`;
}

/** A line for each block: `conv1_1 3→64, conv1_2 64→64`, `Mixed_5b.branch1x1 192→64, branch5x5_1 192→48, …`. */
function layerLines(network: NetworkName): readonly string[] {
  const blocks = new Map<string, string[]>();
  for (const { name, reluName, inChannels, outChannels } of convolutionsOf(network)) {
    const isUnit = name.includes('.');
    const [block = name] = name.split(isUnit ? '.' : '_');
    blocks.set(block, [...(blocks.get(block) ?? []), `${isUnit ? reluName : name} ${inChannels}→${outChannels}`]);
  }
  return [...blocks].map(([block, layers]) => layers.join(', ').replaceAll(`, ${block}.`, ', '));
}
