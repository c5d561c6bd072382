/** The options that say what is optimised, shared by `stylize` and `evaluate`, and what they make of a preset. */

import type { Command } from 'commander';
import { type NetworkName, networkNames, tapNamesOf } from '../models/vgg.ts';
import type { ObjectiveOptions, WeightedLayer } from '../transfer/options.ts';
import {
  type OptimizerName,
  type PresetName,
  presetNames,
  presetSettings,
  resolveSettings,
  type Settings,
  type StyleFit,
  styleFits,
  usualLearningRate,
} from '../transfer/presets.ts';
import { checkLayers, orList, parseChoice, parseLayers, parseNumber } from './values.ts';

const poolings: readonly ObjectiveOptions['pooling'][] = ['max', 'average'];
const optimizers: readonly OptimizerName[] = ['lbfgs', 'adam'];
const lineSearches: readonly Settings['lineSearch'][] = ['none', 'strong-wolfe'];

/** As commander collects them; an absent field leaves the preset's value. */
export interface ObjectiveArguments {
  readonly preset: PresetName;
  readonly contentLayers?: readonly WeightedLayer[];
  readonly styleLayers?: readonly WeightedLayer[];
  readonly contentWeight?: number;
  readonly styleWeight?: number;
  readonly tvWeight?: number;
  readonly pooling?: ObjectiveOptions['pooling'];
  readonly network?: NetworkName;
}

export interface OptimizerArguments {
  readonly iterations?: number;
  readonly optimizer?: OptimizerName;
  readonly learningRate?: number;
  readonly history?: number;
  readonly lineSearch?: Settings['lineSearch'];
}

export interface StyleFitArguments {
  readonly styleFit?: StyleFit;
  readonly styleScale?: number;
  readonly enlargeStyle?: true;
}

/** Adds the options of {@link StyleFitArguments}. */
export function addStyleFitOptions(command: Command): Command {
  return command
    .option(
      '--style-fit <how>',
      'longest-side: own shape, as long as the result; cover: cut to its shape from the top left (default: preset)',
      (text: string) => parseChoice('--style-fit', text, styleFits),
    )
    .option('--style-scale <x>', 'factor on the size of the style picture: larger or smaller strokes', (text: string) =>
      parseNumber('--style-scale', text, { above: 0 }),
    )
    .option('--enlarge-style', 'let the style picture become larger than its file');
}

/** Adds the options of {@link ObjectiveArguments} for the losses that an experiment has. */
export function addObjectiveOptions(command: Command, losses: readonly ('content' | 'style')[]): Command {
  const layers = (option: string) => (text: string) => parseLayers(option, text);
  const weight = (option: string) => (text: string) => parseNumber(option, text, { from: 0 });
  command
    .optionsGroup('What is optimised (each defaults to the preset):')
    .option(
      '--preset <name>',
      `settings to start from: ${orList(presetNames)}`,
      (text: string) => parseChoice('--preset', text, presetNames),
      'default',
    );
  const form = 'as relu4_2 or relu4_2=0.5,relu3_2=2, or none';
  for (const kind of losses) {
    const option = `--${kind}-layers`;
    command.option(`${option} <list>`, `layers, ${kind === losses[0] ? form : 'in the same form'}`, layers(option));
  }
  for (const kind of losses) {
    const option = `--${kind}-weight`;
    command.option(`${option} <x>`, `weight of the ${kind} loss, 0 or more`, weight(option));
  }
  return command
    .option('--tv-weight <x>', 'weight of the total variation (smoothness), 0 or more', weight('--tv-weight'))
    .option('--pooling <kind>', `pooling of the network: ${orList(poolings)}`, (text: string) =>
      parseChoice('--pooling', text, poolings),
    )
    .option('--network <name>', orList(networkNames), (text: string) => parseChoice('--network', text, networkNames));
}

/** Adds the options of {@link OptimizerArguments}. */
export function addOptimizerOptions(command: Command): Command {
  const whole = (option: string) => (text: string) => parseNumber(option, text, { from: 1, to: 1e6, whole: true });
  return command
    .optionsGroup('How it is optimised (each defaults to the preset):')
    .option('--iterations <n>', 'evaluations of loss and gradient to spend', whole('--iterations'))
    .option('--optimizer <name>', orList(optimizers), (text: string) => parseChoice('--optimizer', text, optimizers))
    .option(
      '--learning-rate <x>',
      `step length (default: ${usualLearningRate.lbfgs}, for adam ${usualLearningRate.adam})`,
      (text: string) => parseNumber('--learning-rate', text, { above: 0 }),
    )
    .option('--history <n>', 'curvature pairs that lbfgs keeps, 1 to 512', (text: string) =>
      parseNumber('--history', text, { from: 1, to: 512, whole: true }),
    )
    .option('--line-search <name>', `of lbfgs: ${orList(lineSearches)}`, (text: string) =>
      parseChoice('--line-search', text, lineSearches),
    );
}

/** The preset with the options over it, checked. @throws InputError naming the option that makes no sense. */
export function settingsOf(given: ObjectiveArguments & OptimizerArguments & StyleFitArguments): Settings {
  const base = presetSettings(given.preset);
  const network = given.network ?? base.objective.network;
  const known = tapNamesOf(network);
  checkLayers('--content-layers', given.contentLayers ?? [], network, known);
  checkLayers('--style-layers', given.styleLayers ?? [], network, known);
  const optimizer = given.optimizer ?? base.optimizer;
  return resolveSettings(given.preset, {
    iterations: given.iterations ?? base.iterations,
    optimizer,
    learningRate: given.learningRate ?? usualLearningRate[optimizer],
    history: given.history ?? base.history,
    lineSearch: given.lineSearch ?? base.lineSearch,
    styleFit: given.styleFit ?? base.styleFit,
    styleScale: given.styleScale ?? base.styleScale,
    enlargeStyle: given.enlargeStyle ?? base.enlargeStyle,
    objective: {
      network,
      contentLayers: given.contentLayers ?? base.objective.contentLayers,
      styleLayers: given.styleLayers ?? base.objective.styleLayers,
      contentWeight: given.contentWeight ?? base.objective.contentWeight,
      styleWeight: given.styleWeight ?? base.objective.styleWeight,
      tvWeight: given.tvWeight ?? base.objective.tvWeight,
      pooling: given.pooling ?? base.objective.pooling,
    },
  });
}

/** The presets in words, for the help. */
export function describePresets(): string {
  return `Presets:\n${presetNames.map((name) => `  ${name}:${describeSettings(presetSettings(name))}`).join('\n')}`;
}

function describeSettings(settings: Settings): string {
  const { contentLayers, styleLayers, contentWeight, styleWeight, tvWeight, network, pooling } = settings.objective;
  const list = (layers: readonly WeightedLayer[]): string =>
    layers.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',') || 'none';
  return [
    '',
    `content layers ${list(contentLayers)}, weight ${contentWeight}`,
    `style layers ${list(styleLayers)}, weight ${styleWeight}`,
    `total variation weight ${tvWeight}, ${network}, ${pooling} pooling`,
    `${settings.iterations} iterations of ${settings.optimizer}, learning rate ${settings.learningRate}, history ${settings.history}, line search ${settings.lineSearch}`,
  ].join('\n    ');
}
