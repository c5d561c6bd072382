/**
 * The stack machine that pickles are written for: input, stack, marks and memo, each bounded. `pickle.ts` drives it.
 */

import { type FormatCode, FormatError } from '../core/errors.ts';
import {
  addEntry,
  describeValue,
  isKind,
  type PickleGlobal,
  type PickleValue,
  textOfBytes,
  textOfUtf8,
} from './pickle-values.ts';

/** The closed list: what names, calls and references to storages mean. Each member throws FormatError for all else. */
export interface PickleHost {
  resolve(name: string): PickleGlobal;
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  persistent(id: PickleValue): PickleValue;
}

/** Bounds; the largest state dicts stay a hundred times below them. */
export const pickleLimits = {
  sizeBytes: 16 * 1024 * 1024,
  opcodes: 2_000_000,
  depth: 100_000,
  memo: 1_000_000,
  /** Of one string: what people keep beside the tensors may be a whole log. */
  stringBytes: 16 * 1024 * 1024,
};

/** Python's integers may have any length: an identifier of 128 bits beside the tensors needs 17 bytes. */
const maxIntegerBytes = 256;

export class PickleMachine {
  position: number;
  readonly host: PickleHost;
  readonly #source: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at the open MARKs. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(source: string, bytes: Uint8Array, host: PickleHost, start: number) {
    this.#source = source;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.host = host;
    this.position = start;
  }

  error(code: FormatCode, problem: string): FormatError {
    return new FormatError(this.#source, code, `the pickle ${problem}; refused`);
  }

  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.#bytes.length) {
      throw this.error(
        'pickle-end',
        `ends in the middle of an opcode at byte ${this.#bytes.length}, it is truncated or damaged`,
      );
    }
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  /** A little-endian number of 1, 2, 4 or 8 bytes. */
  unsigned(length: 1 | 2 | 4 | 8): number {
    const at = this.position;
    this.take(length);
    switch (length) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      case 8:
        return Number(this.#view.getBigUint64(at, true));
    }
  }

  signed32(): number {
    const at = this.position;
    this.take(4);
    return this.#view.getInt32(at, true);
  }

  float64(): number {
    const at = this.position;
    this.take(8);
    return this.#view.getFloat64(at, false);
  }

  /** A two's complement integer of any length: a number where that is exact, else a bigint. */
  integer(length: number): number | bigint {
    if (length > maxIntegerBytes) {
      throw this.error('pickle-integer-size', `holds an integer of ${length} bytes`);
    }
    const digits = this.take(length);
    const magnitude = digits.reduceRight((sum, digit) => sum * 256n + BigInt(digit), 0n);
    const value = BigInt.asIntN(8 * length, magnitude);
    const exact = Number(value);
    return Number.isSafeInteger(exact) ? exact : value;
  }

  /** Python's text: UTF-8, in which lone surrogates may stand too, as in the name of a file that is not UTF-8. */
  text(length: number): string {
    const bytes = this.bytes(length);
    const text = textOfUtf8(bytes);
    if (text !== undefined) {
      return text;
    }
    // A surrogate's second byte is A0 to BF behind an ED; 20 less makes it a letter's.
    const letters = bytes.map((byte, index) =>
      bytes[index - 1] === 0xed && (byte & 0xe0) === 0xa0 ? byte - 0x20 : byte,
    );
    if (textOfUtf8(letters) === undefined) {
      throw this.error('pickle-utf8', `holds a string that is not UTF-8 at byte ${this.position}`);
    }
    return textOfBytes(bytes);
  }

  /** Python 2's `str`, any bytes. */
  byteString(length: number): string {
    return textOfBytes(this.bytes(length));
  }

  bytes(length: number): Uint8Array {
    if (length > pickleLimits.stringBytes) {
      throw this.error(
        'pickle-string-size',
        `holds a string of ${length} bytes, expected at most ${pickleLimits.stringBytes}`,
      );
    }
    return this.take(length);
  }

  /** INT, as Python 2 writes it in protocol 2: for what BININT cannot hold. Shorter ones are of protocol 0. */
  longLine(): number | bigint {
    const line = this.line();
    if (!/^-?\d{10,19}$/.test(line)) {
      throw this.error('pickle-opcode', `uses opcode 0x49 for '${line}', which a weight file has no need for`);
    }
    return Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line);
  }

  /** Text up to a line feed, which is consumed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) {
      throw this.error('pickle-end', 'ends in the middle of a name, it is truncated or damaged');
    }
    const line = this.text(end - this.position);
    this.position += 1;
    return line;
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= pickleLimits.depth) {
      throw this.error('pickle-stack-size', `stacks more than ${pickleLimits.depth} values`);
    }
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const floor = this.#marks.at(-1) ?? 0;
    const value = this.#stack.length > floor ? this.#stack.pop() : undefined;
    if (value === undefined) {
      throw this.error('pickle-stack-empty', 'takes a value from an empty stack');
    }
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= pickleLimits.depth) {
      throw this.error('pickle-mark-count', `nests more than ${pickleLimits.depth} marks`);
    }
    this.#marks.push(this.#stack.length);
  }

  /** Everything above the last mark, and the mark with it. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) {
      throw this.error('pickle-mark-missing', 'refers to a mark it never set');
    }
    return this.#stack.splice(height);
  }

  /** POP removes a mark if nothing lies above it, as CPython does. */
  discard(): void {
    if (this.#marks.at(-1) === this.#stack.length) {
      this.#marks.pop();
    } else {
      this.pop();
    }
  }

  remember(index = this.#memo.size): void {
    if (this.#memo.size >= pickleLimits.memo) {
      throw this.error('pickle-memo-size', `remembers more than ${pickleLimits.memo} values`);
    }
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw this.error('pickle-memo-missing', `recalls value ${index}, which it never stored`);
    }
    this.push(value);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, 'list')) {
      throw this.error('pickle-append', `appends to ${describeValue(list)}, expected a list`);
    }
    for (const item of items) {
      list.items.push(item);
    }
  }

  /** `items` alternates keys and values. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2 !== 0) {
      throw this.error(
        'pickle-items',
        `sets ${items.length} keys and values of ${describeValue(dict)}, expected pairs and a dict`,
      );
    }
    for (let i = 0; i < items.length; i += 2) {
      addEntry(this.#source, dict, items[i], items[i + 1] ?? null);
    }
  }

  /** REDUCE, NEWOBJ and OBJ, which all come to: call this with those. */
  call(callee: PickleValue, args: PickleValue): void {
    if (!isKind(callee, 'global') || !isKind(args, 'tuple')) {
      throw this.error('pickle-call', `calls ${describeValue(callee)} with ${describeValue(args)}`);
    }
    this.push(this.host.call(callee, args.items));
  }

  /** BUILD: the attributes of an OrderedDict (`_metadata`) and the state of a Parameter carry no weights. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!isKind(target, 'dict') && !isKind(target, 'tensor')) {
      throw this.error(
        'pickle-state',
        `sets the state of ${describeValue(target)}, which a weight file has no need for`,
      );
    }
  }

  stackGlobal(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof name !== 'string' || typeof module !== 'string') {
      throw this.error(
        'pickle-name',
        `names something by ${describeValue(module)} and ${describeValue(name)}, expected strings`,
      );
    }
    this.push(this.host.resolve(`${module}.${name}`));
  }
}
