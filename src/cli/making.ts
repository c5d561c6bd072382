/** How a picture was made, as far as its file tells it. */

import { basename } from 'node:path';
import type { PictureSize } from '../settings/sizes.ts';
import { optionWords, shellLine, withoutUsual } from '../settings/texts.ts';
import type { Job } from './job.ts';

/**
 * `impasto stylize photo.jpg painting.jpg -o result.png --size 512 …`: the command without its folders and without what the preset says
 * anyway, ready for a POSIX shell.
 *
 * @param size Of the result, which another adapter would have chosen otherwise.
 */
export function commandOf({ command, paths, output, given }: Job, { width, height }: PictureSize): string {
  const { init, phases, ...choice } = given;
  const files = [...(paths.content === undefined ? [] : [paths.content]), ...paths.styles, '-o', output];
  const plain = { ...choice, size: undefined, init: init && basename(init), phases: phases && basename(phases) };
  // The experiments search along the direction unless they are told not to, whatever the preset says.
  const said = { ...withoutUsual(plain, command), lineSearch: given.lineSearch };
  const size = command === 'texture' ? `${width}x${height}` : String(Math.max(width, height));
  const words = [...files.map((path) => basename(path)), ...(given.resize ? ['--size', size] : [])];
  return `impasto ${command} ${shellLine([...words, ...optionWords(said, command)])}`;
}
