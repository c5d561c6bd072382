/** Tells a weight file's format by its first bytes and opens it; what is known but not read is refused by name. */

import { type FormatCode, FormatError } from '../core/errors.ts';
import { refuseStandIn, signatureBytes, signatureText, standInOf } from '../core/file-signature.ts';
import { type ByteSource, readRange } from './byte-source.ts';
import { openNpz } from './npy.ts';
import { isPytorchLegacy, openPytorchLegacy, openPytorchZip } from './pytorch.ts';
import { isSafetensors, openSafetensors } from './safetensors.ts';
import { type OpenBeside, openTfjs, readModelJson } from './tfjs.ts';
import type { WeightFile } from './weight-file.ts';
import { openZip } from './zip.ts';

/** What is read, as messages list it. */
const readableWeights =
  'safetensors, a PyTorch state dict (.pth, .pt), NumPy arrays (.npz) or a TensorFlow.js model (model.json)';

/** Weights that people do have and that are not read; marks are as `signatureText` writes bytes. */
const refusals: readonly (readonly [RegExp, FormatCode, string])[] = [
  [
    /^[\s\S]{257}ustar/,
    'weights-tar',
    "is a tar archive, PyTorch's format before 0.1.10 or packed files; load it there and save its state_dict() again, or unpack it",
  ],
  [
    /^\x89HDF/,
    'weights-hdf5',
    'is an HDF5 file (Keras), which is not read; have tensorflowjs_converter make a layers model of it',
  ],
  [/^MATLAB/, 'weights-matlab', 'is a MATLAB file, which is not read; expected PyTorch or NumPy weights'],
  [/^\x93NUMPY/, 'weights-npy', 'is a single NumPy array; expected an .npz file with one array per tensor'],
  [/^\x80/, 'weights-pickle', 'is a pickle that torch.save did not write; save a state_dict with torch.save instead'],
];

/**
 * Opens safetensors, PyTorch (zip and legacy), NumPy `.npz` files and TensorFlow.js models.
 *
 * @param isWanted says which arrays of an `.npz` to read: their shapes are known only after reading them.
 * @param beside opens the files that a model has its values in.
 * @throws FormatError for everything else, naming what it is if that is known.
 */
export async function openWeightFile(
  source: ByteSource,
  isWanted: (name: string) => boolean,
  beside?: OpenBeside,
): Promise<WeightFile> {
  const head = await readRange(source, 0, Math.min(source.sizeBytes, signatureBytes), 'the beginning');
  if (isSafetensors(head)) {
    return openSafetensors(source);
  }
  if (isPytorchLegacy(head)) {
    return openPytorchLegacy(source);
  }
  const standIn = standInOf(head);
  if (standIn?.name === 'a zip archive') {
    return openZipped(source, isWanted);
  }
  const model = standIn?.name === 'JSON' ? await readModelJson(source) : undefined;
  if (model !== undefined) {
    return openTfjs(source, model, beside);
  }
  const start = signatureText(head);
  const [, code, problem] = refusals.find(([mark]) => mark.test(start)) ?? [];
  if (code === undefined && standIn !== undefined) {
    throw refuseStandIn(source.name, readableWeights, standIn);
  }
  throw new FormatError(
    source.name,
    code ?? 'weights-format',
    problem ?? `is none of ${readableWeights}; name a file of one of these formats`,
  );
}

async function openZipped(source: ByteSource, isWanted: (name: string) => boolean): Promise<WeightFile> {
  const zip = await openZip(source);
  const names = [...zip.entries.keys()];
  const pickleName = names.find((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
  if (pickleName !== undefined) {
    const root = pickleName.slice(0, -'data.pkl'.length);
    if (zip.entries.has(`${root}constants.pkl`) || names.some((name) => name.startsWith(`${root}code/`))) {
      throw new FormatError(
        source.name,
        'weights-torchscript',
        'is a TorchScript archive, which is code; save the state_dict() of the model instead',
      );
    }
    return openPytorchZip(source, zip, pickleName);
  }
  if (names.some((name) => name.endsWith('.npy'))) {
    return openNpz(source, zip, isWanted);
  }
  throw new FormatError(
    source.name,
    'weights-zip',
    'is a zip archive with neither data.pkl (PyTorch) nor .npy entries (NumPy); unpack it first, if the weights are a file within',
  );
}
