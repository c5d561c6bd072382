/** The commands, their options and their help, as commander wants to be told. Parses; does not work. */

import { Command } from 'commander';
import { networkNames } from '../models/vgg.ts';
import type { ConvertArguments } from './convert.ts';
import type { DoctorArguments } from './doctor.ts';
import { kernelChoices } from './engine-arguments.ts';
import type { EvaluateArguments } from './evaluate.ts';
import { addObjectiveOptions, addOptimizerOptions, describePresets } from './settings.ts';
import type { StylizeArguments } from './stylize-job.ts';
import { leastTuneSize, mostTuneSize, type TuneArguments } from './tune-arguments.ts';
import { orList, parseChoice, parseNumber, parseNumbers } from './values.ts';

/** What the commands do, once their arguments are parsed. */
export interface Handlers {
  stylize(content: string | undefined, styles: readonly string[], given: StylizeArguments): Promise<void>;
  evaluate(given: EvaluateArguments): Promise<void>;
  convert(source: string, given: ConvertArguments): Promise<void>;
  doctor(given: DoctorArguments): Promise<void>;
  tune(given: TuneArguments): Promise<void>;
}

const dtypes = ['f16', 'f32'] as const;
const inputConventions = ['torchvision', 'caffe-rgb', 'caffe-bgr'] as const;
const exitStatuses = 'Exit status: 0 done, 1 no usable adapter, 2 something named cannot be used, 130 interrupted.';

/** The program; it throws commander's errors instead of ending the process, and prints none of them. */
export function buildProgram(version: string, handlers: Handlers): Command {
  const program = new Command('impasto')
    .description('Neural style transfer on WebGPU: repaints a photograph in the manner of a painting.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', `\nExample:\n  impasto stylize photo.jpg painting.jpg -o result.png\n\n${exitStatuses}`);
  addStylize(program, handlers);
  addEvaluate(program, handlers);
  addConvert(program, handlers);
  addDoctor(program, handlers);
  addTune(program, handlers);
  return program;
}

function addStylize(program: Command, handlers: Handlers): void {
  const command = program
    .command('stylize')
    .description('repaint CONTENT in the manner of STYLE, or of a mix of several; without pictures, a demo')
    .argument('[content]', 'picture that gives the scene (PNG, JPEG, WebP, TIFF, AVIF)')
    .argument('[style...]', 'picture that gives the manner; several are mixed')
    .optionsGroup('Pictures:')
    .option('-o, --output <file>', 'result: .png, .jpg or .webp (default: out/CONTENT-STYLE.png)')
    .option('--style-weights <list>', 'shares of the styles in the mix, as 2,1 (default: equal)', (text: string) =>
      parseNumbers('--style-weights', text, { from: 0 }),
    )
    .option('--size <pixels>', 'longest side, never enlarged (default: 512 on a GPU, 256 on the CPU)', (text: string) =>
      parseNumber('--size', text, { from: 16, to: 16_384, whole: true }),
    )
    .option('--no-resize', 'keep the sizes of the files')
    .option('--init <start>', 'picture to start from: content, noise or a file', 'content')
    .option(
      '--seed <n>',
      'of the noise, 0 to 4294967295',
      (text: string) => parseNumber('--seed', text, { from: 0, to: 2 ** 32 - 1, whole: true }),
      0,
    )
    .option('--save-every <n>', 'evaluations between snapshots, named OUTPUT-0050 and so on', (text: string) =>
      parseNumber('--save-every', text, { from: 1, to: 1e6, whole: true }),
    )
    .option('--trace <file>', 'losses of every evaluation, as JSON');
  addObjectiveOptions(command);
  addOptimizerOptions(command);
  addEngineOptions(command)
    .addHelpText('after', `\n${describePresets()}\n`)
    .addHelpText(
      'after',
      'Example:\n  impasto stylize cat.jpg wave.jpg -o cat-wave.png --size 384 --style-weight 3e5\n',
    )
    .addHelpText('after', exitStatuses)
    .action((content: string | undefined, styles: readonly string[]) =>
      handlers.stylize(content, styles, command.opts<StylizeArguments>()),
    );
}

