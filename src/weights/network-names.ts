/**
 * Finding a network's convolutions among a file's tensors: by the names files use (`naming-schemes.ts`), checked against the layer table.
 *
 * Kernels are OIHW, [out, in, h, w], or HWIO, [h, w, in, out], as TensorFlow keeps them; the shape tells.
 */

import { FormatError } from '../core/errors.ts';
import type { ConvLayer } from '../models/layers.ts';
import type { NetworkName } from '../models/networks.ts';
import { type Candidate, type Conventions, type NamingScheme, namingSchemes } from './naming-schemes.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';

export interface BatchNormTensors {
  /** Absent where it is 1. */
  readonly gamma?: StoredTensor;
  readonly beta: StoredTensor;
  readonly mean: StoredTensor;
  readonly variance: StoredTensor;
  readonly epsilon: number;
}

export interface ConvTensors {
  readonly layer: ConvLayer;
  readonly weight: StoredTensor;
  readonly layout: 'OIHW' | 'HWIO';
  /** Absent where it is 0. */
  readonly bias?: StoredTensor;
  readonly batchNorm?: BatchNormTensors;
}

export interface RecognisedNetwork {
  readonly network: NetworkName;
  readonly naming: NamingScheme['naming'];
  readonly conventions: Conventions;
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
/** A kernel's name below one that is no wrapper's. */
const belowUnknown = new RegExp(`^(.+)\\.(${namingSchemes.map(({ kernel }) => kernel.source).join('|')})$`);
/** How many missing names an error lists. */
const namesListed = 3;

/** A tensor under the name that its scheme has for it. */
interface Slot {
  readonly original: string;
  readonly tensor: StoredTensor;
}

/** Whether a name can belong to a network's convolution or batch norm at all. */
export function isNetworkTensorName(name: string): boolean {
  return schemeNameOf(name) !== undefined;
}

/**
 * Finds the network whose tensors a file holds.
 *
 * @param expected refuses every other network.
 * @throws FormatError naming the tensors that are missing or have another shape.
 */
export function recogniseNetwork(file: WeightFile, expected?: NetworkName): RecognisedNetwork {
  const { scheme, slots } = slotsOf(file);
  const candidates = scheme.candidatesFor(new Set(slots.keys()));
  const best = candidates.reduce((a, b) => (misfitOf(b, slots) < misfitOf(a, slots) ? b : a));
  const { network, conventions } = best;
  if (expected !== undefined && network !== expected) {
    throw new FormatError(
      file.source,
      'network-unexpected',
      `its tensors are those of ${network}, expected ${expected}`,
    );
  }
  checkComplete(file.source, best, slots);
  const convolutions = best.convolutions.map((one) => convTensorsOf(file.source, network, one, slots));
  return { network, naming: scheme.naming, conventions, batchNorm: hasBatchNorm(best), convolutions };
}

/** A name without its wrappers'. */
function bareNameOf(name: string): string {
  return name
    .split('.')
    .filter((part) => !wrappers.has(part))
    .join('.');
}

function schemeNameOf(original: string): { readonly scheme: NamingScheme; readonly name: string } | undefined {
  const bare = bareNameOf(original);
  for (const scheme of namingSchemes) {
    const name = scheme.nameOf(bare);
    if (name !== undefined) return { scheme, name };
  }
  return undefined;
}

/** The tensors of the one scheme that a file's names are of. @throws FormatError when it is none or several, or two mean the same. */
function slotsOf(file: WeightFile): { readonly scheme: NamingScheme; readonly slots: ReadonlyMap<string, Slot> } {
  const slots = new Map<string, Slot>();
  let used: NamingScheme | undefined;
  for (const [original, tensor] of file.tensors) {
    const found = schemeNameOf(original);
    if (found === undefined) {
      continue;
    }
    const { scheme, name } = found;
    const other = slots.get(name)?.original;
    if (other !== undefined || (used !== undefined && used !== scheme)) {
      const partner = other ?? slots.values().next().value?.original ?? '';
      throw new FormatError(
        file.source,
        'network-ambiguous',
        `holds both '${partner}' and '${original}'; expected one network, named in one way`,
      );
    }
    used = scheme;
    slots.set(name, { original, tensor });
  }
  if (used === undefined) {
    throw new FormatError(file.source, 'network-unrecognised', unrecognised([...file.tensors.keys()]));
  }
  return { scheme: used, slots };
}

/** What is wrong with a file in which no name is of any scheme. */
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
  return `holds ${what}, expected a network's: ${namingSchemes.map(({ example }) => example).join(', ')}`;
}

