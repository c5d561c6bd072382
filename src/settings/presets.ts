/** Named settings. Everything in them can be overridden; the numbers say where they come from. */

import { InputError } from '../core/errors.ts';
import type { StyleFitting } from '../images/fit.ts';
import type { LineSearch, ObjectiveOptions, WeightedLayer } from '../objective/options.ts';
import { parsePhases } from '../optimizers/parse-phases.ts';
import { type OptimizerName, type Phase, totalSteps, valueAt } from '../optimizers/phase.ts';

export { type StyleFit, styleFits } from '../images/fit.ts';

export type { OptimizerName } from '../optimizers/phase.ts';

export interface Settings extends StyleFitting {
  readonly objective: ObjectiveOptions;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** Curvature pairs that L-BFGS keeps. */
  readonly history: number;
  readonly lineSearch: LineSearch;
  /** Function evaluations in all. */
  readonly iterations: number;
  /** What is done one after the other; absent, `iterations` steps of `optimizer` at `learningRate`. */
  readonly phases?: readonly Phase[];
}

/** What the settings do, one after the other. */
export function phasesOf({ phases, iterations, optimizer, learningRate }: Settings): readonly Phase[] {
  return phases ?? [{ steps: iterations, optimizer, learningRate }];
}

export const presetNames = ['default', 'lecture'] as const;
export type PresetName = (typeof presetNames)[number];

const layers = (weights: Readonly<Record<string, number>>): readonly WeightedLayer[] =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight }));

const presets: Readonly<Record<PresetName, Settings>> = {
  /**
   * Tuned by eye on the pictures in `examples/` from 128 to 512 pixels: strokes and colours of the painting plainly there, the
   * photograph readable, no grain (docs/decisions/0011-default-preset.md). Layers and average pooling as Gatys et al. (2016); the
   * weights are ours. They rise with depth, since average pooling shrinks deep activations and a Gram loss goes with their
   * fourth power.
   */
  default: {
    objective: {
      network: 'vgg16',
      contentLayers: layers({ relu4_2: 1 }),
      styleLayers: layers({ relu1_1: 1, relu2_1: 1, relu3_1: 2, relu4_1: 8, relu5_1: 32 }),
      contentWeight: 1,
      styleWeight: 2e6,
      tvWeight: 50,
      gramFactor: 1,
      variable: 'pixels',
      pooling: 'average',
      paddingMode: 'replicate',
      storage: 'f32',
    },
    styleFit: 'longest-side',
    styleScale: 1,
    enlargeStyle: false,
    optimizer: 'lbfgs',
    learningRate: 1,
    history: 10,
    lineSearch: 'none',
    iterations: 200,
  },
  /**
   * The lecture's combined transfer: the five ReLUs before a pool, Gram / numel · 1e6, content · 1e6 at the fourth,
   * the normalised picture optimised by L-BFGS.
   */
  lecture: {
    objective: {
      network: 'vgg16',
      contentLayers: layers({ relu4_3: 1 }),
      styleLayers: layers({ relu1_2: 1, relu2_2: 1, relu3_3: 1, relu4_3: 1, relu5_3: 1 }),
      contentWeight: 1e6,
      styleWeight: 1,
      tvWeight: 0,
      gramFactor: 1e6,
      variable: 'normalised',
      pooling: 'max',
      paddingMode: 'zeros',
      storage: 'f32',
    },
    styleFit: 'cover',
    styleScale: 1,
    enlargeStyle: true,
    optimizer: 'lbfgs',
    learningRate: 1,
    history: 10,
    lineSearch: 'none',
    iterations: 1000,
  },
};

const rates = { lbfgs: 1, rmsprop: 0.01, adam: 0.02 } as const;

/**
 * Learning rates where nothing else is said: PyTorch's default for L-BFGS, whose first step is scaled by the gradient's norm, and
 * crowsonkb/style-transfer-pytorch's for Adam on pictures in 0..1; RMSprop's steps are of the same size. SGD's goes with the weights of
 * the losses, so each preset has its own, and with the number of pixels: these were found at 48 to 128 pixels, with momentum 0.9.
 */
