/**
 * The errors Impasto throws on purpose. Each message is one sentence: what was expected, what came, which thing
 * it was about and, where it helps, what to do. Everything else that is thrown is a defect. Names from hostile files end up in messages:
 * no terminal escapes, no line breaks, no novels.
 */

import type { FormatCode } from './format-codes.ts';

export type { FormatCode } from './format-codes.ts';

const longestMessage = 1000;

/** Base of all errors thrown on purpose. */
export class ImpastoError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(shortened(printable(message)), options);
    this.name = new.target.name;
  }
}

/** Something the user named (an option, a file, a picture) cannot be used. The command line exits with status 2. */
export class InputError extends ImpastoError {}

/** A file is not what its format promises: truncated, malformed, hostile, or of a kind we do not read. */
export class FormatError extends InputError {
  /** The file (or stream) the error is about, as the user named it. */
  readonly source: string;
  /** Which rule it breaks, for programs; one of `format-codes.ts`. */
  readonly code: FormatCode;

  constructor(source: string, code: FormatCode, problem: string) {
    super(`${source}: ${problem}`);
    this.source = source;
    this.code = code;
  }
}

/** Shapes that do not fit together: a programming error of the caller. */
export class ShapeError extends ImpastoError {}

/** A need above a limit of the adapter, found before anything was allocated. */
export class LimitError extends InputError {
  /** WebGPU's name of the limit, for example `maxStorageBufferBindingSize`. */
  readonly limit: string;
  readonly needed: number;
  readonly available: number;
  /** The longest side in pixels that would fit, where one does. */
  readonly largestSide: number | undefined;

  constructor(options: {
    readonly limit: string;
    readonly needed: number;
    readonly available: number;
    readonly largestSide?: number | undefined;
    readonly message: string;
  }) {
    super(options.message);
    this.limit = options.limit;
    this.needed = options.needed;
    this.available = options.available;
    this.largestSide = options.largestSide;
  }
}

/** No usable adapter, a lost device, memory refused by the driver, or a validation error in one of our kernels. */
export class DeviceError extends ImpastoError {}

/** The driver refused memory, which no limit foretold: less is needed. */
export class OutOfMemoryError extends DeviceError {}

/** A loss that ends a run; `term` names which. */
export class LossError extends ImpastoError {
  readonly term: string;

  constructor(term: string, message: string) {
    super(message);
    this.term = term;
  }
}

/** A loss that is NaN or infinite. */
export class NonFiniteLossError extends LossError {}

/** A loss far above where it began: the steps were too long. */
export class ExplodedLossError extends LossError {}

/**
 * Text for one line of a terminal, a page or a log, as it stands but for characters that act on the line instead of standing in it: controls
 * (C0, DEL, C1), line separators and what turns the direction of writing (names can lie by it) are shown as `\u001b`. Joiners, marks and other
 * format characters stay: names in Persian or Hindi need them.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line of a text that others wrote, such as a driver: line breaks become blanks. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]\s*/g, ' ');
}

/** One line for any thrown value, without a stack trace. */
export function messageOf(error: unknown): string {
  return oneLine(textOf(error));
}

/** Only the first line of what was thrown, where packages add advice of their own below it. */
export function firstLineOf(error: unknown): string {
  const [first = ''] = textOf(error).trim().split(/\r?\n/);
  return first;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shortened(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
}
