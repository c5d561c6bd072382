/** The commands, their options and their help, as commander wants to be told. Parses; does not work. */

import { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { networkNames } from '../models/networks.ts';
import { checkChoice, orList } from '../settings/names.ts';
import { describeTuneSizes } from '../settings/sizes.ts';
import { inputConventions } from '../weights/input-convention.ts';
import { averagePools } from '../weights/network-weights.ts';
import type { CompareArguments } from './compare.ts';
import type { ConvertArguments } from './convert.ts';
import type { DoctorArguments } from './doctor.ts';
import { addEngineOptions } from './engine-arguments.ts';
import type { EvaluateArguments } from './evaluate.ts';
import { addLayers, type LayersHandlers } from './layers-arguments.ts';
import { addOptions, describePresets, groupTitles } from './options.ts';
import { addPlan, type PlanHandlers } from './plan-arguments.ts';
import { addPlotCommands, type PlotHandlers } from './plot-arguments.ts';
import { addRunCommands, exitStatuses, type RunHandlers } from './run-commands.ts';
import { addTileOption } from './tile-argument.ts';
import { leastTuneSize, mostTuneSize, type TuneArguments } from './tune-arguments.ts';

/** What the commands do, once their arguments are parsed. */
export interface Handlers extends RunHandlers, PlanHandlers, PlotHandlers, LayersHandlers {
  evaluate(given: EvaluateArguments): Promise<void>;
  compare(given: CompareArguments): Promise<void>;
  convert(source: string, given: ConvertArguments): Promise<void>;
  doctor(given: DoctorArguments): Promise<void>;
  tune(given: TuneArguments): Promise<void>;
}

const dtypes = ['f16', 'f32'] as const;

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
  addRunCommands(program, handlers);
  addPlan(program, handlers);
  addPlotCommands(program, handlers);
  addEvaluate(program, handlers);
  addCompare(program, handlers);
  addLayers(program, handlers);
  addConvert(program, handlers);
  addDoctor(program, handlers);
  addTune(program, handlers);
  return program;
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
  addOptions(command.optionsGroup(groupTitles.what), 'evaluate', 'what');
  addTileOption(addEngineOptions(command))
    .addHelpText('after', `\n${describePresets()}\n`)
    .addHelpText(
      'after',
      'Example:\n  impasto evaluate --image x.png --content cat.png --style wave.png --preset lecture --gradient g.safetensors',
    )
    .action(() => handlers.evaluate(command.opts<EvaluateArguments>()));
}

function addCompare(program: Command, handlers: Handlers): void {
  const command = program
    .command('compare')
    .description('measure a painted picture: how near to the photograph, how near to the painting')
    .optionsGroup('Pictures:')
    .requiredOption('--image <file>', 'what is measured, at its own size')
    .requiredOption('--content <file>', "photograph, resized to the image's size")
    .requiredOption('--style <file>', "painting, resized to the image's longest side")
    .optionsGroup('Results:')
    .option('--json <file>', 'the measures with all their digits, as JSON');
  addEngineOptions(command)
    .addHelpText('after', `\n${measuresHelp}`)
    .addHelpText('after', '\nExample:\n  impasto compare --image out/cat-wave.png --content cat.jpg --style wave.jpg')
    .action(() => handlers.compare(command.opts<CompareArguments>()));
}

const measuresHelp = `Measures, of which lower is nearer:
  LPIPS            to the photograph, as a person sees it; about 0.05 is the same picture, above 0.7 another
  Gram, W2         to the painting, at three layers of VGG16; W2 is 1 for the photograph itself
  colour           to the painting's colours; 0.01 is hard to see
  total variation  1 is as rough as the painting
  clamped          share of the image's values at 0 or 1`;

const conventionsHelp = `Conventions, which no file of weights tells:
  torchvision      RGB less ImageNet's mean, over its deviation: torchvision's VGGs
  symmetric        RGB in -1..1: torchvision's GoogLeNet and Inception v3, and Keras'
  unit             RGB in 0..1: many that were trained further
  caffe-rgb, -bgr  0..255 less Caffe's mean: the VGG authors', and names like conv1_1_W
  average pools    include their padding in PyTorch, exclude it in Keras and TensorFlow
What is assumed of GoogLeNet and Inception v3 is told.`;

function addConvert(program: Command, handlers: Handlers): void {
  const command = program
    .command('convert')
    .description(
      "convert a network's weights (PyTorch, NumPy, safetensors, TensorFlow.js) into the format that Impasto loads",
    )
    .argument(
      '<source>',
      'a state dict (.pth, .pt), .npz or .safetensors file, or a model.json with its shards beside it',
    )
    .requiredOption('-o, --output <file>', 'result, named .safetensors by custom')
    .option('--dtype <type>', orList(dtypes), (text: string) => checkChoice('--dtype', text, dtypes), 'f16')
    .option('--network <name>', `refuse all but ${orList(networkNames)} (default: as found)`, (text: string) =>
      checkChoice('--network', text, networkNames),
    )
    .option(
      '--input <convention>',
      `what the first layer expects: ${orList(inputConventions)} (default: by the tensors' names)`,
      (text: string) => checkChoice('--input', text, inputConventions),
    )
    .option(
      '--average-pool <padding>',
      `${orList(averagePools)} padding in Inception v3's averages (default: by the tensors' names)`,
      (text: string) => checkChoice('--average-pool', text, averagePools),
    )
    .addHelpText('after', `\n${conventionsHelp}`)
    .addHelpText('after', '\nExamples:\n  impasto convert vgg19-dcbb9e9d.pth -o vgg19.safetensors')
    .addHelpText('after', '  impasto convert model.json --input unit -o inception_v3.safetensors')
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
      `side of the square picture to measure for (default: ${describeTuneSizes()})`,
      (text: string) => parseNumber('--size', text, { from: leastTuneSize, to: mostTuneSize, whole: true }),
    )
    .option('--only <part>', 'measure operations whose name has this part, as conv1_2 or gram (default: all)')
    .addHelpText('after', '\nEvery variant is checked before it is timed. Takes seconds on a GPU, minutes on the CPU.')
    .addHelpText('after', '\nExample:\n  impasto tune --size 512')
    .action(() => handlers.tune(command.opts<TuneArguments>()));
}
