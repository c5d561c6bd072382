/** The command line of `npm run gallery`, parsed. */

import { Command } from 'commander';
import { parseNumber } from '../../src/core/numbers.ts';
import { checkChoice } from '../../src/settings/names.ts';
import { bundledPresetNames, type PresetName } from '../../src/settings/preset-names.ts';

/** Files in `examples/`. */
export const photographs = ['chelsea.png', 'coffee.png', 'astronaut.png'] as const;
export const paintings = ['great_wave.jpg', 'composition_viii.jpg', 'village_street_auvers.jpg'] as const;

export interface GalleryOptions {
  readonly presets: readonly PresetName[];
  /** Longest side of the pictures that are painted. */
  readonly size: number;
  /** Longest side of the cells that are kept. */
  readonly cell: number;
  readonly seed: number;
  /** In place of the presets' own. */
  readonly iterations: number | undefined;
  readonly adapter: string | undefined;
  /** Folder of the cells, the sheets, the table and its page. */
  readonly output: string;
  /** Folder of the pictures at full size. */
  readonly full: string;
  /** Cells that are there already are made anew. */
  readonly force: boolean;
}

interface Given {
  readonly presets: string;
  readonly size: number;
  readonly cell: number;
  readonly seed: number;
  readonly iterations?: number;
  readonly adapter?: string;
  readonly output: string;
  readonly full: string;
  readonly force?: true;
}

/** @throws InputError or a CommanderError for what makes no sense. */
export function parseGallery(args: readonly string[]): GalleryOptions {
  const given = new Command('npm run gallery --')
    .description(
      `Paints each photograph in the manner of each painting (${photographs.length} x ${paintings.length} of examples/) with each preset, and keeps small ` +
        'pictures with their commands and seconds. What is there already is not painted again.',
    )
    .option('--presets <names>', `some of ${bundledPresetNames.join(', ')}, separated by commas`, 'default')
    .option('--size <pixels>', 'longest side that is painted', wholeNumber('--size', 32, 8192), 512)
    .option('--cell <pixels>', 'longest side of the small pictures', wholeNumber('--cell', 32, 2048), 256)
    .option('--seed <n>', 'of the noise, where a preset has some', wholeNumber('--seed', 0, 2 ** 32 - 1), 0)
    .option('--iterations <n>', 'instead of those of the presets, for a try', wholeNumber('--iterations', 1, 1_000_000))
    .option('--adapter <name>', "part of an adapter's name (default: the driver's first choice)")
    .option('-o, --output <folder>', 'small pictures, sheets, table and page', 'docs/gallery')
    .option('--full <folder>', 'pictures at full size', 'out/gallery')
    .option('--force', 'paint what is there already again')
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Given>();
  return {
    presets: parsePresets(given.presets),
    size: given.size,
    cell: given.cell,
    seed: given.seed,
    iterations: given.iterations,
    adapter: given.adapter,
    output: given.output,
    full: given.full,
    force: given.force === true,
  };
}

/** The presets that a list names, in the order of their table. @throws InputError naming those that there are. */
export function parsePresets(text: string): readonly PresetName[] {
  const wanted = text.split(',').map((name) => checkChoice('--presets', name.trim(), bundledPresetNames));
  return bundledPresetNames.filter((preset) => wanted.includes(preset));
}

/** What reads a whole number of an option. */
export function wholeNumber(option: string, from: number, to: number): (text: string) => number {
  return (text) => parseNumber(option, text, { from, to, whole: true });
}
