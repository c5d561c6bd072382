/** What leaves the page with a picture: its file's name, the texts in it, and the command line that makes it again. */

import { commandLine } from '../command.ts';
import type { PageSettings } from '../settings.ts';
import type { Card, Pictures } from './pictures.ts';

/** `chelsea-great-wave.png` */
export function outputNameFor({ content, styles }: Pictures): string {
  const stem = (card: Card | undefined) => (card?.example?.id ?? card?.name ?? 'picture').replace(/\.\w+$/, '');
  return `${[content.value, ...styles.value].map(stem).join('-')}.png`;
}

/** @param size Longest side of the picture. */
export function commandFor(pictures: Pictures, settings: PageSettings, size: number): string {
  const fileOf = (card: Card | undefined) => card?.example?.file ?? card?.name ?? 'picture.png';
  return commandLine(settings, {
    content: fileOf(pictures.content.value),
    styles: pictures.styles.value.map((card) => ({ file: fileOf(card), weight: card.weight })),
    output: outputNameFor(pictures),
    size,
  });
}

/** Texts for the file's metadata, by keyword. */
export function textsFor(
  { content, styles }: Pictures,
  evaluations: number,
  command: string,
): Readonly<Record<string, string>> {
  const names = styles.value.map(({ name }) => name).join(', ');
  return {
    Software: 'Impasto',
    Description: `${content.value?.name ?? ''} in the style of ${names}, ${evaluations} evaluations`,
    Comment: command,
  };
}
