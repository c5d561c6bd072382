/** `impasto convert`: anyone's VGG weights in, the one format the engine loads out. */

import { createHash } from 'node:crypto';
import type { NetworkName } from '../models/networks.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { openFile } from '../platform/node/byte-source.ts';
import { bytesSource } from '../weights/byte-source.ts';
import { convertWeights } from '../weights/convert.ts';
import type { InputConvention } from '../weights/input-convention.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from '../weights/safetensors.ts';
import type { WeightsDtype } from '../weights/vgg-weights.ts';
import type { WeightFormat } from '../weights/weight-file.ts';
import { openWeightFile } from '../weights/weight-formats.ts';
import { exitStatus } from './failure.ts';
import { answer } from './output.ts';
import { refuseOverwriting } from './paths.ts';

/** As commander collects them. */
export interface ConvertArguments {
  readonly output: string;
  readonly dtype: WeightsDtype;
  readonly network?: NetworkName;
  readonly input?: InputConvention;
}

const formatNames: Readonly<Record<WeightFormat, string>> = {
  safetensors: 'safetensors',
  'pytorch-zip': 'PyTorch state dict',
  'pytorch-legacy': 'PyTorch state dict of the format before 1.6',
  npz: 'NumPy arrays',
};

/** Runs the command; resolves with the exit status. @throws InputError, FormatError. */
export async function runConvert(path: string, given: ConvertArguments): Promise<number> {
  await using source = await openFile(path);
  await refuseOverwriting([given.output], [path]);
  await checkWritable(given.output);
  const { format } = await openWeightFile(source, () => false);
  const { output, ...options } = given;
  const bytes = await convertWeights(source, options);
  await writeFileAtomically(output, bytes);
  const header = await readSafetensorsHeader(bytesSource(output, bytes));
  answer(`recognised  ${formatNames[format]}, ${describe(header)}`);
  layersIn(header).forEach((line, index) => {
    answer(`${(index === 0 ? 'layers' : '').padEnd(12)}${line}`);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  answer(`wrote       ${output}  ${bytes.byteLength} bytes, ${given.dtype}, sha256 ${sha256}`);
  return exitStatus.success;
}

function describe({ metadata }: SafetensorsHeader): string {
  const norm = metadata.get('batch_norm_folded') === 'true' ? 'with batch normalisation, folded in' : 'plain';
  return `${metadata.get('network')} ${norm}, first layer for input as ${metadata.get('input_convention')} has it`;
}

/** A line for each block: `conv1_1 3→64, conv1_2 64→64`. */
function layersIn({ tensors }: SafetensorsHeader): readonly string[] {
  const blocks = new Map<string, string[]>();
  const weights = [...tensors.values()].filter(({ name }) => name.endsWith('.weight'));
  for (const { name, shape } of weights.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const layer = name.slice(0, -'.weight'.length);
    const block = layer.split('_')[0] ?? layer;
    blocks.set(block, [...(blocks.get(block) ?? []), `${layer} ${shape[1]}→${shape[0]}`]);
  }
  return [...blocks.values()].map((layers) => layers.join(', '));
}
