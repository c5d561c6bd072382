/**
 * Finding a VGG's convolutions among a file's tensors: by the names files use, checked against the layer table.
 *
 * Known names, once every wrapper's is taken out, wherever in the name it stands (`state_dict.features.module.0.weight`):
 * - `features.N.weight`, torchvision's; `N.weight`, of a saved `model.features`; batch norms at N + 1 in both;
 * - `conv1_1.weight`, our own;
 * - `conv1_1_W` and `conv1_1_b`, as in Davi Frossard's vgg16_weights.npz.
 *
 * Kernels are OIHW, [out, in, 3, 3], or HWIO, [3, 3, in, out], as TensorFlow keeps them; the shape tells.
 */

import { FormatError } from '../core/errors.ts';
import type { ConvLayer } from '../models/layers.ts';
import { convolutionsOf, type NetworkName } from '../models/networks.ts';
import { kernelSize, torchvisionIndices, vggNames } from '../models/vgg.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';

/** A style of naming. `caffe` is Frossard's, which also tells how the network wants its input (`input-convention.ts`). */
export type Naming = 'impasto' | 'torchvision' | 'caffe';

export interface BatchNormTensors {
  readonly gamma: StoredTensor;
  readonly beta: StoredTensor;
  readonly mean: StoredTensor;
  readonly variance: StoredTensor;
}

export interface ConvTensors {
  readonly layer: ConvLayer;
  readonly weight: StoredTensor;
  readonly layout: 'OIHW' | 'HWIO';
  readonly bias: StoredTensor;
  readonly batchNorm?: BatchNormTensors;
}

export interface RecognisedNetwork {
  readonly network: NetworkName;
  readonly naming: Naming;
  readonly batchNorm: boolean;
  readonly convolutions: readonly ConvTensors[];
}

/**
 * What checkpoints and PyTorch's wrappers add to names: keys that people save a state dict under, DataParallel's `module`, and the names
 * that torch.compile, FSDP and activation checkpointing give to what they wrap.
 */
const wrappers: ReadonlySet<string> = new Set([
  'state_dict',
  'model_state_dict',
  'model',
  'module',
  'net',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
]);
const numbered = /^(?:features\.)?(\d+)\.(weight|bias|running_mean|running_var)$/;
const ours = /^(conv\d_\d)\.(weight|bias)$/;
const caffe = /^(conv\d_\d)_([Wb])$/;
/** A VGG's name below one that is no wrapper's. */
const belowUnknown = /^(.+)\.(features\.\d+\.weight|conv\d_\d(?:\.weight|_W))$/;
/** How many missing names an error lists. */
const namesListed = 3;

/** A tensor under its canonical name: `12.weight` or `conv4_1.weight`. */
interface Slot {
  readonly original: string;
  readonly tensor: StoredTensor;
}

interface Candidate {
  readonly network: NetworkName;
  readonly batchNorm: boolean;
  /** The canonical stem of each convolution, and of its batch norm. */
  readonly stemOf: (layer: ConvLayer) => string;
  readonly normStemOf: (layer: ConvLayer) => string;
}

/** Whether a name can belong to a VGG's convolution or batch norm at all. */
export function isVggTensorName(name: string): boolean {
  return canonicalNameOf(name) !== undefined;
}

/**
 * Finds the network whose tensors a file holds.
 *
 * @param expected refuses every other network.
 * @throws FormatError naming the tensors that are missing or have another shape.
 */
export function recogniseNetwork(file: WeightFile, expected?: NetworkName): RecognisedNetwork {
  const { naming, slots } = slotsOf(file);
  const candidates = candidatesFor(naming, slots);
  const best = candidates.reduce((a, b) => (misfitOf(b, slots) < misfitOf(a, slots) ? b : a));
  if (expected !== undefined && best.network !== expected) {
    throw new FormatError(
      file.source,
      'network-unexpected',
      `its tensors are those of ${best.network}, expected ${expected}`,
    );
  }
  checkComplete(file.source, best, naming, slots);
  const convolutions = convolutionsOf(best.network).map((layer) => convTensorsOf(file.source, layer, best, slots));
  return { network: best.network, naming, batchNorm: best.batchNorm, convolutions };
}

/** A name without its wrappers'. */
function bareNameOf(name: string): string {
  return name
    .split('.')
    .filter((part) => !wrappers.has(part))
    .join('.');
}

function canonicalNameOf(name: string): { readonly naming: Naming; readonly canonical: string } | undefined {
  const bare = bareNameOf(name);
  const number = numbered.exec(bare);
  if (number !== null) {
    return { naming: 'torchvision', canonical: `${number[1]}.${number[2]}` };
  }
  if (ours.test(bare)) {
    return { naming: 'impasto', canonical: bare };
  }
  const caffeName = caffe.exec(bare);
  if (caffeName !== null) {
    return { naming: 'caffe', canonical: `${caffeName[1]}.${caffeName[2] === 'W' ? 'weight' : 'bias'}` };
  }
  return undefined;
}

/** The tensors of the one naming a file uses. @throws FormatError when it uses none or several, or two mean the same. */
function slotsOf(file: WeightFile): { readonly naming: Naming; readonly slots: ReadonlyMap<string, Slot> } {
  const slots = new Map<string, Slot>();
  let used: Naming | undefined;
  for (const [original, tensor] of file.tensors) {
    const name = canonicalNameOf(original);
    if (name === undefined) {
      continue;
    }
    const { naming, canonical } = name;
    const other = slots.get(canonical)?.original;
    if (other !== undefined || (used !== undefined && used !== naming)) {
      const partner = other ?? slots.values().next().value?.original ?? '';
      throw new FormatError(
        file.source,
        'network-ambiguous',
        `holds both '${partner}' and '${original}'; expected one network, named in one way`,
      );
    }
    used = naming;
    slots.set(canonical, { original, tensor });
  }
  if (used === undefined) {
    throw new FormatError(file.source, 'network-unrecognised', unrecognised([...file.tensors.keys()]));
  }
  return { naming: used, slots };
}

