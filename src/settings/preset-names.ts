/**
 * The presets; what they say is in `options.ts`, at each setting.
 *
 * `default` is tuned by eye on the pictures in `examples/` from 128 to 512 pixels: strokes and colours of the painting plainly there, the
 * photograph readable, no grain (docs/decisions/0011-default-preset.md). Layers and average pooling as Gatys et al. (2016); the weights are ours.
 * They rise with depth, since average pooling shrinks deep activations and a Gram loss goes with their fourth power.
 *
 * `lecture` is the lecture's combined transfer: the five ReLUs before a pool, Gram / numel · 1e6, content · 1e6 at the fourth, the
 * normalised picture optimised by L-BFGS.
 */
export const presetNames = ['default', 'lecture'] as const;
export type PresetName = (typeof presetNames)[number];

/** Whether `iterations` are shared out among the scales, the first having two shares, as it was when the lecture's traces were kept. */
export function sharesIterations(preset: PresetName): boolean {
  return preset === 'lecture';
}
