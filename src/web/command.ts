/** The command line that does in Node what the page does. */

import { optionWords, shellLine, usedChoice } from '../settings/texts.ts';
import type { PageSettings } from './settings.ts';

export interface CommandPictures {
  /** File names, as the user's shell finds them. */
  readonly content: string;
  readonly styles: readonly { readonly file: string; readonly weight: number }[];
  readonly output: string;
  /** The size used, which the command line would choose by another adapter. */
  readonly size: number | undefined;
}

/** `npm start -- photo.jpg painting.jpg -o out.png --size 512 …`, ready for a POSIX shell. */
export function commandLine(settings: PageSettings, { content, styles, output, size }: CommandPictures): string {
  const used = usedChoice(settings);
  const choice = {
    ...used,
    size: size ?? used.size,
    styleWeights: styles.length > 1 ? styles.map(({ weight }) => weight) : undefined,
  };
  const files = [content, ...styles.map(({ file }) => file)].map(notAnOption);
  return `npm start -- ${shellLine([...files, '-o', output, ...optionWords(choice, 'stylize')])}`;
}

function notAnOption(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}