function addEvaluate(program: Command, handlers: Handlers): void {
  const command = program
    .command('evaluate')
    .description('losses, gradient and time at one picture, to compare engines with')
    .optionsGroup('Pictures, all of one size:')
    .requiredOption('--image <file>', 'where to evaluate')
    .requiredOption('--content <file>', 'content picture')
    .requiredOption('--style <file>', 'style picture')
    .optionsGroup('Results:')
    .option('--json <file>', 'losses and times, as JSON (default: standard output)')
    .option('--gradient <file>', "gradient of the total by the picture in 0..1, as safetensors: 'gradient' [3, H, W]")
    .option(
      '--repeat <n>',
      'evaluations to time, after one that compiles the kernels',
      (text: string) => parseNumber('--repeat', text, { from: 1, to: 10_000, whole: true }),
      3,
    );
  addObjectiveOptions(command);
  addEngineOptions(command)
    .addHelpText('after', `\n${describePresets()}\n`)
    .addHelpText(
      'after',
      'Example:\n  impasto evaluate --image x.png --content cat.png --style wave.png --preset lecture --gradient g.safetensors',
    )
    .action(() => handlers.evaluate(command.opts<EvaluateArguments>()));
}

function addConvert(program: Command, handlers: Handlers): void {
  const command = program
    .command('convert')
    .description('convert VGG weights (PyTorch, NumPy, safetensors) into the format that Impasto loads')
    .argument('<source>', 'a state dict (.pth, .pt), .npz or .safetensors file')
    .requiredOption('-o, --output <file>', 'result, named .safetensors by custom')
    .option('--dtype <type>', orList(dtypes), (text: string) => parseChoice('--dtype', text, dtypes), 'f16')
    .option('--network <name>', `refuse all but ${orList(networkNames)} (default: as found)`, (text: string) =>
      parseChoice('--network', text, networkNames),
    )
    .option(
      '--input <convention>',
      `what the first layer expects: ${orList(inputConventions)} (default: by the tensors' names)`,
      (text: string) => parseChoice('--input', text, inputConventions),
    )
    .addHelpText('after', '\nExample:\n  impasto convert vgg19-dcbb9e9d.pth -o vgg19.safetensors')
    .action((source: string) => handlers.convert(source, command.opts<ConvertArguments>()));
}

function addDoctor(program: Command, handlers: Handlers): void {
  const command = program
    .command('doctor')
    .description('what this machine offers and what is missing')
    .option('--adapter <name>', "part of an adapter's name (default: the driver's first choice)")
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  impasto doctor --json > machine.json')
    .addHelpText('after', '\nExit status: 0 all is there, 1 something is missing (said on standard error).')
    .action(() => handlers.doctor(command.opts<DoctorArguments>()));
}

function addTune(program: Command, handlers: Handlers): void {
  const command = program
    .command('tune')
    .description('measure which kernels are fastest on this adapter, and keep that for later runs')
    .option('--adapter <name>', "part of an adapter's name (default: the driver's first choice)")
    .option(
      '--size <pixels>',
      'side of the square picture to measure for (default: 512 on a GPU, 128 on the CPU)',
      (text: string) => parseNumber('--size', text, { from: leastTuneSize, to: mostTuneSize, whole: true }),
    )
    .option('--only <part>', 'measure operations whose name has this part, as conv1_2 or gram (default: all)')
    .addHelpText('after', '\nEvery variant is checked before it is timed. Takes seconds on a GPU, minutes on the CPU.')
    .addHelpText('after', '\nExample:\n  impasto tune --size 512')
    .action(() => handlers.tune(command.opts<TuneArguments>()));
}

function addEngineOptions(command: Command): Command {
  return command
    .optionsGroup('Engine:')
    .option('--weights <file>', 'converted weights (default: the bundled VGG16)')
    .option('--adapter <name>', "part of an adapter's name, as llvmpipe (default: the driver's first choice)")
    .option('--kernels <family>', `of the hot operations: ${orList(kernelChoices)} (default: auto)`, (text: string) =>
      parseChoice('--kernels', text, kernelChoices),
    );
}
