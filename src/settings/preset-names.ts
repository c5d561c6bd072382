/**
 * The presets; what they say is in `options.ts`, at each setting.
 *
 * `default` compares means and covariances, at layers and with weights of crowsonkb/style-transfer-pytorch, at scales, from a start in
 * the painting's colours (docs/decisions/0028-the-recipe.md). `sketch` and `fine` differ in what they spend alone. All weights are times 1e4:
 * L-BFGS, as PyTorch's, drops pairs with yᵀs up to 1e-10.
 *
 * `gram` compares Gram matrices the same way. Its weights are tuned by eye (docs/decisions/0011-default-preset.md): they rise with depth, since
 * average pooling shrinks deep activations and a Gram loss goes with their fourth power.
 *
 * `gatys` is the method of the paper: layers of equal weight, no smoothness, one scale, the photograph as it is. Its weights are for torchvision's VGG.
 *
 * `inception` is `gatys` at layers of Inception v3, weighted so that every layer begins at about one loss for any painting; its first layer brings the
 * palette, and frequencies are moved instead of pixels, against the checkers of its strides (docs/decisions/0042-branches.md).
 *
 * `lecture` is the lecture's combined transfer: the five ReLUs before a pool, Gram / numel · 1e6, content · 1e6 at the fourth, the
 * normalised picture optimised by L-BFGS.
 */

import type { NetworkName } from '../models/networks.ts';
import { namesOf } from './names.ts';

interface Preset {
  /** What one sees; a line of a help. */
  readonly looks: string;
  /** Whose values it has where it has none of its own. */
  readonly like?: 'default' | 'gram' | 'gatys';
  /** The network whose layers it names; VGG16 when absent, whose weights come along. */
  readonly network?: NetworkName;
}

const presets = {
  sketch: { looks: 'a first look: colours and large strokes are there, detail is not', like: 'default' },
  default: { looks: "the painting's strokes and colours, the photograph plain to see" },
  fine: { looks: 'the same, with more of the finest strokes', like: 'default' },
  gram: { looks: "as default by Gram matrices: softer, with less of the painting's detail" },
  gatys: { looks: "as in the paper: fine texture, the colours partly the photograph's, at one scale", like: 'gram' },
  lecture: { looks: "the lecture's run, to the digit: strong, grainy" },
  inception: {
    looks:
      'by Inception v3, whose weights you bring: short fine strokes, the forms kept, at one scale; best from 512 pixels on',
    like: 'gatys',
    network: 'inception_v3',
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
export const presetNames = namesOf(presets);

/** Values by preset: of all that are like no other. */
export type PresetValues<Value> = Readonly<
  Record<'default' | 'lecture', Value> & Partial<Record<Exclude<PresetName, 'default' | 'lecture'>, Value>>
>;

/** The preset's own value, or that of the one it is like. */
export function ofPreset<Value>(values: PresetValues<Value>, preset: PresetName): Value {
  const { like }: Preset = presets[preset];
  return values[preset] ?? (like === undefined ? values.default : ofPreset(values, like));
}

/** The network whose layers a preset names. */
export function networkOf(preset: PresetName): NetworkName {
  const { network = 'vgg16' }: Preset = presets[preset];
  return network;
}

/** The presets that need no weights but those that come along. */
export const bundledPresetNames = presetNames.filter((preset) => networkOf(preset) === 'vgg16');

/** What one sees of a preset's pictures. */
export function looksOf(preset: PresetName): string {
  return presets[preset].looks;
}

/** Whether `iterations` are shared out among the scales, the first having two shares, as it was when the lecture's traces were kept. */
export function sharesIterations(preset: PresetName): boolean {
  return preset === 'lecture';
}
