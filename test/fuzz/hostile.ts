/** Hostile files: mutations of real ones, and made-up ones with the structure of their format. */

import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { pngChunk, pngOf } from '../../src/images/png-chunks.ts';
import { concat, latin1, legacyPrefix, littleEndian, pytorchZip, rawSafetensors, zipOf } from '../weights/bytes.ts';

/** Numbers at which lengths, counts and offsets go wrong. */
const edges = [0, 1, 2, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const hugeEdges = [...edges, 2 ** 53 - 1, 2 ** 53, -1];

/** One change of a file; positions are shares of its length. */
const change = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    at: fc.nat(),
    values: fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constant('number' as const),
    at: fc.nat(),
    width: fc.constantFrom(2, 4, 8),
    value: fc.constantFrom(...edges),
    big: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(), length: fc.nat(64) }),
  fc.record({
    kind: fc.constant('repeat' as const),
    at: fc.nat(),
    length: fc.nat(64),
    times: fc.integer({ min: 1, max: 40 }),
  }),
);

/** A real file, changed in one to six ways. */
export function mutationsOf(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([file, changes]) => {
      let bytes = new Uint8Array(file);
      for (const one of changes) {
        const at = bytes.length === 0 ? 0 : one.at % bytes.length;
        const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
        if (one.kind === 'set') bytes.set(one.values.slice(0, after.length), at);
        else if (one.kind === 'number') {
          const number = littleEndian(one.value, one.width);
          if (one.big) number.reverse();
          bytes.set(number.subarray(0, after.length), at);
        } else if (one.kind === 'cut') bytes = new Uint8Array(before);
        else if (one.kind === 'remove') bytes = new Uint8Array(concat(before, after.subarray(one.length)));
        else
          bytes = new Uint8Array(
            concat(before, ...Array.from({ length: one.times }, () => after.subarray(0, one.length)), after),
          );
      }
      return bytes;
    });
}

/** Names that prototypes have. */
export const names = fc.constantFrom(
  'a',
  'b',
  '__proto__',
  'constructor',
  'toString',
  '__metadata__',
  '',
  '\u0000',
  'é',
);

const count = fc.oneof(fc.nat(6), fc.constantFrom(...hugeEdges));
export const anything = fc.oneof(
  count,
  fc.constant(null),
  fc.string(),
  fc.constant([]),
  fc.constant({}),
  fc.constant(1.5),
);
const mostly = <Value>(usual: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: anything });

const tensorEntry = mostly(
  fc.record({
    dtype: mostly(fc.constantFrom('F32', 'F16', 'F64', 'BF16', 'F4', 'Q9', 'toString')),
    shape: mostly(fc.array(count, { maxLength: 10 })),
    data_offsets: mostly(fc.tuple(count, count)),
  }),
);

/** Headers that repeat names, nest, lie about lengths and say more than they should. */
export const safetensors: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(fc.tuple(names, tensorEntry), { maxLength: 5 }),
    fc.nat(64),
    fc.option(fc.constantFrom(...edges, 2n ** 63n, 2n ** 64n - 1n), { nil: undefined }),
    fc.nat(3000),
  )
  .map(([entries, dataBytes, declared, depth]) => {
    const parts = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    if (depth > 2900) parts.push(`"deep":${'['.repeat(depth)}${']'.repeat(depth)}`);
    return rawSafetensors(`{${parts.join(',')}}`, dataBytes, declared);
  });

/** Models of TensorFlow.js whose manifests name any files and promise any sizes. */
export const tfjsModels: fc.Arbitrary<Uint8Array> = fc
  .array(
    mostly(
      fc.record({
        paths: mostly(
          fc.array(mostly(fc.constantFrom('a.bin', 'b.bin', '../a.bin', '/a', '..', '')), { maxLength: 3 }),
        ),
        weights: mostly(
          fc.array(
            mostly(
              fc.record({
                name: mostly(names),
                shape: mostly(fc.array(count, { maxLength: 10 })),
                dtype: mostly(fc.constantFrom('float32', 'int32', 'string', 'toString')),
                quantization: fc.option(
                  mostly(
                    fc.record({
                      dtype: mostly(fc.constantFrom('uint8', 'uint16', 'float16', '__proto__')),
                      scale: mostly(fc.double()),
                      min: mostly(fc.double()),
                    }),
                  ),
                  { nil: undefined },
                ),
              }),
            ),
            { maxLength: 4 },
          ),
        ),
      }),
    ),
    { maxLength: 3 },
  )
  .map((weightsManifest) => new TextEncoder().encode(JSON.stringify({ weightsManifest })));

