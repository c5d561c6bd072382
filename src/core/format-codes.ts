/**
 * The codes of `FormatError`: one for each rule a file can break, for programs. The sentence beside a code is for people and may change;
 * the code stays. The first word says whose rule it is.
 */

/** Any file; `file-truncated` and `file-trailing-bytes` hold for every format that says where it ends. */
const file = [
  'file-empty',
  'file-zeros',
  'file-lfs-pointer',
  'file-html',
  'file-packed',
  'file-text',
  'file-truncated',
  'file-trailing-bytes',
  'file-changed',
  'file-checksum',
] as const;

/** Which kinds of weight file are read. */
const weights = [
  'weights-format',
  'weights-tar',
  'weights-hdf5',
  'weights-matlab',
  'weights-npy',
  'weights-pickle',
  'weights-torchscript',
  'weights-zip',
  'weights-not-converted',
  'weights-version',
] as const;

/** Whether the tensors of a file are a network's, and what they hold. */
const network = [
  'network-unrecognised',
  'network-ambiguous',
  'network-unexpected',
  'tensor-missing',
  'tensor-surplus',
  'tensor-shape',
  'tensor-dtype',
  'tensor-size',
  'value-not-finite',
  'value-overflow',
] as const;

const safetensors = [
  'safetensors-header-length',
  'safetensors-header-start',
  'safetensors-header-json',
  'safetensors-metadata',
  'safetensors-metadata-value',
  'safetensors-entry',
  'safetensors-field',
  'safetensors-dtype',
  'safetensors-shape',
  'safetensors-offsets',
  'safetensors-size',
  'safetensors-overlap',
  'safetensors-hole',
] as const;

const npy = ['npy-magic', 'npy-header-length', 'npy-header', 'npy-dtype', 'npy-rank', 'npy-size'] as const;

const zip = [
  'zip-directory',
  'zip-entry-count',
  'zip-entry-repeated',
  'zip-entry-missing',
  'zip-entry-size',
  'zip-entry-inflation',
  'zip-entry-damaged',
] as const;

const pickle = [
  'pickle-end',
  'pickle-opcode',
  'pickle-opcode-count',
  'pickle-integer-size',
  'pickle-string-size',
  'pickle-utf8',
  'pickle-stack-size',
  'pickle-stack-empty',
  'pickle-mark-count',
  'pickle-mark-missing',
  'pickle-memo-size',
  'pickle-memo-missing',
  'pickle-append',
  'pickle-items',
  'pickle-key',
  'pickle-key-repeated',
  'pickle-call',
  'pickle-state',
  'pickle-name',
] as const;

const pytorch = [
  'pytorch-name',
  'pytorch-arguments',
  'pytorch-tensor',
  'pytorch-tensor-range',
  'pytorch-parameter',
  'pytorch-reference',
  'pytorch-view',
  'pytorch-byte-order',
  'pytorch-protocol',
  'pytorch-state-dict',
  'pytorch-nesting',
  'pytorch-tensor-repeated',
  'pytorch-storage-key',
  'pytorch-storage-listing',
  'pytorch-storage-conflict',
  'pytorch-storage-size',
  'pytorch-storage-missing',
] as const;

const tfjs = [
  'tfjs-json',
  'tfjs-manifest',
  'tfjs-weight',
  'tfjs-weight-repeated',
  'tfjs-dtype',
  'tfjs-quantization',
  'tfjs-path',
  'tfjs-shards',
  'tfjs-size',
] as const;

const picture = [
  'picture-format',
  'picture-samples',
  'picture-damaged',
  'picture-too-small',
  'picture-too-large',
  'picture-colours',
  'picture-hdr',
  'png-signature',
  'png-keyword',
] as const;

/** The file that a run is taken up from. */
const checkpoint = [
  'checkpoint-header',
  'checkpoint-format',
  'checkpoint-version',
  'checkpoint-checksum',
  'checkpoint-run',
] as const;

/** The table that `impasto tune` writes. */
const tuning = ['tuning-json', 'tuning-version', 'tuning-adapters', 'tuning-adapter'] as const;

export const formatCodes = [
  ...file,
  ...weights,
  ...network,
  ...safetensors,
  ...npy,
  ...zip,
  ...pickle,
  ...pytorch,
  ...tfjs,
  ...picture,
  ...checkpoint,
  ...tuning,
] as const;

export type FormatCode = (typeof formatCodes)[number];
