/** Tells a weight file's format by its first bytes and opens it; what is known but not read is refused by name. */

import { type FormatCode, FormatError } from '../core/errors.ts';
import { type ByteSource, readRange } from './byte-source.ts';
import { openNpz } from './npy.ts';
import { isPytorchLegacy, openPytorchLegacy, openPytorchZip } from './pytorch.ts';
import { isSafetensors, openSafetensors } from './safetensors.ts';
import type { WeightFile } from './weight-file.ts';
import { openZip } from './zip.ts';

const sniffedBytes = 512;

interface Refusal {
  /** Where the mark lies. */
  readonly offset: number;
  readonly mark: string;
  readonly code: FormatCode;
  readonly problem: string;
}

/** Files people do have, which are not read. Marks are Latin-1. */
const refusals: readonly Refusal[] = [
  {
    offset: 257,
    mark: 'ustar',
    code: 'weights-tar',
    problem: "is a tar archive, PyTorch's format before 0.1.10; load it there and save its state_dict() again",
  },
  {
    offset: 0,
    mark: '\x89HDF',
    code: 'weights-hdf5',
    problem: 'is an HDF5 file (Keras), which is not read; expected PyTorch or NumPy weights',
  },
  {
    offset: 0,
    mark: 'MATLAB',
    code: 'weights-matlab',
    problem: 'is a MATLAB file, which is not read; expected PyTorch or NumPy weights',
  },
  {
    offset: 0,
    mark: '\x93NUMPY',
    code: 'weights-npy',
    problem: 'is a single NumPy array; expected an .npz file with one array per tensor',
  },
  {
    offset: 0,
    mark: 'version https://git-lfs',
    code: 'file-lfs-pointer',
    problem: 'is a Git LFS pointer; fetch the file itself with `git lfs pull`',
  },
  { offset: 0, mark: '<', code: 'file-html', problem: 'is a web page or XML; download the weights again' },
  {
    offset: 0,
    mark: '\x80',
    code: 'weights-pickle',
    problem: 'is a pickle that torch.save did not write; save a state_dict with torch.save instead',
  },
];

/**
 * Opens safetensors, PyTorch (zip and legacy) and NumPy `.npz` files.
 *
 * @param isWanted says which arrays of an `.npz` to read: their shapes are known only after reading them.
 * @throws FormatError for everything else, naming what it is if that is known.
 */
export async function openWeightFile(source: ByteSource, isWanted: (name: string) => boolean): Promise<WeightFile> {
  const start = await readRange(source, 0, Math.min(source.sizeBytes, sniffedBytes), 'the beginning');
  if (isSafetensors(start)) {
    return openSafetensors(source);
  }
  if (hasMark(start, 0, 'PK\x03\x04') || hasMark(start, 0, 'PK\x05\x06')) {
    return openZipped(source, isWanted);
  }
  if (isPytorchLegacy(start)) {
    return openPytorchLegacy(source);
  }
  const refusal = refusals.find(({ offset, mark }) => hasMark(start, offset, mark));
  throw new FormatError(
    source.name,
    refusal?.code ?? 'weights-format',
    refusal?.problem ?? 'is none of safetensors, a PyTorch state dict (.pth, .pt) or NumPy arrays (.npz)',
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
    'is a zip archive with neither data.pkl (PyTorch) nor .npy entries (NumPy)',
  );
}

function hasMark(start: Uint8Array, offset: number, mark: string): boolean {
  return [...mark].every((char, index) => start[offset + index] === char.charCodeAt(0));
}
