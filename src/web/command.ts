/** The command line that does in Node what the page does. */

import { changedOptions } from './link.ts';
import { engineSettings, type PageSettings, usedSettings } from './settings.ts';

export interface CommandPictures {
  /** File names, as the user's shell finds them. */
  readonly content: string;
  readonly styles: readonly { readonly file: string; readonly weight: number }[];
  readonly output: string;
  /** The size used, which the command line would choose by another adapter. */
  readonly size: number | undefined;
}

/** `npm start -- photo.jpg painting.jpg -o out.png --size 512 …`, ready for a POSIX shell. */
export function commandLine(settings: PageSettings, pictures: CommandPictures): string {
  const options = new Map(changedOptions(usedSettings(settings)));
  // The command line knows no strength: it is part of the style's weight.
  if (options.delete('strength') || options.has('style-weight')) {
    options.set('style-weight', String(engineSettings(settings).objective.styleWeight));
  }
  if (pictures.size !== undefined) options.set('size', String(pictures.size));
  const { styles } = pictures;
  if (styles.length > 1) options.set('style-weights', styles.map(({ weight }) => weight).join(','));
  const files = [pictures.content, ...styles.map(({ file }) => file)].map(notAnOption);
  const words = [...files, '-o', pictures.output];
  for (const [name, value] of options) words.push(`--${name}`, value);
  return `npm start -- ${words.map(quoted).join(' ')}`;
}

function notAnOption(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}

/** As a POSIX shell takes it literally. */
function quoted(word: string): string {
  if (/^[\w./=,:@%+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
