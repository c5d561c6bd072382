/** How the tools with a command line end: as `impasto` does, but in their own name. */

import { CommanderError } from 'commander';
import { exitStatus } from '../src/cli/failure.ts';
import { remark } from '../src/cli/output.ts';
import { runProgram } from '../src/cli/run-program.ts';
import { messageOf } from '../src/core/errors.ts';

/** Runs `main` and ends the process. @param statusOf The exit status for what was thrown. */
export async function runTool(
  name: string,
  main: () => Promise<number>,
  statusOf: (error: unknown) => number = () => exitStatus.input,
): Promise<never> {
  return await runProgram(main, (error) => {
    // Commander has already said it.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.success : exitStatus.input;
    remark(`${name}: ${messageOf(error)}`);
    return statusOf(error);
  });
}
