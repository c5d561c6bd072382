/** What a run is told in full, and named settings of it. Everything in them can be overridden; the numbers say where they come from. */

import type { StyleFitting } from '../images/fit.ts';
import type { LineSearch, ObjectiveOptions, WeightedLayer } from '../objective/options.ts';
import { type ListedPhase, type Phase, type ScalePhases, scalesOf } from './phase.ts';

export { type StyleFit, styleFits } from '../images/fit.ts';

/** How L-BFGS works in those phases that are its own. */
export interface LbfgsSettings {
  /** Curvature pairs that it keeps. */
  readonly history: number;
  readonly lineSearch: LineSearch;
}

export interface Settings extends StyleFitting {
  readonly objective: ObjectiveOptions;
  readonly lbfgs: LbfgsSettings;
  /** What is done one after the other; at least one scale. */
  readonly scales: readonly ScalePhases[];
}

/** The phases of all scales, in order. */
export function phasesOf({ scales }: Pick<Settings, 'scales'>): readonly Phase[] {
  return scales.flatMap(({ phases }) => phases);
}

/** The settings with other phases. */
export function withPhases(settings: Settings, phases: readonly ListedPhase[]): Settings {
  return { ...settings, scales: scalesOf(phases) };
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
    lbfgs: { history: 10, lineSearch: 'none' },
    scales: scalesOf([{ steps: 200, optimizer: 'lbfgs', learningRate: 1 }]),
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
    lbfgs: { history: 10, lineSearch: 'none' },
    scales: scalesOf([{ steps: 1000, optimizer: 'lbfgs', learningRate: 1 }]),
  },
};

export function presetSettings(name: PresetName): Settings {
  return presets[name];
}
