/** How the setup speaks: on stderr, one line at a time, so that a command's own output can still be piped. */

/** A problem the user has to know about; the message says what to do. */
export class SetupError extends Error {}

export function say(line) {
  console.error(`Impasto setup: ${line}`);
}

const QUOTED_LINES = 15;

/** The first lines of a program's output, indented under a message: for npm, which ends with its manual. */
export function firstLines(output) {
  return indented(output.trim().split('\n').slice(0, QUOTED_LINES));
}

/** The last lines of a program's output, indented under a message. */
export function lastLines(output) {
  return indented(output.trim().split('\n').slice(-QUOTED_LINES));
}

function indented(lines) {
  return lines.map((line) => `    ${line}`).join('\n');
}
