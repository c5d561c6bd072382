/** The options that say what is optimised, shared by `stylize` and `evaluate`, and what they make of a preset. */

import type { Command } from 'commander';
import { parseNumber } from '../core/numbers.ts';
import { type NetworkName, networkNames, tapNamesOf } from '../models/vgg.ts';
import type { ObjectiveOptions, WeightedLayer } from '../objective/options.ts';
import type { PhaseChoice } from '../settings/phase-choice.ts';
import {
  type PresetName,
  phasesOf,
  presetNames,
  presetSettings,
  type Settings,
  type StyleFit,
  styleFits,
} from '../settings/presets.ts';
import { resolveSettings } from '../settings/resolve.ts';
import { checkChoice, checkLayers, orList, parseLayers } from '../settings/values.ts';
import { addPresetOption, type OptimizerArguments, readPhaseChoice } from './optimizer-arguments.ts';

const poolings: readonly ObjectiveOptions['pooling'][] = ['max', 'average'];
const storages: readonly ObjectiveOptions['storage'][] = ['f32', 'f16'];

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
  readonly storage?: ObjectiveOptions['storage'];
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
      (text: string) => checkChoice('--style-fit', text, styleFits),
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
  addPresetOption(command.optionsGroup('What is optimised (each defaults to the preset):'));
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
      checkChoice('--pooling', text, poolings),
    )
    .option('--network <name>', orList(networkNames), (text: string) => checkChoice('--network', text, networkNames))
    .option(
      '--storage <type>',
      `of feature maps on the device: ${orList(storages)}; f16 takes half the memory and rounds`,
      (text: string) => checkChoice('--storage', text, storages),
    );
}

/**
 * The preset with the options over it, checked.
 *
 * @param choice What the options say of the phases, where it has been read already.
 * @throws InputError naming the option that makes no sense.
 */
export function settingsOf(
  given: ObjectiveArguments & OptimizerArguments & StyleFitArguments,
  choice: PhaseChoice = readPhaseChoice(given),
): Settings {
  const base = presetSettings(given.preset);
  const network = given.network ?? base.objective.network;
  const known = tapNamesOf(network);
  checkLayers('--content-layers', given.contentLayers ?? [], network, known);
  checkLayers('--style-layers', given.styleLayers ?? [], network, known);
  return resolveSettings(given.preset, {
    ...choice,
    history: given.history ?? base.lbfgs.history,
    lineSearch: given.lineSearch ?? base.lbfgs.lineSearch,
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
      storage: given.storage ?? base.objective.storage,
    },
  });
}

/** The presets in words, for the help. */
export function describePresets(): string {
  return `Presets:\n${presetNames.map((name) => `  ${name}:${describeSettings(presetSettings(name))}`).join('\n')}`;
}

function describeSettings(settings: Settings): string {
  const { contentLayers, styleLayers, contentWeight, styleWeight, tvWeight, network, pooling } = settings.objective;
  const { history, lineSearch } = settings.lbfgs;
  const phases = phasesOf(settings).map(
    ({ steps, optimizer, learningRate }) => `${steps} iterations of ${optimizer}, learning rate ${learningRate}`,
  );
  const list = (layers: readonly WeightedLayer[]): string =>
    layers.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',') || 'none';
  return [
    '',
    `content layers ${list(contentLayers)}, weight ${contentWeight}`,
    `style layers ${list(styleLayers)}, weight ${styleWeight}`,
    `total variation weight ${tvWeight}, ${network}, ${pooling} pooling`,
    `${phases.join(', ')}, history ${history}, line search ${lineSearch}`,
  ].join('\n    ');
}
