/**
 * Everything a run may be told of what it makes, a row each. From here come the command line's options and help, the page's controls, links, the
 * command that the page copies, what a picture's file says of its making, the checks of values, the presets, and `docs/options.md`.
 *
 * Not here: files, and what computes (weights, adapter, kernels), which the command line knows alone.
 */

import { networkNames } from '../models/networks.ts';
import { keptRange, rateRange, stepRange } from './check-phase.ts';
import { choice, file, flag, type Kind, layers, number, numbers, orAuto, sides } from './kinds.ts';
import { namesOf } from './names.ts';
import {
  describeMomenta,
  describeRates,
  type OptimizerName,
  optimizerNames,
  optimizers,
  usualMomentum,
  usualRate,
} from './optimizers.ts';
import { always, type Basis, byPreset, type CommandName, type Option, option, type StyleLossName } from './option.ts';
import { presetContentLayers, presetStyleLayers } from './preset-layers.ts';
import { bundledPresetNames, networkOf, ofPreset, type PresetValues, presetNames } from './preset-names.ts';
import { recipeNames } from './recipes.ts';
import { describeUsualSize, sideRange } from './sizes.ts';
import { isFile, isNoise, reconstructStarts, startNames, textureStarts } from './starts.ts';
import { contentWeightAt, detailAt, tvWeightAt, usualStrength } from './strength.ts';
import { lossWeightRange, mixWeightRange } from './weight-ranges.ts';

const painting: readonly CommandName[] = ['stylize', 'reconstruct', 'texture'];
const comparing: readonly CommandName[] = [...painting, 'find-rate', 'evaluate'];
const withContent = comparing.filter((name) => name !== 'texture');
const withStyle = comparing.filter((name) => name !== 'reconstruct');
const withBoth: readonly CommandName[] = ['stylize', 'find-rate', 'evaluate'];
const fitting = withStyle.filter((name) => name !== 'evaluate');

const starting: readonly CommandName[] = [...painting, 'find-rate'];

const weight = number(lossWeightRange);
const startsOf = (names: readonly string[]) => ({ kind: file('start', names), usual: names[0] });

const usualOptimizer = 'lbfgs';
const optimizerOf = ({ optimizer = usualOptimizer }: Basis) => optimizer;
const momentumLabel = (optimizer: OptimizerName): string => {
  const { momentumSymbol: symbol } = optimizers[optimizer];
  return symbol === undefined ? 'Momentum' : `Momentum (${symbol})`;
};
const isLbfgs = (basis: Basis): boolean => optimizerOf(basis) === 'lbfgs';

const usualStyleLoss = byPreset<StyleLossName>({ default: 'covariance', gram: 'gram', lecture: 'gram' });

/** At the usual strength; 0.5 · 10^(−2.5 s) and 2 s, times 1e4, are the default's. */
const usualContentWeight = byLoss({ default: 5000 * 10 ** (-2.5 * usualStrength), gram: 3, gatys: 1, lecture: 1e6 });
const usualTvWeight = byLoss({ default: 2e4 * usualStrength, gram: 50, gatys: 0, lecture: 0, inception: 0 });
const putsDetailBack = byPreset({ default: true, gram: true, gatys: false, lecture: false });
const usualScales = byPreset<number | 'auto'>({ default: 'auto', gram: 'auto', gatys: 1, lecture: 1 });

/**
 * As the preset says or, where another loss of style is asked for, one that has it: losses differ by powers of ten, and weights of the one say
 * nothing of the other.
 */
function byLoss<const Value>(values: PresetValues<Value>): (basis: Basis) => Value {
  return ({ preset, styleLoss = usualStyleLoss({ preset }) }) => {
    const isGram = styleLoss === 'gram';
    const isItsOwn = (usualStyleLoss({ preset }) === 'gram') === isGram;
    return ofPreset(values, isItsOwn ? preset : isGram ? 'gram' : 'default');
  };
}

/** Of a schedule that is only drawn: a curve needs points, whatever a picture needs. */
export const drawnSteps = 200;

