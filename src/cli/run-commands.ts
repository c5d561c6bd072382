/** The commands that paint: `stylize`, `reconstruct`, `texture`. Parses; does not work. */

import type { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import { parseNumber } from '../core/numbers.ts';
import type { BitDepth } from '../platform/node/image-files.ts';
import { describeUsualSize, sideRange } from '../settings/sizes.ts';
import { parseNumbers, parseSizes } from '../settings/values.ts';
import { addEngineOptions } from './engine-arguments.ts';
import type { ReconstructArguments, TextureArguments } from './experiment-jobs.ts';
import { addOptimizerOptions } from './optimizer-arguments.ts';
import { addObjectiveOptions, addStyleFitOptions, describePresets } from './settings.ts';
import { addStartOptions, reconstructStarts, type StartName, startNames, textureStarts } from './start-arguments.ts';
import type { StylizeArguments } from './stylize-job.ts';

/** What the commands do, once their arguments are parsed. */
export interface RunHandlers {
  stylize(content: string | undefined, styles: readonly string[], given: StylizeArguments): Promise<void>;
  reconstruct(content: string, given: ReconstructArguments): Promise<void>;
  texture(style: string, given: TextureArguments): Promise<void>;
}

export const exitStatuses =
  'Exit status: 0 done, 1 no usable adapter, 2 something named cannot be used, 3 the loss exploded, 130 interrupted.';

/** Adds the three commands. */
export function addRunCommands(program: Command, handlers: RunHandlers): void {
  addStylize(program, handlers);
  addReconstruct(program, handlers);
  addTexture(program, handlers);
}

function addStylize(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('stylize')
    .description('repaint CONTENT in the manner of STYLE, or of a mix of several; without pictures, a demo')
    .argument('[content]', 'picture that gives the scene (PNG, JPEG, WebP, TIFF, AVIF)')
    .argument('[style...]', 'picture that gives the manner; several are mixed')
    .option('--style-weights <list>', 'shares of the styles in the mix, as 2,1 (default: equal)', (text: string) =>
      parseNumbers('--style-weights', text, { from: 0 }),
    );
  addPictureOptions(command, { output: 'out/CONTENT-STYLE.png', starts: startNames, hasCanvas: false, hasStyle: true });
  addObjectiveOptions(command, ['content', 'style']);
  addOptimizerOptions(command);
  addEngineOptions(command);
  addEnd(command, 'impasto stylize cat.jpg wave.jpg -o cat-wave.png --size 384 --style-weight 3e5');
  command.action((content: string | undefined, styles: readonly string[]) =>
    handlers.stylize(content, styles, command.opts<StylizeArguments>()),
  );
}

function addReconstruct(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('reconstruct')
    .description('what layers of the network keep of CONTENT: a picture with its feature maps, without style')
    .argument('<content>', 'picture to reconstruct (PNG, JPEG, WebP, TIFF, AVIF)');
  const output = 'out/CONTENT-reconstruction.png';
  addPictureOptions(command, { output, starts: reconstructStarts, hasCanvas: false, hasStyle: false });
  addObjectiveOptions(command, ['content']);
  addOptimizerOptions(command);
  addEngineOptions(command);
  addEnd(command, 'impasto reconstruct cat.jpg --preset lecture --content-layers relu3_3 --iterations 300');
  command.action((content: string) => handlers.reconstruct(content, command.opts<ReconstructArguments>()));
}

function addTexture(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('texture')
    .description('what layers of the network keep of STYLE as style: a texture of any size, without content')
    .argument('<style>', 'picture to take the texture from (PNG, JPEG, WebP, TIFF, AVIF)');
  const output = 'out/STYLE-texture.png';
  addPictureOptions(command, { output, starts: textureStarts, hasCanvas: true, hasStyle: true });
  addObjectiveOptions(command, ['style']);
  addOptimizerOptions(command);
  addEngineOptions(command);
  addEnd(command, 'impasto texture wave.jpg --size 640x256 --style-layers relu1_1,relu2_1,relu3_1');
  command.action((style: string) => handlers.texture(style, command.opts<TextureArguments>()));
}

function addPictureOptions(
  command: Command,
  options: {
    readonly output: string;
    readonly starts: readonly StartName[];
    /** Both sides may be given. */
    readonly hasCanvas: boolean;
    readonly hasStyle: boolean;
  },
): void {
  const size = { flags: '--size <pixels>', words: 'longest side, never enlarged', parse: parseSide };
  const canvas = {
    flags: '--size <size>',
    words: "longest side, in the style picture's shape and never enlarged, or WxH",
    parse: parseCanvas,
  };
  const { flags, words, parse } = options.hasCanvas ? canvas : size;
  command
    .optionsGroup('Pictures:')
    .option('-o, --output <file>', `result: .png, .jpg or .webp (default: ${options.output})`)
    .option('--bit-depth <bits>', 'bits a sample of the result: 8 or 16, 16 for .png only (default: 8)', parseBitDepth)
    .option(flags, `${words} (default: ${describeUsualSize('run')})`, parse)
    .option('--no-resize', 'keep the sizes of the files');
  if (options.hasStyle) addStyleFitOptions(command);
  addStartOptions(command, options.starts)
    .option('--save-every <n>', 'evaluations between snapshots, named OUTPUT-0050 and so on', (text: string) =>
      parseNumber('--save-every', text, { from: 1, to: 1e6, whole: true }),
    )
    .option('--trace <file>', 'losses of every evaluation, as JSON');
}

function parseBitDepth(text: string): BitDepth {
  if (text === '8') return 8;
  if (text === '16') return 16;
  throw new InputError(`--bit-depth is '${text}'; expected 8 or 16`);
}

function parseSide(text: string): number {
  return parseNumber('--size', text, sideRange);
}

function parseCanvas(text: string) {
  return parseSizes('--size', text);
}

function addEnd(command: Command, example: string): void {
  const isExperiment = command.name() !== 'stylize';
  const note = isExperiment ? '  here with --line-search strong-wolfe for lbfgs, unless told otherwise\n' : '';
  command
    .addHelpText('after', `\n${describePresets()}\n${note}`)
    .addHelpText('after', `Example:\n  ${example}\n`)
    .addHelpText('after', exitStatuses);
}