const npyHeader = fc
  .array(
    fc.oneof(
      fc.constantFrom("'descr': '<f4', ", "'descr': '|O', ", "'fortran_order': False, ", "'fortran_order': True, "),
      fc.array(count, { maxLength: 10 }).map((shape) => `'shape': (${shape.join(', ')},), `),
      fc.constantFrom("'shape': (), ", "'shape': __import__('os'), ", '}', '{', ' '.repeat(500), '9'.repeat(400)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `{${parts.join('')}}`);

/** An array with a header that may say anything, in an archive that may lie about it. */
export const npz: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.record({
      name: names.map((name) => `${name}.npy`),
      header: npyHeader,
      version: fc.integer({ min: 0, max: 4 }),
      declaredHeader: fc.option(fc.constantFrom(...edges), { nil: undefined }),
      valueBytes: fc.nat(256),
      deflate: fc.boolean(),
      declaredBytes: fc.option(fc.constantFrom(...edges), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((arrays) =>
    zipOf(
      arrays.map(({ name, header, version, declaredHeader, valueBytes, deflate, declaredBytes }) => {
        const text = latin1(`${header}\n`);
        const length = littleEndian(declaredHeader ?? text.length, version === 1 ? 2 : 4);
        const content = concat('\x93NUMPY', Uint8Array.of(version, 0), length, text, new Uint8Array(valueBytes));
        return { name, content, deflate, ...(declaredBytes === undefined ? {} : { declaredBytes }) };
      }),
    ),
  );

const text = (value: string): Uint8Array => concat('X', littleEndian(value.length, 4), latin1(value));

/** Opcodes with what they read, in any order: most stumble, some come far. */
const opcode: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(...'(012N)]}talesubRQo.d\x81\x85\x86\x87\x88\x89\x93\x94').map(latin1),
  fc.nat(255).map((byte) => Uint8Array.of(byte)),
  fc.nat(20).map((index) => Uint8Array.of(0x68, index)),
  fc.nat(20).map((index) => Uint8Array.of(0x71, index)),
  fc.constantFrom(...edges).map((value) => concat('J', littleEndian(value, 4))),
  fc.constantFrom('storage', 'a', 'cpu', '0', 'latin1', '__proto__').map(text),
  fc.constantFrom(...edges).map((length) => concat('X', littleEndian(length, 4))),
  fc.constantFrom(...edges).map((length) => concat('\x8b', littleEndian(length, 4))),
  fc
    .constantFrom(
      'torch._utils\n_rebuild_tensor_v2',
      'torch\nFloatStorage',
      'collections\nOrderedDict',
      '_codecs\nencode',
      'torch\nSize',
      'os\nsystem',
      'builtins\neval',
      '__main__\n__proto__',
    )
    .map((name) => latin1(`c${name}\n`)),
);

const pickle = fc.array(opcode, { maxLength: 60 }).map((opcodes) => concat('\x80\x02', ...opcodes, '.'));

export const pytorchZips: fc.Arbitrary<Uint8Array> = fc
  .tuple(pickle, fc.nat(64))
  .map(([data, bytes]) => pytorchZip(data, { '0': new Uint8Array(bytes), a: new Uint8Array(bytes) }));

/** Magic number and protocol as torch.save wrote them, then pickles. */
export const pytorchLegacy: fc.Arbitrary<Uint8Array> = fc
  .tuple(pickle, pickle, pickle, fc.nat(64))
  .map(([system, state, keys, bytes]) => concat(legacyPrefix, system, state, keys, new Uint8Array(bytes)));

const chunkBody = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(...edges).map((value) => littleEndian(value, 4).reverse()),
);

/** Chunks with sound checksums in any order, behind a header that may promise anything. */
export const pngs: fc.Arbitrary<Uint8Array> = fc
  .record({
    width: fc.oneof(fc.nat(9), fc.constantFrom(...edges)),
    height: fc.oneof(fc.nat(9), fc.constantFrom(...edges)),
    depth: fc.constantFrom(1, 2, 4, 8, 16, 3, 255),
    colour: fc.constantFrom(0, 2, 3, 4, 6, 1, 255),
    interlace: fc.constantFrom(0, 0, 1, 2),
    pixels: fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array(deflateSync(bytes))),
    others: fc.array(
      fc.tuple(
        fc.constantFrom('PLTE', 'tRNS', 'IDAT', 'eXIf', 'cICP', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'tEXt', 'IHDR', 'IEND'),
        chunkBody,
      ),
      { maxLength: 6 },
    ),
  })
  .map(({ width, height, depth, colour, interlace, pixels, others }) => {
    const sides = [width, height].map((side) => littleEndian(side, 4).reverse());
    const header = pngChunk('IHDR', concat(...sides, Uint8Array.of(depth, colour, 0, 0, interlace)));
    const more = others.map(([type, body]) => pngChunk(type, body));
    return pngOf([header, ...more, pngChunk('IDAT', pixels), pngChunk('IEND', new Uint8Array())]);
  });

export const exifs: fc.Arbitrary<Uint8Array> = fc
  .record({
    order: fc.constantFrom('II*\0', 'MM\0*', 'XX'),
    directory: fc.constantFrom(...edges),
    entries: fc.constantFrom(...edges),
    rest: fc.uint8Array({ maxLength: 80 }),
    reversed: fc.boolean(),
  })
  .map(({ order, directory, entries, rest, reversed }) => {
    const [at, number] = [littleEndian(directory, 4), littleEndian(entries, 2)];
    return concat(order, reversed ? at.reverse() : at, reversed ? number.reverse() : number, rest);
  });

/** Lists of phases, mostly of fields that phases have. */
export const phases: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  mostly(
    fc.array(
      mostly(
        fc.dictionary(
          fc.constantFrom(
            'steps',
            'optimizer',
            'learningRate',
            'momentum',
            'nesterov',
            'beta2',
            'scale',
            '__proto__',
            'constructor',
          ),
          fc.oneof(
            anything,
            fc.constantFrom('adam', 'sgd', 'lbfgs', 'a'.repeat(5000)),
            fc.double(),
            fc.jsonValue({ maxDepth: 2 }),
          ),
        ),
      ),
      { maxLength: 4 },
    ),
  ),
);

/** Addresses of the page: options and pictures with values of any kind. */
export function links(keys: readonly string[]): fc.Arbitrary<string> {
  const key = fc.oneof(fc.constantFrom(...keys, 'content', 'style', '__proto__', 'constructor'), fc.string());
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '1',
      '-1',
      '1e999',
      'NaN',
      'adam',
      'relu1_1=1',
      'a'.repeat(3000),
      '%',
      '%ff',
      'relu1_1=1,'.repeat(300),
    ),
    fc.double().map(String),
  );
  return fc
    .array(fc.tuple(key, value), { maxLength: 12 })
    .map((pairs) => `#${pairs.map(([k, v]) => `${k}=${v}`).join('&')}`);
}
