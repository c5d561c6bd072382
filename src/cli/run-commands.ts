/** The commands that paint: `stylize`, `reconstruct`, `texture`. Parses; does not work. */

import type { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import { parseNumber } from '../core/numbers.ts';
import type { BitDepth } from '../platform/node/image-files.ts';
import { stepRange } from '../settings/check-phase.ts';
import { addEngineOptions } from './engine-arguments.ts';
import type { ReconstructArguments, TextureArguments } from './experiment-jobs.ts';
import { addOptions, describePresets, groupTitles } from './options.ts';
import type { ResumeArguments } from './resume-job.ts';
import type { StylizeArguments } from './stylize-job.ts';
import { addTileOption } from './tile-argument.ts';

/** What the commands do, once their arguments are parsed. */
export interface RunHandlers {
  stylize(content: string | undefined, styles: readonly string[], given: StylizeArguments): Promise<void>;
  reconstruct(content: string, given: ReconstructArguments): Promise<void>;
  texture(style: string, given: TextureArguments): Promise<void>;
  resume(file: string, given: ResumeArguments): Promise<void>;
}

export const exitStatuses =
  'Exit status: 0 done, 1 no usable adapter, 2 something named cannot be used, 3 the loss exploded, 130 interrupted.';

/** Adds the four commands. */
export function addRunCommands(program: Command, handlers: RunHandlers): void {
  addStylize(program, handlers);
  addReconstruct(program, handlers);
  addTexture(program, handlers);
  addResume(program, handlers);
}

function addStylize(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('stylize')
    .description('repaint CONTENT in the manner of STYLE, or of a mix of several; without pictures, a demo')
    .argument('[content]', 'picture that gives the scene (PNG, JPEG, WebP, TIFF, AVIF)')
    .argument('[style...]', 'picture that gives the manner; several are mixed');
  addRunOptions(command, 'stylize', 'out/CONTENT-STYLE.png');
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
  addRunOptions(command, 'reconstruct', 'out/CONTENT-reconstruction.png');
  addEnd(command, 'impasto reconstruct cat.jpg --preset lecture --content-layers relu3_3 --iterations 300');
  command.action((content: string) => handlers.reconstruct(content, command.opts<ReconstructArguments>()));
}

function addTexture(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('texture')
    .description('what layers of the network keep of STYLE as style: a texture of any size, without content')
    .argument('<style>', 'picture to take the texture from (PNG, JPEG, WebP, TIFF, AVIF)');
  addRunOptions(command, 'texture', 'out/STYLE-texture.png');
  addEnd(command, 'impasto texture wave.jpg --size 640x256 --style-layers relu1_1,relu2_1,relu3_1');
  command.action((style: string) => handlers.texture(style, command.opts<TextureArguments>()));
}

function addResume(program: Command, handlers: RunHandlers): void {
  const command = program
    .command('resume')
    .description('go on with a run from the FILE that --checkpoint wrote, to the same picture and losses')
    .argument('<file>', 'checkpoint; where it is damaged, the one before it, FILE.previous, is taken')
    .option(
      '--iterations <n>',
      'evaluations at the final size, more than the run had (default: as it had)',
      (text: string) => parseNumber('--iterations', text, stepRange),
    )
    .option('-o, --output <file>', 'result (default: as the run had)')
    .option('--content <file>', 'where the content picture is now')
    .option('--style <file...>', 'where the style pictures are now');
  addCheckpointEvery(command);
  addEngineOptions(command)
    .addHelpText('after', '\nExample:\n  impasto resume cat-wave.checkpoint --iterations 100\n')
    .addHelpText('after', exitStatuses);
  command.action((file: string) => handlers.resume(file, command.opts<ResumeArguments>()));
}

function addCheckpointEvery(command: Command): void {
  command.option('--checkpoint-every <n>', 'evaluations between two (default: about a minute)', (text: string) =>
    parseNumber('--checkpoint-every', text, stepRange),
  );
}

function addRunOptions(command: Command, of: 'stylize' | 'reconstruct' | 'texture', output: string): void {
  command
    .optionsGroup('Pictures:')
    .option('-o, --output <file>', `result: .png, .jpg or .webp (default: ${output})`)
    .option('--bit-depth <bits>', 'bits a sample of the result: 8 or 16, 16 for .png only (default: 8)', parseBitDepth);
  addOptions(command, of, 'pictures')
    .option('--save-every <n>', 'evaluations between snapshots, named OUTPUT-0050 and so on', (text: string) =>
      parseNumber('--save-every', text, stepRange),
    )
    .option('--trace <file>', 'losses of every evaluation, as JSON')
    .option(
      '--checkpoint <file>',
      'where `impasto resume` goes on from: written now and then, on Ctrl-C and at the end, the one before kept as FILE.previous',
    );
  addCheckpointEvery(command);
  if (of === 'stylize') {
    command.option(
      '--trace-measures <n>',
      'evaluations between measures of the picture in the trace, as `compare` makes them; the run waits for each',
      (text: string) => parseNumber('--trace-measures', text, stepRange),
    );
  }
  for (const group of ['what', 'how'] as const) addOptions(command.optionsGroup(groupTitles[group]), of, group);
  addTileOption(addEngineOptions(command));
}

function parseBitDepth(text: string): BitDepth {
  if (text === '8') return 8;
  if (text === '16') return 16;
  throw new InputError(`--bit-depth is '${text}'; expected 8 or 16`);
}

function addEnd(command: Command, example: string): void {
  const isExperiment = command.name() !== 'stylize';
  const note = isExperiment ? '  here with --line-search strong-wolfe for lbfgs, unless told otherwise\n' : '';
  command
    .addHelpText('after', `\n${describePresets()}\n${note}`)
    .addHelpText('after', `Example:\n  ${example}\n`)
    .addHelpText('after', exitStatuses);
}
