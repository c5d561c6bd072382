/** The two streams: progress and remarks go to stderr, results to stdout, so that a pipe carries results only. */

import { InputError, printable } from '../core/errors.ts';
import { codeOf, fileProblem } from '../platform/node/file-problem.ts';

/** A remark, on stderr. */
export function remark(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** A result, on stdout, in lines. @throws OutputError where an earlier one could not be written: nobody would see this one either. */
export function answer(...lines: readonly string[]): void {
  if (lost !== undefined) throw lost;
  process.stdout.write(`${lines.map(printable).join('\n')}\n`);
}

/** Results that could not be written to stdout. */
export class OutputError extends InputError {
  /** Whether nobody reads any more (`impasto doctor | head -1`, a closed terminal), which is no failure. */
  readonly isUnread: boolean;

  constructor(cause: Error) {
    super(`standard output: expected to write the results there, but ${fileProblem(cause)}; send them somewhere else`, {
      cause,
    });
    const code = codeOf(cause);
    this.isUnread = code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY);
  }
}

/**
 * Resolves when everything written to stdout has left the process: `process.exit` would cut what a pipe still waits for.
 *
 * @throws OutputError where some of it could not be written.
 */
export async function flushed(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
  // A stream tells of its error a little later than the callback does.
  await new Promise((resolve) => setImmediate(resolve));
  if (lost !== undefined) throw lost;
}

/** Of the process, as its streams are. */
let lost: OutputError | undefined;

/**
 * Lets the streams fail without ending the process: a run that nobody listens to any more still writes its picture. What was lost on
 * stdout, `answer` and `flushed` tell.
 */
export function outliveStreams(): void {
  process.stdout.on('error', (error) => {
    lost ??= new OutputError(error);
  });
  process.stderr.on('error', () => {});
}

/** `1:02:03`, `2:03`, `0:07` */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Four digits, with an exponent where the number is large or small. */
export function formatLoss(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return magnitude >= 0.01 && magnitude < 1e5 ? value.toPrecision(4) : value.toExponential(3);
}