export const options = {
  preset: option(choice(presetNames), always('default'), {
    help: 'settings to start from',
    group: 'what',
    commands: [...comparing, 'schedule'],
    // The experiments are the paper's.
    forms: {
      reconstruct: { usual: 'gatys' },
      texture: { usual: 'gatys' },
      page: { kind: choice(bundledPresetNames) },
    },
    page: { label: 'Preset', fieldset: 'own' },
  }),
  styleWeights: option(numbers(mixWeightRange), undefined, {
    help: 'shares of the styles in the mix',
    usualWords: 'equal',
    group: 'pictures',
    commands: ['stylize'],
  }),
  size: option(number(sideRange, 'pixels'), undefined, {
    help: 'longest side, never enlarged',
    usualWords: describeUsualSize(),
    group: 'pictures',
    commands: [...painting, 'find-rate', 'schedule'],
    forms: {
      texture: { kind: sides, help: "in the style picture's shape and never enlarged" },
      schedule: { help: 'longest side that the last scale has', usual: 512 },
      page: { kind: number({ ...sideRange, to: 8192 }) },
    },
    page: { label: 'Longest side', fieldset: 'painted' },
  }),
  resize: option(flag, always(true), {
    help: 'keep the sizes of the files',
    isNegated: true,
    group: 'pictures',
    commands: painting,
  }),
  /** How the style picture is brought to the size at which it is looked at. */
  styleFit: option(choice(['longest-side', 'cover'], 'how'), byPreset({ default: 'longest-side', lecture: 'cover' }), {
    help: 'the style picture as long as the result (longest-side), or cut to its shape from the top left (cover)',
    part: 'fit',
    group: 'pictures',
    commands: fitting,
    page: { label: 'Painting is fitted by', fieldset: 'painted' },
  }),
  /** Factor on the size it is fitted to. */
  styleScale: option(number({ from: 0.1, to: 10 }), always(1), {
    help: 'factor on the size of the style picture, for larger or smaller strokes',
    part: 'fit',
    group: 'pictures',
    commands: fitting,
    page: { label: 'Strokes', fieldset: 'own' },
  }),
  /** Whether the style picture may be made larger than it is; else it stays at its own size. */
  enlargeStyle: option(flag, always(true), {
    help: 'let the style picture become larger than its file',
    part: 'fit',
    group: 'pictures',
    commands: fitting,
  }),
  init: option(
    file('start', startNames),
    byPreset({ default: 'matched', gram: 'matched', gatys: 'content', lecture: 'content', inception: 'matched' }),
    {
      help: "picture to start from, matched being the content picture with the style's colours",
      group: 'pictures',
      commands: starting,
      forms: {
        reconstruct: startsOf(reconstructStarts),
        texture: startsOf(textureStarts),
        page: { kind: choice(startNames) },
      },
      page: { label: 'Start from', fieldset: 'painted' },
    },
  ),
  seed: option(number({ from: 0, to: 2 ** 32 - 1, whole: true }), always(0), {
    help: 'of the noise',
    group: 'pictures',
    commands: starting,
    page: { label: 'Seed', fieldset: 'painted' },
    applies: ({ init = 'content' }) => isNoise(init),
  }),
  /** Of what a photograph shows at a scale and did not at the one before. */
  detail: option(number({ from: 0, to: 1 }), (basis) => (putsDetailBack(basis) ? detailAt(basis.strength) : 0), {
    help: "share of the photograph's detail that is put back at each larger scale",
    part: 'start',
    group: 'how',
    commands: ['stylize'],
    page: { label: 'Detail put back', fieldset: 'painted' },
  }),
  strength: option(number({ from: 0, to: 1 }), always(usualStrength), {
    help: 'how much painting, from the photograph, 0, to the painting, 1: sets content weight, smoothness, detail and colours of the start',
    part: 'start',
    group: 'what',
    commands: withBoth,
    page: { label: 'Strength', fieldset: 'own' },
  }),
  contentLayers: option(layers, byPreset(presetContentLayers), {
    help: 'layers whose feature maps are kept',
    part: 'objective',
    group: 'what',
    commands: withContent,
    page: { label: 'Content layers', fieldset: 'compared' },
  }),
  styleLayers: option(layers, byLoss(presetStyleLayers), {
    help: 'layers at which the style is compared',
    part: 'objective',
    group: 'what',
    commands: withStyle,
    page: { label: 'Style layers', fieldset: 'compared' },
  }),
  styleLoss: option(choice(['gram', 'w2', 'covariance'], 'which'), usualStyleLoss, {
    help: 'what is compared at the style layers: Gram matrices, or means and covariances by transport (w2) or by difference; usual weights and pooling go with it',
    part: 'objective',
    group: 'what',
    commands: withStyle,
    page: { label: 'Style is compared by', fieldset: 'compared' },
  }),
  contentWeight: option(weight, (basis) => contentWeightAt(usualContentWeight(basis), basis.strength), {
    help: 'weight of the content loss',
    part: 'objective',
    group: 'what',
    commands: withContent,
    page: { label: 'Content weight', fieldset: 'compared' },
  }),
  styleWeight: option(weight, byLoss({ default: 29.33, gram: 2e6, gatys: 1e6, lecture: 1 }), {
    help: 'weight of the style loss',
    part: 'objective',
    group: 'what',
    commands: withStyle,
    page: { label: 'Style weight', fieldset: 'compared' },
  }),
  /** Per value of the picture, in 0..1. */
  tvWeight: option(weight, (basis) => tvWeightAt(usualTvWeight(basis), basis.strength), {
    help: 'weight of the total variation (smoothness)',
    part: 'objective',
    group: 'what',
    commands: comparing,
    page: { label: 'Smoothness weight', fieldset: 'compared' },
  }),
  /** The two count the same on a smooth slope, and `nine` a little less on grain. */
  tvLoss: option(choice(['four', 'nine'], 'points'), byLoss({ default: 'nine', gram: 'four', lecture: 'four' }), {
    help: 'neighbours that the total variation compares: right and below (four), or all around (nine)',
    part: 'objective',
    group: 'what',
    commands: comparing,
    page: { label: 'Smoothness looks at', fieldset: 'compared' },
  }),
  /** The Gram matrix is `gramFactor / (C · positions) · FᵀF`. */
  gramFactor: option(number({ above: 0 }), byPreset({ default: 1, lecture: 1e6 }), {
    help: 'factor on the Gram matrices',
    part: 'objective',
    group: 'what',
    commands: [],
  }),
  /**
   * What the optimiser moves: the picture's values in 0..1, the normalised picture `(p − mean) / std`, or frequencies of which the picture is made.
   * They have different metrics, so L-BFGS takes different paths.
   */
  variable: option(
    choice(['pixels', 'normalised', 'fourier'], 'what'),
    byPreset({ default: 'pixels', lecture: 'normalised', inception: 'fourier' }),
    {
      help: 'what the optimiser moves: the values of the picture, the picture as the network takes it (normalised), or its frequencies (fourier)',
      part: 'objective',
      group: 'how',
      commands: starting,
      page: { label: 'What is moved', fieldset: 'optimised' },
    },
  ),
  pooling: option(
    choice(['max', 'average'], 'kind'),
    byLoss({ default: 'max', gram: 'average', lecture: 'max', inception: 'max' }),
    {
      help: 'pooling of the network',
      part: 'objective',
      group: 'what',
      commands: comparing,
      page: { label: 'Pooling', fieldset: 'compared' },
    },
  ),
  paddingMode: option(
    choice(['zeros', 'replicate']),
    byPreset({ default: 'replicate', gatys: 'zeros', lecture: 'zeros' }),
    {
      help: 'what the convolutions see beyond the edges of the picture',
      part: 'objective',
      group: 'what',
      commands: [],
    },
  ),
  network: option(choice(networkNames), ({ preset }) => networkOf(preset), {
    help: 'network whose feature maps are compared',
    part: 'objective',
    group: 'what',
    commands: comparing,
  }),
  /** How feature maps are stored on the device; `f16` needs the adapter's `shader-f16`. */
  storage: option(choice(['f32', 'f16'], 'type'), always('f32'), {
    help: 'how feature maps are stored on the device, where f16 takes half the memory and rounds (on a CPU with --low-memory only)',
    part: 'objective',
    group: 'what',
    commands: comparing,
  }),
  iterations: option(
    number(stepRange),
    byPreset({ sketch: 6, default: 20, fine: 50, gram: 20, gatys: 200, lecture: 1000, inception: 150 }),
    {
      help: "evaluations of loss and gradient at the result's size; at each smaller scale as many, at the first twice; lecture: in all",
      part: 'phases',
      group: 'how',
      commands: [...starting, 'schedule'],
      forms: {
        'find-rate': { help: 'evaluations of loss and gradient, the rate growing at each' },
        schedule: { help: `steps that the schedule is laid over, ${drawnSteps} where nothing is said` },
      },
      page: { label: 'Evaluations', fieldset: 'painted' },
    },
  ),
  optimizer: option(choice(optimizerNames), always(usualOptimizer), {
    help: 'optimiser of the picture',
    part: 'phases',
    group: 'how',
    commands: [...starting, 'schedule'],
    page: { label: 'Optimiser', fieldset: 'optimised' },
  }),
  learningRate: option(number(rateRange), (basis) => usualRate(optimizerOf(basis), basis.preset), {
    help: 'step length, at its highest',
    usualWords: describeRates(),
    part: 'phases',
    group: 'how',
    commands: [...painting, 'schedule'],
    page: { label: 'Learning rate', fieldset: 'optimised' },
  }),
  momentum: option(number(keptRange), (basis) => usualMomentum(optimizerOf(basis)) ?? 0, {
    help: 'momentum, or what stands for it',
    usualWords: describeMomenta(),
    part: 'phases',
    group: 'how',
    commands: [...starting, 'schedule'],
    page: { label: (basis) => momentumLabel(optimizerOf(basis)), fieldset: 'optimised' },
    // One cycle brings its own momenta.
    applies: (basis) => 'momentum' in optimizers[optimizerOf(basis)].fields && basis.schedule !== 'one-cycle',
  }),
  schedule: option(choice(recipeNames), always('constant'), {
    help: 'how the rate changes',
    usualWords: 'constant',
    part: 'phases',
    group: 'how',
    commands: painting,
    page: { label: 'Schedule', fieldset: 'optimised' },
  }),
  /** `auto`: as many as there are from half the size, or 128 pixels where that is less. */
  scales: option(orAuto({ from: 1, to: 20, whole: true }), (basis) => (isFile(basis.init) ? 1 : usualScales(basis)), {
    help: 'sizes, each √2 larger, up to the last; the schedule runs at each',
    part: 'phases',
    group: 'how',
    commands: [...painting, 'schedule'],
    page: { label: 'Scales', fieldset: 'painted' },
  }),
  /** Curvature pairs that L-BFGS keeps. */
  history: option(number({ from: 1, to: 512, whole: true }), always(10), {
    help: 'curvature pairs that lbfgs keeps',
    part: 'lbfgs',
    group: 'how',
    commands: painting,
    page: { label: 'Curvature pairs', fieldset: 'optimised' },
    applies: isLbfgs,
  }),
  lineSearch: option(choice(['none', 'strong-wolfe']), always('none'), {
    help: 'search of lbfgs along its direction',
    part: 'lbfgs',
    group: 'how',
    commands: painting,
    page: { label: 'Line search', fieldset: 'optimised' },
    applies: isLbfgs,
  }),
  phases: option(file('file'), undefined, {
    help: 'a list of phases, as JSON, in place of iterations, optimizer, rate, momentum, schedule and scales',
    group: 'how',
    commands: painting,
  }),
};

export type Options = typeof options;
export type OptionName = keyof Options;

export type ValueOf<Name extends OptionName> = Options[Name] extends { readonly kind: Kind<infer Value> }
  ? Value
  : never;

/** What is said of a run, as a command line or the page collects it; an absent field leaves the usual value. */
export type Choice = { readonly [Name in OptionName]?: ValueOf<Name> | undefined };

export type Part = NonNullable<Option<unknown>['part']>;

const rows: Readonly<Record<OptionName, Option<unknown>>> = options;

export const optionNames = namesOf(rows);

/** Whether its usual value waits until the preset is known. */
export function isOfPreset(name: OptionName): boolean {
  const { part, usual, kind } = rowOf(name);
  return part !== undefined || new Set(presetNames.map((preset) => usual && kind.format(usual({ preset })))).size > 1;
}

/** A row, whatever the kind of its value. */
export function rowOf(name: OptionName): Option<unknown> {
  return rows[name];
}

/** `learning-rate` for `learningRate` */
export function flagOf(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The settings of a part, each with its value. */
export type SettingsOf<Of extends Part> = {
  readonly [Name in OptionName as Options[Name] extends { readonly part: Of } ? Name : never]: ValueOf<Name>;
};
