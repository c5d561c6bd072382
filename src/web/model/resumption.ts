/** The order of a run that a checkpoint tells of. Loaded when one is gone on with. */

import { InputError } from '../../core/errors.ts';
import { isNoise } from '../../settings/starts.ts';
import { parseRunRecord } from '../../transfer/run-record.ts';
import type { Order } from '../protocol.ts';
import type { Pictures } from './pictures.ts';

/** The names of the files that a run looks at, and its order with the pictures that are chosen. @throws InputError. */
export function resumedOrder(words: unknown, { content, styles }: Pictures, file: Blob): Order {
  const { command, settings, size, start, seed, output, ...record } = parseRunRecord(words);
  if (command !== 'stylize' || typeof size === 'object') {
    throw new InputError(`the checkpoint is of a ${command}; go on with \`impasto resume\``);
  }
  const names = [record.content, ...record.styles].map((one) => nameOf(one?.path ?? ''));
  if (content.value === undefined || styles.value.length !== record.styles.length) {
    throw new InputError(`the checkpoint needs ${names.join(' and ')}; choose them, then go on again`);
  }
  const weights = record.styles.map(({ weight }) => weight);
  return {
    settings,
    size,
    content: content.value.id,
    styles: styles.value.map(({ id }, index) => ({ id, weight: weights[index] ?? 1 })),
    words: { fileName: nameOf(output.path), description: output.title, command: output.comment },
    resume: file,
    // A picture that it started from is not needed any more.
    start: start === 'picture' ? { kind: 'grey', seed } : isNoise(start) ? { kind: start, seed } : { kind: start },
  };
}

function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Whether a file begins as a checkpoint does: safetensors, whose header is JSON. No picture does. */
export async function isCheckpointFile(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 9).arrayBuffer());
  return start.length === 9 && start[7] === 0 && start[8] === 0x7b;
}