/** The names that a candidate needs, in order, and those that it may have besides. */
function namesOf({ convolutions }: Candidate): {
  readonly needed: readonly string[];
  readonly optional: readonly string[];
} {
  const needed: string[] = [];
  const optional: string[] = [];
  for (const { weight, bias, norm } of convolutions.map(({ names }) => names)) {
    needed.push(weight, ...(bias === undefined ? [] : [bias]));
    if (norm === undefined) continue;
    (norm.gammaMayLack ? optional : needed).push(norm.gamma);
    needed.push(norm.beta, norm.mean, norm.variance);
  }
  return { needed, optional };
}

/** Names missing plus names left over: 0 for the right network. */
function misfitOf(candidate: Candidate, slots: ReadonlyMap<string, Slot>): number {
  const { needed, optional } = namesOf(candidate);
  const found = needed.filter((name) => slots.has(name)).length;
  return needed.length - found + (slots.size - found - optional.filter((name) => slots.has(name)).length);
}

function checkComplete(source: string, candidate: Candidate, slots: ReadonlyMap<string, Slot>): void {
  const { needed, optional } = namesOf(candidate);
  const known = new Set([...needed, ...optional]);
  const missing = needed.filter((name) => !slots.has(name));
  const surplus = [...slots].flatMap(([name, { original }]) => (known.has(name) ? [] : [original]));
  const [names, code, problem] =
    missing.length > 0
      ? ([missing, 'tensor-missing', 'lacks'] as const)
      : ([surplus, 'tensor-surplus', 'has besides its own tensors'] as const);
  if (names.length > 0) {
    const listed = names.slice(0, namesListed).join(', ');
    const more = names.length > namesListed ? ` and ${names.length - namesListed} more` : '';
    throw new FormatError(source, code, `the network, most like ${titleOf(candidate)}, ${problem} ${listed}${more}`);
  }
}

function titleOf(candidate: Candidate): string {
  return `${candidate.network}${hasBatchNorm(candidate) ? ' with batch normalisation' : ''}`;
}

function hasBatchNorm({ convolutions }: Candidate): boolean {
  return convolutions.some(({ names }) => names.norm !== undefined);
}

/** A convolution's tensors, of all of which `slots` has those that must be there. @throws FormatError where one has another shape. */
function convTensorsOf(
  file: string,
  network: NetworkName,
  { layer, names }: Candidate['convolutions'][number],
  slots: ReadonlyMap<string, Slot>,
): ConvTensors {
  const { inChannels, outChannels, kernel } = layer;
  const oihw = [outChannels, inChannels, ...kernel];
  const hwio = [...kernel, inChannels, outChannels];
  const pick = (name: string, ...shapes: readonly (readonly number[])[]): StoredTensor => {
    const slot = slots.get(name);
    if (slot === undefined || !shapes.some((shape) => equalShapes(shape, slot.tensor.shape))) {
      const expected = shapes.map((shape) => `[${shape.join(', ')}]`).join(' or ');
      throw new FormatError(
        file,
        'tensor-shape',
        `'${slot?.original ?? name}' is [${slot?.tensor.shape.join(', ')}], expected ${expected}; layer ${layer.name} of ${network}`,
      );
    }
    return slot.tensor;
  };
  const perChannel = [outChannels];
  const weight = pick(names.weight, oihw, hwio);
  const { bias, norm } = names;
  const found: ConvTensors = {
    layer,
    weight,
    layout: equalShapes(oihw, weight.shape) ? 'OIHW' : 'HWIO',
    ...(bias === undefined ? {} : { bias: pick(bias, perChannel) }),
  };
  if (norm === undefined) {
    return found;
  }
  return {
    ...found,
    batchNorm: {
      ...(slots.has(norm.gamma) ? { gamma: pick(norm.gamma, perChannel) } : {}),
      beta: pick(norm.beta, perChannel),
      mean: pick(norm.mean, perChannel),
      variance: pick(norm.variance, perChannel),
      epsilon: norm.epsilon,
    },
  };
}

function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
