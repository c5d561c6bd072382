/**
 * The presets; what they say is in `options.ts`, at each setting.
 *
 * `default` is tuned by eye on the pictures in `examples/` from 128 to 512 pixels: strokes and colours of the painting plainly there, the
 * photograph readable, no grain (docs/decisions/0011-default-preset.md). Layers and average pooling as Gatys et al. (2016); the weights are ours.
 * They rise with depth, since average pooling shrinks deep activations and a Gram loss goes with their fourth power.
 *
 * `gram` is the same at scales, from a start in the painting's colours, with a content weight of 3 (docs/decisions/0028-the-recipe.md).
 *
 * `gatys` is the method of the paper: layers of equal weight, no smoothness, one scale, the photograph as it is. Its weights are for torchvision's VGG.
 *
 * `lecture` is the lecture's combined transfer: the five ReLUs before a pool, Gram / numel · 1e6, content · 1e6 at the fourth, the
 * normalised picture optimised by L-BFGS.
 */

import { namesOf } from './names.ts';

interface Preset {
  /** What one sees, and how long it takes; a line of a help. */
  readonly looks: string;
  /** Whose values it has where it has none of its own. */
  readonly like?: 'default' | 'gram';
}

const presets = {
  default: { looks: "the painting's strokes, the photograph plain" },
  gram: { looks: "larger strokes in the painting's colours, by Gram matrices at growing scales", like: 'default' },
  gatys: { looks: "as in the paper: fine texture, the colours partly the photograph's, at one scale", like: 'gram' },
  lecture: { looks: "the lecture's run, to the digit: strong, grainy" },
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

/** What one sees of a preset's pictures. */
export function looksOf(preset: PresetName): string {
  return presets[preset].looks;
}

/** Whether `iterations` are shared out among the scales, the first having two shares, as it was when the lecture's traces were kept. */
export function sharesIterations(preset: PresetName): boolean {
  return preset === 'lecture';
}