/** What is wrong with a file in which no name is a VGG's. */
function unrecognised(names: readonly string[]): string {
  for (const name of names) {
    const [, outside, inside] = belowUnknown.exec(bareNameOf(name)) ?? [];
    if (outside !== undefined && inside !== undefined) {
      const known = [...wrappers].join(', ');
      return `holds '${name}', expected '${inside}' below nothing but ${known}; save the state_dict() of '${outside}' alone`;
    }
  }
  const some = names.slice(0, namesListed).map((name) => `'${name}'`);
  const what = some.length === 0 ? 'no tensor that could be a convolution' : `tensors like ${some.join(', ')}`;
  return `holds ${what}, expected a VGG's: features.0.weight, 0.weight, conv1_1.weight or conv1_1_W`;
}

function candidatesFor(naming: Naming, slots: ReadonlyMap<string, Slot>): readonly Candidate[] {
  const batchNorm = [...slots.keys()].some((name) => name.endsWith('.running_mean'));
  return vggNames.map((network): Candidate => {
    if (naming !== 'torchvision') {
      return { network, batchNorm: false, stemOf: (layer) => layer.name, normStemOf: (layer) => layer.name };
    }
    const indices = torchvisionIndices(network, batchNorm);
    const indexOf = (layer: ConvLayer) => indices.get(layer.name) ?? -1;
    return {
      network,
      batchNorm,
      stemOf: (layer) => String(indexOf(layer)),
      normStemOf: (layer) => String(indexOf(layer) + 1),
    };
  });
}

/** Every canonical name a candidate needs, in order. */
function neededNames({ network, batchNorm, stemOf, normStemOf }: Candidate): readonly string[] {
  return convolutionsOf(network).flatMap((layer) => {
    const stem = stemOf(layer);
    const norm = normStemOf(layer);
    const normNames = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${norm}.${part}`);
    return [`${stem}.weight`, `${stem}.bias`, ...(batchNorm ? normNames : [])];
  });
}

/** Names missing plus names left over: 0 for the right network. */
function misfitOf(candidate: Candidate, slots: ReadonlyMap<string, Slot>): number {
  const needed = neededNames(candidate);
  const found = needed.filter((name) => slots.has(name)).length;
  return needed.length - found + (slots.size - found);
}

function checkComplete(source: string, candidate: Candidate, naming: Naming, slots: ReadonlyMap<string, Slot>): void {
  const needed = neededNames(candidate);
  const title = `${candidate.network}${candidate.batchNorm ? ' with batch normalisation' : ''}`;
  const original = (canonical: string) => {
    const features = naming === 'torchvision' ? `features.${canonical}` : canonical;
    return slots.get(canonical)?.original ?? features;
  };
  const missing = needed.filter((name) => !slots.has(name));
  const surplus = [...slots.keys()].filter((name) => !needed.includes(name));
  const [names, code, problem] =
    missing.length > 0
      ? ([missing, 'tensor-missing', 'lacks'] as const)
      : ([surplus, 'tensor-surplus', 'has besides its own tensors'] as const);
  if (names.length > 0) {
    const listed = names.slice(0, namesListed).map(original).join(', ');
    const more = names.length > namesListed ? ` and ${names.length - namesListed} more` : '';
    throw new FormatError(source, code, `the network, most like ${title}, ${problem} ${listed}${more}`);
  }
}

function convTensorsOf(
  source: string,
  layer: ConvLayer,
  candidate: Candidate,
  slots: ReadonlyMap<string, Slot>,
): ConvTensors {
  const { inChannels, outChannels } = layer;
  const oihw = [outChannels, inChannels, kernelSize, kernelSize];
  const hwio = [kernelSize, kernelSize, inChannels, outChannels];
  const pick = (stem: string, part: string, ...shapes: readonly (readonly number[])[]): StoredTensor => {
    const slot = slots.get(`${stem}.${part}`);
    if (slot === undefined || !shapes.some((shape) => equalShapes(shape, slot.tensor.shape))) {
      const expected = shapes.map((shape) => `[${shape.join(', ')}]`).join(' or ');
      throw new FormatError(
        source,
        'tensor-shape',
        `'${slot?.original ?? stem}' is [${slot?.tensor.shape.join(', ')}], expected ${expected}; layer ${layer.name} of ${candidate.network}`,
      );
    }
    return slot.tensor;
  };
  const stem = candidate.stemOf(layer);
  const norm = candidate.normStemOf(layer);
  const perChannel = [outChannels];
  const weight = pick(stem, 'weight', oihw, hwio);
  const found: ConvTensors = {
    layer,
    weight,
    layout: equalShapes(oihw, weight.shape) ? 'OIHW' : 'HWIO',
    bias: pick(stem, 'bias', perChannel),
  };
  if (!candidate.batchNorm) {
    return found;
  }
  return {
    ...found,
    batchNorm: {
      gamma: pick(norm, 'weight', perChannel),
      beta: pick(norm, 'bias', perChannel),
      mean: pick(norm, 'running_mean', perChannel),
      variance: pick(norm, 'running_var', perChannel),
    },
  };
}

function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