export const usualLearningRate: Readonly<Record<PresetName, Readonly<Record<OptimizerName, number>>>> = {
  default: { ...rates, sgd: 0.1 },
  lecture: { ...rates, sgd: 3e-8 },
};

export function presetSettings(name: PresetName): Settings {
  return presets[name];
}

/** Momenta where nothing else is said, of optimisers that are of little use without: fast.ai's and the lecture's for SGD. */
export const usualMomentum: { readonly [Name in OptimizerName]?: number } = { sgd: 0.9 };

/**
 * Overrides of a preset; absent fields keep the preset's value. Where there are phases, `iterations`, `optimizer` and `learningRate` follow
 * from them.
 */
export type SettingsOverrides = Partial<Omit<Settings, 'objective'>> & {
  readonly objective?: Partial<ObjectiveOptions>;
};

/**
 * A preset with overrides, checked; layers whose loss is weighted 0 are left out.
 *
 * @throws InputError naming the field that makes no sense.
 */
export function resolveSettings(preset: PresetName, overrides: SettingsOverrides = {}): Settings {
  const base = presetSettings(preset);
  const learningRate = usualLearningRate[preset][overrides.optimizer ?? base.optimizer];
  const settings = {
    ...base,
    learningRate,
    ...overrides,
    ...(overrides.phases === undefined ? {} : summaryOf(parsePhases(overrides.phases))),
    objective: { ...base.objective, ...overrides.objective },
  };
  const { objective } = settings;
  const optimizers = new Set(phasesOf(settings).map(({ optimizer }) => optimizer));
  if (settings.lineSearch !== 'none' && !optimizers.has('lbfgs')) {
    throw new InputError(
      `line search is ${settings.lineSearch}, which ${[...optimizers].join(', ')} does not have; choose lbfgs or leave it out`,
    );
  }
  requireNumber('iterations', settings.iterations, { least: 1, whole: true });
  requireNumber('learning rate', settings.learningRate, { above: 0 });
  requireNumber('history', settings.history, { least: 1, whole: true });
  requireNumber('style scale', settings.styleScale, { above: 0 });
  requireNumber('content weight', objective.contentWeight, { least: 0 });
  requireNumber('style weight', objective.styleWeight, { least: 0 });
  requireNumber('total variation weight', objective.tvWeight, { least: 0 });
  for (const { name, weight } of [...objective.contentLayers, ...objective.styleLayers]) {
    requireNumber(`weight of layer ${name}`, weight, { least: 0 });
  }
  const weighted = withoutIdleLayers(objective);
  if (weighted.contentLayers.length + weighted.styleLayers.length === 0) {
    throw new InputError(
      'no layer is left to compare pictures at; name at least one content or style layer, its weight above 0',
    );
  }
  return { ...settings, objective: weighted };
}

/** The phases, and the fields that say the same of one phase: all steps, and what the first begins with. */
function summaryOf(phases: readonly Phase[]): Partial<Settings> {
  const [first] = phases;
  if (first === undefined) return {};
  const { optimizer, learningRate, steps } = first;
  return { phases, iterations: totalSteps(phases), optimizer, learningRate: valueAt(learningRate, 0, steps) };
}

/** Without the layers whose loss is weighted 0, which would be computed for nothing. */
function withoutIdleLayers(objective: ObjectiveOptions): ObjectiveOptions {
  const weighted = (layers: readonly WeightedLayer[], factor: number) =>
    layers.filter(({ weight }) => weight * factor > 0);
  return {
    ...objective,
    contentLayers: weighted(objective.contentLayers, objective.contentWeight),
    styleLayers: weighted(objective.styleLayers, objective.styleWeight),
  };
}

function requireNumber(
  field: string,
  value: number,
  bounds: { readonly least?: number; readonly above?: number; readonly whole?: boolean },
): void {
  const { least = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY, whole = false } = bounds;
  if (Number.isFinite(value) && value >= least && value > above && (!whole || Number.isInteger(value))) {
    return;
  }
  const kind = whole ? 'a whole number' : 'a number';
  const range = Number.isFinite(least) ? ` of at least ${least}` : Number.isFinite(above) ? ` above ${above}` : '';
  throw new InputError(`${field} is ${value}; expected ${kind}${range}`);
}
