/** From a program's main function to the end of its process, whatever becomes of its streams in between. */

import { exitStatus } from './failure.ts';
import { flushed, OutputError, outliveStreams } from './output.ts';

/**
 * Runs `main` and ends the process with its status once everything it has written has left.
 *
 * @param fail Says on stderr what was thrown, and gives the exit status. Results that nobody reads are no failure and not told.
 */
export async function runProgram(main: () => Promise<number>, fail: (error: unknown) => number): Promise<never> {
  outliveStreams();
  process.on('uncaughtException', (error) => process.exit(fail(error)));
  const tell = (error: unknown): number => (error instanceof OutputError && error.isUnread ? 0 : fail(error));
  let thrown: unknown;
  let status = await main().catch((error: unknown) => {
    thrown = error;
    return tell(error);
  });
  await flushed().catch((error: unknown) => {
    if (thrown instanceof OutputError) return;
    const told = tell(error);
    status ||= told;
  });
  // Without its terminal Node aborts as it exits, with a core dump; dying of the signal is what shells expect anyway.
  if (status === exitStatus.hungUp) process.kill(process.pid, 'SIGHUP');
  // Dawn keeps the process alive as long as one of its objects is referenced, wherever that may be.
  process.exit(status);
}
