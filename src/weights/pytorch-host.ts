/**
 * The closed list of names a PyTorch weight file may use, and what they mean here: descriptions, never objects.
 *
 * Source: torch/_utils.py (`_rebuild_*`), torch/serialization.py (persistent ids) and the list of PyTorch's own
 * `weights_only` unpickler, of which this is the part that state dicts need.
 */

import { FormatError } from '../core/errors.ts';
import { type Dtype, elementCountOf } from './dtype.ts';
import type { PickleHost } from './pickle-machine.ts';
import {
  addEntry,
  describeValue,
  isKind,
  type PickleDict,
  type PickleList,
  type PickleValue,
  type StorageDescription,
  type TensorDescription,
} from './pickle-values.ts';
import { spanOf } from './strides.ts';

const maxRank = 8;
/** What calls may make in all, in bytes, about: a few bytes call again with what is there already, as often as they like. */
const maxMade = 16 * 1024 * 1024;
const bytesPerEntry = 16;
const emptyList: PickleList = { kind: 'list', items: [] };

/** Storage classes by name after `torch.` or `torch.cuda.`. */
const storageTypes: ReadonlyMap<string, Dtype> = new Map([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
]);

type Call = (source: string, args: readonly PickleValue[]) => PickleValue;

/** What may be called, by full name. */
const callables: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', rebuildParameter],
  ['torch.nn.parameter.Parameter', rebuildParameter],
  ['_codecs.encode', encodeLatin1],
  ['__builtin__.bytes', noBytes],
  ['torch.Size', (_, args) => args[0] ?? { kind: 'tuple', items: [] }],
]);

/** A whole model rather than its weights: the reason most honest files are refused. */
const modelClass = /^(torch\.nn\.modules|torchvision|__main__|models?)\./;

