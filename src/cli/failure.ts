/** What is said, and with which exit status, when a command cannot do its work. */

import { CommanderError } from 'commander';
import { DeviceError, ExplodedLossError, ImpastoError, InputError, LossError, messageOf } from '../core/errors.ts';

/** Exit statuses; 129, 130 and 143 (ended by a signal) follow the shell's convention, 70 sysexits.h. */
export const exitStatus = {
  success: 0,
  /** No usable adapter, a lost device; `doctor` found something missing. */
  device: 1,
  /** Something the user named cannot be used. */
  input: 2,
  /** The loss exploded; the picture with the lowest one is written. */
  exploded: 3,
  /** A defect in Impasto. */
  defect: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export interface Failure {
  readonly status: number;
  /** Without a line's end; empty when commander has already said what there is to say. */
  readonly message: string;
}

/** Any thrown value as one line and a status. The stack is added where `debug` is set and the value is a defect. */
export function describeFailure(error: unknown, debug = false): Failure {
  if (error instanceof CommanderError) return describeUsage(error);
  if (error instanceof ExplodedLossError) return { status: exitStatus.exploded, message: error.message };
  if (error instanceof InputError || error instanceof LossError) {
    return { status: exitStatus.input, message: error.message };
  }
  if (error instanceof DeviceError) {
    const { message } = error;
    const remedy = message.includes(';') ? '' : '; `impasto doctor` says what the adapter offers';
    return { status: exitStatus.device, message: `${message}${remedy}` };
  }
  const missing = missingModule(error);
  if (missing !== undefined) return missing;
  const kind = error instanceof ImpastoError ? '' : `${error instanceof Error ? error.name : 'thrown'}: `;
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  const advice = debug ? '' : '; IMPASTO_DEBUG=1 shows where';
  return {
    status: exitStatus.defect,
    message: `${kind}${messageOf(error)} (this is a defect in Impasto, please report it${advice})${stack}`,
  };
}

/** commander's own errors: `error: unknown option '--sise'\n(Did you mean --size?)`. */
function describeUsage(error: CommanderError): Failure {
  if (error.exitCode === 0) return { status: exitStatus.success, message: '' };
  const [problem = '', hint] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = hint?.replace(/^\(Did you mean (.*)\?\)$/, "; did you mean '$1'?") ?? '';
  const isHelp = error.code.startsWith('commander.help');
  const sentence = problem.replace(/\.$/, '').replace('. Expected', '; expected');
  return { status: exitStatus.input, message: isHelp ? '' : `${sentence}${suggestion}` };
}

/** A package that is not installed, or whose native part is not there for this platform. */
function missingModule(error: unknown): Failure | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED';
  if (!isMissing) return undefined;
  return {
    status: exitStatus.device,
    message: `a package is missing or does not fit this platform (${messageOf(error)}); run npm ci`,
  };
}
