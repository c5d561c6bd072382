/** What leaves the page with a picture: its file's name, the texts in it, and the command line that makes it again. */

import { commandLine } from '../command.ts';
import type { PageSettings } from '../settings.ts';
import type { From } from './order.ts';
import type { Card, Pictures } from './pictures.ts';

/** `chelsea-great-wave.png` */
export function outputNameFor({ content, styles }: Pictures): string {
  const stem = (card: Card | undefined) => (card?.example?.id ?? card?.name ?? 'picture').replace(/\.\w+$/, '');
  return `${[content.value, ...styles.value].map(stem).join('-')}.png`;
}

/** @param size Longest side of the picture, where it is known. */
export function commandFor(pictures: Pictures, settings: PageSettings, size: number | undefined): string {
  const fileOf = (card: Card | undefined) => card?.example?.file ?? card?.name ?? 'picture.png';
  return commandLine(settings, {
    content: fileOf(pictures.content.value),
    styles: pictures.styles.value.map((card) => ({ file: fileOf(card), weight: card.weight })),
    output: outputNameFor(pictures),
    size,
  });
}

/** How a picture was made, as far as its file tells it. */
export interface Making {
  /** Of the painting, in the history. */
  readonly id: string;
  readonly settings: PageSettings;
  readonly fileName: string;
  readonly description: string;
  readonly command: string;
}

/** @param command of the same settings. */
export function madeFrom(pictures: Pictures, settings: PageSettings, from: From, command: string): Making {
  const names = pictures.styles.value.map(({ name }) => name).join(', ');
  const start = from === 'here' ? ', from an earlier picture' : '';
  const description = `${pictures.content.value?.name ?? ''} in the style of ${names}${start}`;
  const id = crypto.randomUUID();
  return { id, settings, fileName: outputNameFor(pictures), description, command };
}

/** Texts for the file's metadata, by keyword. */
export function textsFor(making: Making | undefined, evaluations: number): Readonly<Record<string, string>> {
  if (making === undefined) return { Software: 'Impasto' };
  return {
    Software: 'Impasto',
    Description: `${making.description}, ${evaluations} evaluations`,
    Comment: making.command,
  };
}
