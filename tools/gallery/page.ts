/** The gallery's page: a sheet a preset, and what each picture was made by, as Markdown. */

import { figure, markdownTable, names, numbers } from '../../src/bench/table.ts';
import { formatDuration } from '../../src/cli/output.ts';
import { looksOf, presetNames } from '../../src/settings/preset-names.ts';
import type { PaintedCell } from './plan.ts';

/** The file of a preset's sheet. */
export function sheetName(preset: string): string {
  return `sheet-${preset}.jpg`;
}

export function galleryPage(painted: readonly PaintedCell[]): string {
  const presets = [...new Set(painted.map(({ preset }) => preset))];
  const sections = presets.flatMap((preset) => {
    const cells = painted.filter((cell) => cell.preset === preset);
    const known = presetNames.find((name) => name === preset);
    const looks = known === undefined ? [] : [`${looksOf(known)}.`];
    const mean = cells.reduce((sum, { seconds }) => sum + seconds, 0) / cells.length;
    return [
      `## ${preset}`,
      '',
      `![Photographs on the left, paintings above, and what the preset ${preset} makes of them](${sheetName(preset)})`,
      '',
      [...looks, `${formatDuration(mean)} a picture, in the mean of ${cells.length}.`].join(' '),
      '',
      markdownTable({
        columns: [names('picture'), numbers('size'), numbers('evaluations'), numbers('seconds'), names('adapter')],
        rows: cells.map(({ name, width, height, evaluations, seconds, adapter }) => [
          `[${name}](${name}.jpg)`,
          `${width}x${height}`,
          String(evaluations),
          figure(seconds),
          adapter,
        ]),
      }),
      '',
      'Commands:',
      '',
      '```sh',
      ...cells.map(({ command }) => command),
      '```',
      '',
    ];
  });
  const opening = [
    '# Gallery',
    '',
    'Written by `npm run gallery`; `gallery.json` holds the same figures with the seeds. Seconds are those of the whole command, from its start until the picture is',
    'written. The small pictures are shrunk from what the commands paint; sources and rights of photographs and paintings are in [examples](../../examples/README.md).',
    '',
  ];
  return `${[...opening, ...sections].join('\n').trimEnd()}\n`;
}
