/** The pickle reader: it executes nothing, names what it refuses, and stays within its bounds. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormatCode } from '../../src/core/errors.ts';
import { unpickle } from '../../src/weights/pickle.ts';
import { pickleLimits } from '../../src/weights/pickle-machine.ts';
import { type PickleValue, textOfBytes } from '../../src/weights/pickle-values.ts';
import { pytorchHost } from '../../src/weights/pytorch-host.ts';
import { refusalOf } from '../support/refusal.ts';
import { concat, latin1, littleEndian } from './bytes.ts';

const load = (pickle: string | Uint8Array): PickleValue =>
  unpickle('w.pth', typeof pickle === 'string' ? latin1(pickle) : pickle, pytorchHost('w.pth', new Map())).value;

const dict = '}';
const list = ']';
const storage = '(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ';

describe('names outside the closed list', () => {
  it.each([
    ['GLOBAL and REDUCE', '\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.', 'os.system'],
    ['GLOBAL alone', 'cbuiltins\neval\n.', 'builtins.eval'],
    ['Python 2 builtins', 'c__builtin__\neval\n.', '__builtin__.eval'],
    ['STACK_GLOBAL', '\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.', 'os.system'],
    ['STACK_GLOBAL from the memo', '\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93.', 'os.system'],
    ['INST', '(X\x02\x00\x00\x00lsios\nsystem\n.', 'os.system'],
    ['OBJ', '(cos\nsystem\nX\x02\x00\x00\x00lso.', 'os.system'],
    ['NEWOBJ', '\x80\x02csubprocess\nPopen\n)\x81.', 'subprocess.Popen'],
    ['a name in a nested value', '}X\x01\x00\x00\x00a]cposix\nsystem\nas.', 'posix.system'],
    ['a dotted path through an allowed module', 'ctorch\nserialization.os.system\n.', 'torch.serialization.os.system'],
    ['a nested load', 'ctorch.storage\n_load_from_bytes\n.', 'torch.storage._load_from_bytes'],
    ['a name like a method of ours', 'cconstructor\nconstructor\n.', 'constructor.constructor'],
  ])('refuses %s', async (_, pickle, name) => {
    const refusal = await refusalOf(() => load(pickle));
    expect(refusal.message).toBe(
      `w.pth: the pickle wants to call ${name}, which a weight file has no need for; refused`,
    );
    expect(refusal.code).toBe('pytorch-name');
  });

  it('tells the owner of a whole model what to do', () => {
    expect(() => load('ctorchvision.models.vgg\nVGG\n.')).toThrow('save its state_dict() instead');
  });
});

describe('calls and states', () => {
  it.each<readonly [string, string, FormatCode, string]>([
    ['calling a storage type', 'ctorch\nFloatStorage\n)R.', 'pytorch-name', 'wants to call torch.FloatStorage'],
    ['calling a string', 'X\x01\x00\x00\x00a)R.', 'pickle-call', 'calls a string with a tuple'],
    [
      'calling without a tuple',
      'ccollections\nOrderedDict\n]R.',
      'pickle-call',
      'calls collections.OrderedDict with a list',
    ],
    [
      'OrderedDict with arguments',
      'ccollections\nOrderedDict\nK\x01\x85R.',
      'pytorch-arguments',
      'passes arguments to collections.OrderedDict',
    ],
    ['OBJ without a callee', '(o.', 'pickle-call', 'calls None with a tuple'],
    ['BUILD on a list', `${list}${dict}b.`, 'pickle-state', 'sets the state of a list'],
    [
      'BUILD on a name',
      `ccollections\nOrderedDict\n${dict}b.`,
      'pickle-state',
      'sets the state of collections.OrderedDict',
    ],
    ['BUILD on a number', `K\x01${dict}b.`, 'pickle-state', 'sets the state of a number'],
    ['APPEND to a dict', `${dict}K\x01a.`, 'pickle-append', 'appends to a dict, expected a list'],
    ['SETITEM on a list', `${list}K\x01K\x02s.`, 'pickle-items', 'keys and values of a list'],
    ['SETITEMS with a key alone', `${dict}(K\x01u.`, 'pickle-items', 'sets 1 keys and values'],
    ['names that are numbers', 'K\x01K\x02\x93.', 'pickle-name', 'names something by a number and a number'],
    ['a key twice', '}K\x01K\x02sK\x01K\x03s.', 'pickle-key-repeated', "sets the key '1' twice"],
    [
      "a key twice, in Python 2's strings and in Python 3's",
      '}U\x02\xc3\xa9K\x01sX\x02\x00\x00\x00\xc3\xa9K\x01s.',
      'pickle-key-repeated',
      "sets the key 'é' twice",
    ],
    [
      'a key twice in an OrderedDict of Python 2',
      'ccollections\nOrderedDict\n](](U\x01aNe](U\x01aNee\x85R.',
      'pickle-key-repeated',
      "sets the key 'a' twice",
    ],
    [
      'a list as a key of an OrderedDict',
      'ccollections\nOrderedDict\n](](]Nee\x85R.',
      'pickle-key',
      'uses a list as a dictionary key',
    ],
    [
      'OrderedDict of a pair of one',
      'ccollections\nOrderedDict\n](](Nee\x85R.',
      'pytorch-arguments',
      'expected none or a list of pairs',
    ],
    [
      'OrderedDict of a pair of three',
      'ccollections\nOrderedDict\n](](NNNee\x85R.',
      'pytorch-arguments',
      'expected none or a list of pairs',
    ],
    [
      'OrderedDict of a pair that is a number',
      'ccollections\nOrderedDict\n](K\x01e\x85R.',
      'pytorch-arguments',
      'expected none or a list of pairs',
    ],
    [
      'OrderedDict of a string',
      'ccollections\nOrderedDict\nU\x02ab\x85R.',
      'pytorch-arguments',
      'expected none or a list of pairs',
    ],
    [
      'OrderedDict with two lists',
      'ccollections\nOrderedDict\n]]\x86R.',
      'pytorch-arguments',
      'passes arguments to collections.OrderedDict',
    ],
    [
      'bytes by another encoding',
      'c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.',
      'pytorch-arguments',
      'passes (a string, a string) to _codecs.encode',
    ],
    [
      'bytes of what is no byte',
      'c_codecs\nencode\nX\x02\x00\x00\x00\xc4\x80X\x06\x00\x00\x00latin1\x86R.',
      'pytorch-arguments',
      'to _codecs.encode, expected characters up to 0xff',
    ],
    ['bytes of a size', 'c__builtin__\nbytes\nK\x05\x85R.', 'pytorch-arguments', 'passes arguments to bytes'],
    ['a list as a key', `${dict}${list}K\x01s.`, 'pickle-key', 'uses a list as a dictionary key'],
    [
      'a tensor from no storage',
      'ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00)) tR.'.replace(' ', ''),
      'pytorch-tensor',
      'a tensor is made from (a number, a number, a tuple, a tuple)',
    ],
    [
      'a tensor past its storage',
      `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x01K\x04\x85K\x01\x85tR.`,
      'pytorch-tensor-range',
      "reaches element 5 of storage '0', which has 4",
    ],
    [
      'a tensor of negative extent',
      `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00J\xff\xff\xff\xff\x85K\x01\x85tR.`,
      'pytorch-tensor',
      'a tensor is made from',
    ],
    [
      'a tensor with a stride too few',
      `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00K\x04\x85)tR.`,
      'pytorch-tensor',
      'as many strides',
    ],
    [
      'a parameter from a number',
      'ctorch._utils\n_rebuild_parameter\nK\x01\x85R.',
      'pytorch-parameter',
      'a parameter is made from a number',
    ],
    ['a persistent id that is no storage', 'K\x01Q.', 'pytorch-reference', 'the pickle refers to ()'],
    [
      'a persistent id of a module',
      '(X\x06\x00\x00\x00moduleK\x01tQ.',
      'pytorch-reference',
      "refers to ('module', a number)",
    ],
    [
      'one storage of two sizes',
      `${storage}${storage.replace('K\x04', 'K\x05')}\x86.`,
      'pytorch-storage-conflict',
      "storage '0' is 4 elements of F32 and also 5 of F32",
    ],
  ])('refuses %s', async (_, pickle, code, message) => {
    const refusal = await refusalOf(() => load(pickle));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });
});

describe('malformed and endless pickles', () => {
  it.each<readonly [string, string | Uint8Array, FormatCode, string]>([
    ['an end without STOP', '\x80\x02}', 'pickle-end', 'ends in the middle'],
    ['a string longer than the file', 'X\xff\x00\x00\x00abc', 'pickle-end', 'ends in the middle'],
    ['a string above the bound', 'X\xff\xff\xff\xffabc', 'pickle-string-size', 'holds a string of 4294967295 bytes'],
    [
      'a string of 2^63 bytes',
      '\x8d\x00\x00\x00\x00\x00\x00\x00\x80',
      'pickle-string-size',
      'holds a string of 922337203685477',
    ],
    ['a string that is not UTF-8', 'X\x01\x00\x00\x00\xff.', 'pickle-utf8', 'not UTF-8'],
    ['a name without an end', 'cos', 'pickle-end', 'ends in the middle of a name'],
    ['a huge integer', '\x8b\xff\xff\xff\x7f', 'pickle-integer-size', 'holds an integer of 2147483647 bytes'],
    ['STOP on an empty stack', '.', 'pickle-stack-empty', 'takes a value from an empty stack'],
    ['taking what lies below a mark', 'K\x01(\x85.', 'pickle-stack-empty', 'takes a value from an empty stack'],
    ['a mark that was never set', 'K\x01t.', 'pickle-mark-missing', 'refers to a mark it never set'],
    ['a value never stored', 'h\x05.', 'pickle-memo-missing', 'recalls value 5, which it never stored'],
    ['an unknown opcode', '\xf0.', 'pickle-opcode', 'uses opcode 0xf0'],
    ['EXT1, a name by number', '\x82\x01.', 'pickle-opcode', 'uses opcode 0x82'],
    ['an integer of protocol 0 with leading zeros', 'I01\n.', 'pickle-opcode', 'uses opcode 0x49'],
    ['an integer beyond 64 bits as text', `I${'9'.repeat(20)}\n.`, 'pickle-opcode', 'uses opcode 0x49'],
    ['an integer that is no number', 'I12345x6789\n.', 'pickle-opcode', 'uses opcode 0x49'],
    ['half a surrogate', 'X\x02\x00\x00\x00\xed\xb3.', 'pickle-utf8', 'not UTF-8'],
    ['a letter behind the beginning of a surrogate', 'X\x03\x00\x00\x00\xed\x41\x80.', 'pickle-utf8', 'not UTF-8'],
    ['text opcodes of protocol 0', 'I1\n.', 'pickle-opcode', 'uses opcode 0x49'],
    ['too many values', new Uint8Array(pickleLimits.depth + 1).fill(0x4e), 'pickle-stack-size', 'stacks more than'],
    ['too many marks', new Uint8Array(pickleLimits.depth + 1).fill(0x28), 'pickle-mark-count', 'nests more than'],
    [
      'too many opcodes',
      concat(Buffer.from('N0'.repeat(pickleLimits.opcodes / 2 + 1))),
      'pickle-opcode-count',
      'has more than 2000000 opcodes',
    ],
    [
      'too large a memo',
      concat('N', ...Array.from({ length: 4 }, () => new Uint8Array(pickleLimits.memo / 4).fill(0x94)), '\x94.'),
      'pickle-memo-size',
      'remembers more than',
    ],
  ])('refuses %s', async (_, pickle, code, message) => {
    const refusal = await refusalOf(() => load(pickle));
    expect(refusal.message).toContain(message);
    expect(refusal.code).toBe(code);
  });

  it('holds ten levels of ten references each without unfolding them', () => {
    // Each level is a list of ten references to the level before: 10^10 leaves if copied.
    const levels = Array.from(
      { length: 10 },
      (_, i) => `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}`,
    );
    expect(load(`Nq\x00${levels.join('')}.`)).toMatchObject({ kind: 'list' });
  });
});

describe('textOfBytes', () => {
  it('gives different texts for different bytes', () => {
    const bytes = fc.array(fc.constantFrom(0x00, 0x41, 0x80, 0xa0, 0xbf, 0xc3, 0xa9, 0xed, 0xef, 0xbb, 0xf0, 0xff), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const same = textOfBytes(Uint8Array.from(a)) === textOfBytes(Uint8Array.from(b));
        expect(same).toBe(a.length === b.length && a.every((byte, index) => byte === b[index]));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('plain values', () => {
  it.each<readonly [string, string | Uint8Array, unknown]>([
    ['None, True, False', '(N\x88\x89t.', { kind: 'tuple', items: [null, true, false] }],
    [
      'integers',
      '(K\xffM\xff\xffJ\xfe\xff\xff\xff\x8a\x00\x8a\x02\x00\xfft.',
      { kind: 'tuple', items: [255, 65535, -2, 0, -256] },
    ],
    ['an integer beyond f64', concat('\x8a\x09', littleEndian(2n ** 70n, 9), '.'), 2n ** 70n],
    ['a float', 'G\x3f\xf8\x00\x00\x00\x00\x00\x00.', 1.5],
    [
      'strings of Python 2 and 3',
      '(U\x01aT\x01\x00\x00\x00bX\x02\x00\x00\x00\xc3\xa9t.',
      { kind: 'tuple', items: ['a', 'b', 'é'] },
    ],
    [
      'integers beyond 32 bits as Python 2 writes them',
      '(I1514764800000\nI-2147483649\nI9223372036854775807\nt.',
      { kind: 'tuple', items: [1514764800000, -2147483649, 9223372036854775807n] },
    ],
    [
      "Python 2's strings of any bytes, which stay different",
      '}U\x01\xe9K\x01sU\x02\xc3\xa9K\x02sT\x01\x00\x00\x00\xe8K\x03s.',
      {
        kind: 'dict',
        entries: new Map([
          ['\udce9', 1],
          ['é', 2],
          ['\udce8', 3],
        ]),
      },
    ],
    ["a name of a file that is not UTF-8, as Python 3's text", 'X\x03\x00\x00\x00\xed\xb3\xbf.', expect.any(String)],
    ['a text with a byte order mark', 'X\x04\x00\x00\x00\xef\xbb\xbfa.', '\ufeffa'],
    ['a log', concat('T', littleEndian(200_000, 4), 'a'.repeat(200_000), '.'), 'a'.repeat(200_000)],
    [
      "Python 3's bytes in protocol 2",
      'c_codecs\nencode\nX\x03\x00\x00\x00\xc3\xbfaX\x06\x00\x00\x00latin1\x86R.',
      { kind: 'bytes', bytes: Uint8Array.of(0xff, 0x61) },
    ],
    ["Python 3's empty bytes in protocol 2", 'c__builtin__\nbytes\n)R.', { kind: 'bytes', bytes: new Uint8Array() }],
    ['bytes as a key', '}C\x02\xff\x00K\x01s.', { kind: 'dict', entries: new Map([['\udcff\0', 1]]) }],
    [
      'an OrderedDict of Python 2',
      'ccollections\nOrderedDict\n](](U\x01aK\x01e](U\x01bNee\x85R.',
      {
        kind: 'dict',
        entries: new Map([
          ['a', 1],
          ['b', null],
        ]),
      },
    ],
    ['an empty OrderedDict of Python 2', 'ccollections\nOrderedDict\n]\x85R.', { kind: 'dict', entries: new Map() }],
    ['a dictionary', '(K\x01K\x02d.', { kind: 'dict', entries: new Map([[1, 2]]) }],
    ['POP and DUP', 'K\x01K\x0202\x86.', { kind: 'tuple', items: [1, 1] }],
    ['POP of a mark', 'K\x01(0.', 1],
    ['POP_MARK', 'K\x01(K\x02K\x031.', 1],
    ['an OrderedDict with attributes', 'ccollections\nOrderedDict\n)R}b.', { kind: 'dict', entries: new Map() }],
  ])('reads %s', (_, pickle, expected) => {
    expect(load(pickle)).toEqual(expected);
  });
});
