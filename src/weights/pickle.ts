/**
 * A reader of Python pickles that executes nothing: a stack machine over a closed set of opcodes.
 *
 * What a name may stand for is the host's to say, from a list; every other name ends the reading. All memory is bounded
 * by the number of input bytes. Protocols 2 to 5 as far as torch.save writes them; source: CPython's `pickletools`.
 */

import { type PickleHost, PickleMachine, pickleLimits } from './pickle-machine.ts';
import type { PickleValue } from './pickle-values.ts';

export interface Unpickled {
  readonly value: PickleValue;
  /** First byte after the pickle. */
  readonly end: number;
}

/** Reads one pickle that begins at `start`. @throws FormatError naming the opcode, name or bound. */
export function unpickle(source: string, bytes: Uint8Array, host: PickleHost, start = 0): Unpickled {
  const machine = new PickleMachine(source, bytes, host, start);
  for (let count = 0; count < pickleLimits.opcodes; count++) {
    const opcode = machine.unsigned(1);
    if (opcode === stop) {
      return { value: machine.pop(), end: machine.position };
    }
    const execute = opcodes.get(opcode);
    if (execute === undefined) {
      throw machine.error(
        'pickle-opcode',
        `uses opcode 0x${opcode.toString(16).padStart(2, '0')}, which a weight file has no need for`,
      );
    }
    execute(machine);
  }
  throw machine.error('pickle-opcode-count', `has more than ${pickleLimits.opcodes} opcodes`);
}

const tupleOf = (machine: PickleMachine, length: number): void => {
  const items = Array.from({ length }, () => machine.pop()).reverse();
  machine.push({ kind: 'tuple', items });
};

const stop = 0x2e;

/** By opcode, named as in `pickletools`. */
const opcodes: ReadonlyMap<number, (machine: PickleMachine) => void> = new Map([
  // PROTO, FRAME: nothing to do, the machine reads them all alike.
  [0x80, (m) => void m.take(1)],
  [0x95, (m) => void m.take(8)],
  // MARK, POP, POP_MARK, DUP
  [0x28, (m) => m.mark()],
  [0x30, (m) => m.discard()],
  [0x31, (m) => void m.popMark()],
  [0x32, (m) => m.push(m.top())],
  // NONE, NEWTRUE, NEWFALSE
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  // BININT, BININT1, BININT2, INT, LONG1, LONG4, BINFLOAT
  [0x4a, (m) => m.push(m.signed32())],
  [0x4b, (m) => m.push(m.unsigned(1))],
  [0x4d, (m) => m.push(m.unsigned(2))],
  [0x49, (m) => m.push(m.longLine())],
  [0x8a, (m) => m.push(m.integer(m.unsigned(1)))],
  [0x8b, (m) => m.push(m.integer(m.unsigned(4)))],
  [0x47, (m) => m.push(m.float64())],
  // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, and Python 2's BINSTRING, SHORT_BINSTRING
  [0x58, (m) => m.push(m.text(m.unsigned(4)))],
  [0x8c, (m) => m.push(m.text(m.unsigned(1)))],
  [0x8d, (m) => m.push(m.text(m.unsigned(8)))],
  [0x54, (m) => m.push(m.byteString(m.unsigned(4)))],
  [0x55, (m) => m.push(m.byteString(m.unsigned(1)))],
  // BINBYTES, SHORT_BINBYTES
  [0x42, (m) => m.push({ kind: 'bytes', bytes: m.bytes(m.unsigned(4)) })],
  [0x43, (m) => m.push({ kind: 'bytes', bytes: m.bytes(m.unsigned(1)) })],
  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  [0x29, (m) => tupleOf(m, 0)],
  [0x85, (m) => tupleOf(m, 1)],
  [0x86, (m) => tupleOf(m, 2)],
  [0x87, (m) => tupleOf(m, 3)],
  [0x74, (m) => m.push({ kind: 'tuple', items: m.popMark() })],
  // EMPTY_LIST, LIST, APPEND, APPENDS
  [0x5d, (m) => m.push({ kind: 'list', items: [] })],
  [0x6c, (m) => m.push({ kind: 'list', items: m.popMark() })],
  [0x61, (m) => m.append([m.pop()])],
  [0x65, (m) => m.append(m.popMark())],
  // EMPTY_DICT, DICT, SETITEM, SETITEMS
  [0x7d, (m) => m.push({ kind: 'dict', entries: new Map() })],
  [
    0x64,
    (m) => {
      const items = m.popMark();
      m.push({ kind: 'dict', entries: new Map() });
      m.setItems(items);
    },
  ],
  [
    0x73,
    (m) => {
      const value = m.pop();
      m.setItems([m.pop(), value]);
    },
  ],
  [0x75, (m) => m.setItems(m.popMark())],
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  [0x71, (m) => m.remember(m.unsigned(1))],
  [0x72, (m) => m.remember(m.unsigned(4))],
  [0x94, (m) => m.remember()],
  [0x68, (m) => m.recall(m.unsigned(1))],
  [0x6a, (m) => m.recall(m.unsigned(4))],
  // GLOBAL, STACK_GLOBAL, BINPERSID, BUILD
  [0x63, (m) => m.push(m.host.resolve(`${m.line()}.${m.line()}`))],
  [0x93, (m) => m.stackGlobal()],
  [0x51, (m) => m.push(m.host.persistent(m.pop()))],
  [0x62, (m) => m.build()],
  // REDUCE, NEWOBJ
  [
    0x52,
    (m) => {
      const args = m.pop();
      m.call(m.pop(), args);
    },
  ],
  [
    0x81,
    (m) => {
      const args = m.pop();
      m.call(m.pop(), args);
    },
  ],
  // INST, OBJ: protocols 0 and 1 call this way.
  [0x69, (m) => m.call(m.host.resolve(`${m.line()}.${m.line()}`), { kind: 'tuple', items: m.popMark() })],
  [
    0x6f,
    (m) => {
      const [callee = null, ...items] = m.popMark();
      m.call(callee, { kind: 'tuple', items });
    },
  ],
]);
