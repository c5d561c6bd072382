/** The command line of `npm run bench:quality`, parsed. */

import { existsSync } from 'node:fs';
import { parse } from 'node:path';
import { Command } from 'commander';
import { examplePath } from '../../../src/cli/paths.ts';
import { InputError } from '../../../src/core/errors.ts';
import { bundledPresetNames } from '../../../src/settings/preset-names.ts';
import { paintings, parsePresets, photographs, wholeNumber } from '../../gallery/arguments.ts';

/** A way to paint, as options of `impasto stylize`. */
export interface Recipe {
  readonly name: string;
  readonly options: readonly string[];
}

export interface Pair {
  /** `chelsea+great_wave` */
  readonly name: string;
  readonly content: string;
  readonly style: string;
}

export interface QualityOptions {
  readonly pairs: readonly Pair[];
  readonly size: number;
  readonly recipes: readonly Recipe[];
  /** What PyTorch runs; undefined leaves it out. */
  readonly peer: Recipe | undefined;
  /** Evaluations between two points of a curve. */
  readonly every: number;
  readonly adapter: string | undefined;
  /** Folder of the curves. */
  readonly output: string;
  readonly json: string | undefined;
  readonly markdown: boolean;
}

interface Given {
  readonly pairs: string;
  readonly size: number;
  readonly presets: string;
  readonly run: readonly string[];
  readonly peer: string | false;
  readonly every: number;
  readonly adapter?: string;
  readonly output: string;
  readonly json?: string;
  readonly markdown?: true;
}

/**
 * The default preset as it was when 200 evaluations at one scale were usual, said in full so that it stays. It did not enlarge paintings, which shows at
 * sizes above theirs alone.
 */
const oldDefault = [
  '--preset gram --style-loss gram --content-layers relu4_2 --content-weight 1 --style-weight 2e6 --tv-weight 50 --tv-loss four --pooling average',
  '--style-layers relu1_1,relu2_1,relu3_1=2,relu4_1=8,relu5_1=32 --style-fit longest-side --init content --scales 1 --iterations 200',
].join(' ');

/** @throws InputError or a CommanderError for what makes no sense. */
export function parseQuality(args: readonly string[]): QualityOptions {
  const given = new Command('npm run bench:quality --')
    .description(
      'How near to painting and photograph a picture is after so many seconds and full-size evaluations: our presets, our old default, and, where ' +
        'a Python with torch is there, the same objective by PyTorch at one scale, one after the other in one run.',
    )
    .option('--pairs <list>', 'PHOTOGRAPH+PAINTING of examples/, or files, separated by commas', 'chelsea+great_wave')
    .option('--size <pixels>', 'longest side', wholeNumber('--size', 32, 8192), 256)
    .option(
      '--presets <names>',
      `some of ${bundledPresetNames.join(', ')}, separated by commas, or none`,
      'sketch,default,fine,gram',
    )
    .option(
      '--run <recipe>',
      "'NAME: OPTIONS' of stylize, more than one where said again (default: the old default)",
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--peer <options>', 'what PyTorch runs, as options of stylize; Gram losses, one scale, lbfgs', oldDefault)
    .option('--no-peer', 'leave out PyTorch')
    .option('--every <n>', 'evaluations between two points of a curve', wholeNumber('--every', 1, 1_000_000), 10)
    .option('--adapter <name>', "part of an adapter's name (default: the driver's first choice)")
    .option('-o, --output <folder>', 'the curves, as SVG', 'out/quality')
    .option('--json <file>', 'write everything measured as JSON')
    .option('--markdown', 'print the table as Markdown')
    .addHelpText(
      'after',
      '\nIMPASTO_PYTHON names a Python with torch and numpy; python3 on the PATH is tried otherwise.',
    )
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Given>();
  const said = given.run.map(parseRecipe);
  const named = given.presets === 'none' ? [] : parsePresets(given.presets);
  const presets = named.map((name) => ({ name, options: ['--preset', name] }));
  return {
    pairs: given.pairs.split(',').map(parsePair),
    size: given.size,
    recipes: [...presets, ...(said.length > 0 ? said : [{ name: 'old default', options: words(oldDefault) }])],
    peer: given.peer === false ? undefined : { name: 'PyTorch', options: words(given.peer) },
    every: given.every,
    adapter: given.adapter,
    output: given.output,
    json: given.json,
    markdown: given.markdown === true,
  };
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

function parseRecipe(text: string): Recipe {
  const match = /^([^:]+):\s*(\S.*)$/.exec(text);
  const [, name = '', options = ''] = match ?? [];
  if (match === null) throw new InputError(`--run is '${text}'; expected 'NAME: OPTIONS', as 'long: --iterations 400'`);
  return { name: name.trim(), options: words(options) };
}

function parsePair(text: string): Pair {
  const [content, style, ...more] = text.trim().split('+');
  if (!content || !style || more.length > 0) {
    throw new InputError(`--pairs has '${text}'; expected PHOTOGRAPH+PAINTING, as chelsea+great_wave`);
  }
  const name = [content, style].map((part) => parse(part).name).join('+');
  return { name, content: pathOf(content), style: pathOf(style) };
}

function pathOf(name: string): string {
  const example = [...photographs, ...paintings].find((file) => parse(file).name === name);
  return example === undefined || existsSync(name) ? name : examplePath(example);
}
