/** Small files that would unfold to gigabytes, or to hours: refused by what they say of themselves, before it is made. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readPhaseChoice } from '../../src/cli/settings.ts';
import { FormatError } from '../../src/core/errors.ts';
import { pngChunk, pngOf } from '../../src/images/png-chunks.ts';
import { openPng } from '../../src/platform/node/png-codec.ts';
import { didYouMean } from '../../src/settings/nearest.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { loadNetworkWeights } from '../../src/weights/network-weights.ts';
import { openWeightFile } from '../../src/weights/weight-formats.ts';
import { concat, latin1, littleEndian, npy, pytorchZip, rawSafetensors, zipOf } from '../weights/bytes.ts';

const text = (value: string): Uint8Array => concat('X', littleEndian(value.length, 4), latin1(value));
const call = (module: string, name: string): string => `c${module}\n${name}\n`;
const mib = 2 ** 20;

/** `count` times over what the pickle keeps as value 1: called by value 0 with it and what follows. */
const calledOften = (callee: string, argument: Uint8Array, more: string, count: number): Uint8Array =>
  concat(
    '\x80\x02',
    callee,
    'q\0',
    argument,
    'q\x01',
    ...Array.from({ length: count }, () => `h\0h\x01${more}R0`),
    '.',
  );

/** In several calls, since a pickle may stack no more. */
const somePairs = concat(
  '(',
  ...Array.from({ length: 20_000 }, (_, i) => concat('](J', littleEndian(i, 4), 'Ne')),
  'e',
);
const manyPairs = concat(']', somePairs);

/** Dictionaries that name one tensor each below a long key. */
const longNames = (() => {
  const tensor = concat(
    call('torch._utils', '_rebuild_tensor_v2'),
    '((',
    ...['storage', call('torch', 'FloatStorage'), '0', 'cpu'].map((part) =>
      part.includes('\n') ? latin1(part) : text(part),
    ),
    'K\x01tQK\0))\x89NtR',
  );
  const inner = concat(
    '}(',
    ...Array.from({ length: 20_000 }, (_, i) =>
      concat('J', littleEndian(i, 4), i === 0 ? concat(tensor, 'q\x02') : 'h\x02'),
    ),
    'u',
  );
  return concat('\x80\x02}', text('k'.repeat(mib)), inner, 's.');
})();

const zeros = new Uint8Array(256 * mib);

it.each([
  [
    'an array of zeros behind no header',
    /NumPy's magic/,
    () => zipOf([{ name: 'a.npy', content: zeros, deflate: true }]),
  ],
  [
    'an array of zeros that no network has',
    /none of VGG|not|expected/,
    () => {
      const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${zeros.length / 4},), }\n`;
      return zipOf([{ name: 'a.npy', content: npy(header, zeros), deflate: true }]);
    },
  ],
  [
    'a string that is encoded again and again',
    /makes more than \d+ bytes/,
    () =>
      pytorchZip(
        calledOften(call('_codecs', 'encode'), text('x'.repeat(mib)), `${latin1Text('latin1')}\x86`, 2000),
        {},
      ),
  ],
  [
    'a list that becomes a dictionary again and again',
    /makes more than \d+ bytes/,
    () => pytorchZip(calledOften(call('collections', 'OrderedDict'), manyPairs, '\x85', 3000), {}),
  ],
  [
    'long keys above many tensors',
    /name of more than 4096 characters/,
    () => pytorchZip(longNames, { '0': new Uint8Array(4) }),
  ],
  [
    'a header of brackets',
    /more than 64 levels/,
    () => rawSafetensors(`{"a":${'['.repeat(7 * mib)}${']'.repeat(7 * mib)}}`),
  ],
] as const)('%s', async (_what, problem, make) => {
  const bytes = make();
  const before = process.resourceUsage().maxRSS;
  const startedAtMs = performance.now();
  const read = async (): Promise<void> => {
    await openWeightFile(bytesSource('w', bytes), () => true);
    await loadNetworkWeights(bytesSource('w', bytes));
  };
  const outcome: unknown = await read().catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(FormatError);
  expect(String(outcome)).toMatch(problem);
  // In KiB. What the engine itself takes to read a few megabytes is no more.
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200 * 1024);
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
});

it('a long text in a header is read as any other', async () => {
  const bytes = rawSafetensors(
    `{"__metadata__":{"log":"${'\\n'.repeat(mib)}${'x'.repeat(4 * mib)}"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
    4,
  );
  const { tensors } = await openWeightFile(bytesSource('w', bytes), () => true);
  expect([...tensors.keys()]).toEqual(['a']);
});

it('a PNG of empty chunks', () => {
  const header = pngChunk('IHDR', Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0));
  const empty = concat(...Array.from({ length: 20_000 }, () => pngChunk('IDAT', new Uint8Array())));
  const many = Array.from({ length: 50 }, () => empty);
  const bytes = pngOf([header, ...many, pngChunk('IDAT', new Uint8Array(deflateSync(new Uint8Array(52))))]);
  const before = process.resourceUsage().maxRSS;
  expect(openPng('p', bytes)).toMatchObject({ width: 4, height: 4 });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200 * 1024);
});

it('a file of phases of megabytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'impasto-phases-'));
  const phases = join(folder, 'phases.json');
  try {
    await writeFile(phases, `[${' '.repeat(mib)}]`);
    expect(() => readPhaseChoice({ phases, seed: 0 })).toThrow('expected a file of phases, but it has 1048578 bytes');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('a text of a million letters is compared with no name', () => {
  const startedAtMs = performance.now();
  expect(didYouMean('a'.repeat(mib), ['relu1_1', 'adam'])).toBe('');
  expect(performance.now() - startedAtMs).toBeLessThan(1000);
});

function latin1Text(value: string): string {
  return String.fromCharCode(...text(value));
}