/** The host for a file that errors call `source`. Every storage the pickle refers to is added to `storages` by key. */
export function pytorchHost(source: string, storages: Map<string, StorageDescription>): PickleHost {
  let made = 0;
  return {
    resolve: (name) => {
      if (!callables.has(name) && storageTypeOf(name) === undefined) {
        throw refusal(source, name);
      }
      return { kind: 'global', name };
    },
    call: ({ name }, args) => {
      const call = callables.get(name);
      if (call === undefined) {
        throw refusal(source, name);
      }
      made += sizeOfArguments(args);
      if (made > maxMade) {
        throw new FormatError(
          source,
          'pytorch-arguments',
          `the pickle makes more than ${maxMade} bytes of texts and lists by its calls; refused`,
        );
      }
      return call(source, args);
    },
    persistent: (id) => {
      const storage = describeStorage(source, id);
      const known = storages.get(storage.key) ?? storage;
      if (known.dtype !== storage.dtype || known.elementCount !== storage.elementCount) {
        throw new FormatError(
          source,
          'pytorch-storage-conflict',
          `storage '${storage.key}' is ${known.elementCount} elements of ${known.dtype} and also ${storage.elementCount} of ${storage.dtype}`,
        );
      }
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

/** Bytes that a call copies, at least. */
function sizeOfArguments([first]: readonly PickleValue[]): number {
  if (typeof first === 'string') return first.length;
  return isKind(first, 'list') ? bytesPerEntry * first.items.length : 0;
}

function refusal(source: string, name: string): FormatError {
  const hint = modelClass.test(name)
    ? 'refused: this looks like a whole model, save its state_dict() instead'
    : 'refused';
  return new FormatError(
    source,
    'pytorch-name',
    `the pickle wants to call ${name}, which a weight file has no need for; ${hint}`,
  );
}

function storageTypeOf(name: string): Dtype | undefined {
  const match = /^torch\.(?:cuda\.)?(\w+)$/.exec(name);
  return storageTypes.get(match?.[1] ?? '');
}

/** How Python 3 pickles `bytes` in protocol 2: a character a byte, `encode(text, 'latin1')`. */
function encodeLatin1(source: string, args: readonly PickleValue[]): PickleValue {
  const [text, encoding] = args;
  if (typeof text !== 'string' || encoding !== 'latin1' || /[^\0-\xff]/.test(text)) {
    const given = args.map(describeValue).join(', ');
    throw new FormatError(
      source,
      'pytorch-arguments',
      `the pickle passes (${given}) to _codecs.encode, expected characters up to 0xff and 'latin1'; refused`,
    );
  }
  return { kind: 'bytes', bytes: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
}

/** How it pickles `b''`. */
function noBytes(source: string, args: readonly PickleValue[]): PickleValue {
  if (args.length > 0) {
    throw new FormatError(source, 'pytorch-arguments', 'the pickle passes arguments to bytes, expected none; refused');
  }
  return { kind: 'bytes', bytes: new Uint8Array() };
}

/** Empty, as Python 3 pickles it, or made of Python 2's list of `[key, value]`. */
function orderedDict(source: string, args: readonly PickleValue[]): PickleValue {
  const dict: PickleDict = { kind: 'dict', entries: new Map() };
  const [list = emptyList, ...others] = args;
  const pairs = isKind(list, 'list') && others.length === 0 ? list.items : [null];
  for (const pair of pairs) {
    const [key, value, ...more] = isKind(pair, 'list') ? pair.items : [];
    if (value === undefined || more.length > 0) {
      throw new FormatError(
        source,
        'pytorch-arguments',
        'the pickle passes arguments to collections.OrderedDict, expected none or a list of pairs; refused',
      );
    }
    addEntry(source, dict, key, value);
  }
  return dict;
}

/** `_rebuild_tensor[_v2](storage, offset, size, stride, …)`; gradients and hooks are of no interest. */
function rebuildTensor(source: string, args: readonly PickleValue[]): TensorDescription {
  const [storage = null, offset, shapeValue = null, strideValue = null] = args;
  const shape = countsOf(shapeValue);
  const strides = countsOf(strideValue);
  if (!isKind(storage, 'storage') || !isCount(offset) || shape === undefined || strides?.length !== shape.length) {
    const given = args.slice(0, 4).map(describeValue).join(', ');
    throw new FormatError(
      source,
      'pytorch-tensor',
      `a tensor is made from (${given}), expected a storage, an offset, sizes and as many strides`,
    );
  }
  const last = storage.viewOffset + offset + spanOf(shape, strides);
  if (last > storage.elementCount || !Number.isSafeInteger(elementCountOf(shape))) {
    throw new FormatError(
      source,
      'pytorch-tensor-range',
      `a tensor of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] reaches element ${last} of storage '${storage.key}', which has ${storage.elementCount}`,
    );
  }
  return { kind: 'tensor', storage, offset: storage.viewOffset + offset, shape, strides };
}

/** `_rebuild_parameter(tensor, requires_grad, hooks)` and old files' `Parameter(tensor, …)`. */
function rebuildParameter(source: string, args: readonly PickleValue[]): PickleValue {
  const [tensor = null] = args;
  if (!isKind(tensor, 'tensor')) {
    throw new FormatError(
      source,
      'pytorch-parameter',
      `a parameter is made from ${describeValue(tensor)}, expected a tensor`,
    );
  }
  return tensor;
}

/**
 * `('storage', type, key, location, numel[, view])`; only legacy files have `view`, which is None or
 * `(view key, offset, size)`. The location (`cpu`, `cuda:0`) does not matter here.
 */
function describeStorage(source: string, id: PickleValue): StorageDescription {
  const items = isKind(id, 'tuple') ? id.items : [];
  const [tag, type = null, key, , elementCount, view = null] = items;
  const dtype = isKind(type, 'global') ? storageTypeOf(type.name) : undefined;
  if (tag !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(elementCount)) {
    const given = items.map((item) => (typeof item === 'string' ? `'${item}'` : describeValue(item))).join(', ');
    throw new FormatError(
      source,
      'pytorch-reference',
      `the pickle refers to (${given}), expected ('storage', type, key, location, elements); if this is a whole model, save its state_dict() instead`,
    );
  }
  const viewOffset = view === null ? 0 : viewOffsetOf(view);
  if (viewOffset === undefined) {
    throw new FormatError(
      source,
      'pytorch-view',
      `storage '${key}' has view ${describeValue(view)}, expected (key, offset, size)`,
    );
  }
  return { kind: 'storage', key, dtype, elementCount, viewOffset };
}

function viewOffsetOf(view: PickleValue): number | undefined {
  const offset = isKind(view, 'tuple') ? view.items[1] : undefined;
  return isCount(offset) ? offset : undefined;
}

function countsOf(value: PickleValue): readonly number[] | undefined {
  const items = isKind(value, 'tuple') ? value.items : undefined;
  if (items === undefined || items.length > maxRank) return undefined;
  const counts = items.filter(isCount);
  return counts.length === items.length ? counts : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
