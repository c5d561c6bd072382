/** Files that come in place of weights and pictures: each reader says in one sentence what came and what to do. */

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { standInOf } from '../../src/core/file-signature.ts';
import { pictureFormatOf } from '../../src/images/file-format.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { refusalOf } from '../support/refusal.ts';
import { concat, latin1 } from '../weights/bytes.ts';

const again = 'save or download it again';
const pointer =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

/** Bytes, code, name, remedy. */
const standIns: readonly (readonly [Uint8Array, FormatCode, string, string])[] = [
  [new Uint8Array(), 'file-empty', 'an empty file', again],
  [new Uint8Array(5000), 'file-zeros', 'nothing but zeros', again],
  [latin1(pointer), 'file-lfs-pointer', 'a Git LFS pointer', 'fetch the file itself with `git lfs pull`'],
  ...[
    '<!DOCTYPE html><html lang="de">',
    '\xef\xbb\xbf\r\n<HTML><HEAD><TITLE>404 Not Found',
    '<!-- saved from elsewhere --><!-- twice -->\n<html>',
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
    '<html><title>Zugriff verweigert \xfc in Latin-1',
    `<!doctype html>${' '.repeat(5000)}<svg>`,
  ].map(
    (page) => [latin1(page), 'file-html', 'an HTML page', 'download the file itself, not a page about it'] as const,
  ),
  ...(
    [
      ['JSON', '{"error":"Not Found"}'],
      ['JSON', '\n[ {"message": "rate limit"} ]'],
      ['XML', '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'],
      ['text', 'Not Found'],
      ['text', '404: Not Found na\xc3\xafve caf\xc3'],
    ] as const
  ).map(([name, text]) => [latin1(text), 'file-text', name, 'read it, it may say why the file did not come'] as const),
  [new Uint8Array(gzipSync('weights')), 'file-packed', 'gzip', 'unpack it first'],
];

const weights =
  'safetensors, a PyTorch state dict (.pth, .pt), NumPy arrays (.npz) or a TensorFlow.js model (model.json)';

describe.each(standIns)('%j', (bytes, code, name, remedy) => {
  it(`is ${name} to the converter`, async () => {
    const refusal = await refusalOf(() => openWeightFile(bytesSource('vgg.pth', bytes), () => true));
    expect(refusal.message).toBe(`vgg.pth: expected ${weights}, got ${name}; ${remedy}`);
    expect(refusal.code).toBe(code);
  });

  it(`is ${name} to the engine, which leaves archives to the converter`, async () => {
    const refusal = await refusalOf(() => loadNetworkWeights(bytesSource('vgg.safetensors', bytes)));
    const [message, itsCode] =
      code === 'file-packed'
        ? ['is not a converted weight file; convert it first with `impasto convert`', 'weights-not-converted']
        : [`expected a converted weight file, got ${name}; ${remedy}`, code];
    expect(refusal.message).toBe(`vgg.safetensors: ${message}`);
    expect(refusal.code).toBe(itsCode);
  });

  it(`is ${name} to the readers of pictures`, async () => {
    const refusal = await refusalOf(() => pictureFormatOf('cat.jpg', bytes, ['PNG', 'JPEG', 'WebP']));
    expect(refusal.message).toBe(`cat.jpg: expected PNG, JPEG or WebP, got ${name}; ${remedy}`);
    expect(refusal.code).toBe(code);
  });
});

describe('archives', () => {
  const tar = concat('weights/vgg.pth'.padEnd(257, '\0'), 'ustar\x0000');

  it.each([
    ['a tar archive', tar],
    ['a zip archive', latin1('PK\x03\x04')],
    ['a zip archive', latin1('PK\x05\x06')],
  ])('%s is no picture', async (name, bytes) => {
    const refusal = await refusalOf(() => pictureFormatOf('cat.jpg', bytes, ['PNG', 'JPEG']));
    expect(refusal.message).toBe(`cat.jpg: expected PNG or JPEG, got ${name}; unpack it first`);
    expect(refusal.code).toBe('file-packed');
  });
});

describe('standInOf', () => {
  it('knows nothing of pictures and weights', () => {
    for (const head of [
      '\x89PNG\r\n\x1a\n',
      '\xff\xd8\xff\xe0',
      '\x80\x02\x8a\x0a',
      '\x89HDF\r\n\x1a\n',
      '\x93NUMPY',
    ]) {
      expect(standInOf(latin1(head))).toBeUndefined();
    }
  });

  it('takes no time over what is nearly a page', () => {
    const started = performance.now();
    for (const part of ['<!--', '<!---->', '<!-- -->', '<?x?>', ' ', '<?', '-->']) {
      standInOf(latin1(part.repeat(2000)));
      standInOf(latin1(`${part.repeat(100)}\x80`));
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
