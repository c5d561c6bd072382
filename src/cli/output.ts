/** The two streams: progress and remarks go to stderr, results to stdout, so that a pipe carries results only. */

/** A remark, on stderr. */
export function remark(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** A result, on stdout. */
export function answer(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** Names of files may hold terminal escapes: of control and format characters only line feeds are let through. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]|\p{Cf}/gu, '\uFFFD');
}

/** Resolves when everything written to stdout has left the process: `process.exit` would cut what a pipe still waits for. */
export function flushed(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve());
  });
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
