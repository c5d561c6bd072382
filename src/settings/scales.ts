/** The scales of a run, once the sizes of its pictures are known. */

import { choosePhases, type PhaseChoice } from './phase-choice.ts';
import type { PresetName } from './presets.ts';
import { type Settings, withPhases } from './settings.ts';
import { leastLongestSide, type PictureSize } from './sizes.ts';

/**
 * Settings of a choice with their phases at the scales that it asks for, now that the size of the result is known, and what of it is
 * left out.
 */
export function atScalesOf(
  settings: Settings,
  choice: PhaseChoice,
  preset: PresetName,
  pictures: {
    readonly content: PictureSize;
    readonly styles: readonly PictureSize[];
    /** Longest side of the result; undefined keeps the content picture's. */
    readonly size: number | undefined;
  },
): { readonly settings: Settings; readonly leftOut: readonly string[] } {
  const { content, styles, size } = pictures;
  const { network, contentLayers, styleLayers } = settings.objective;
  const taps = [...contentLayers, ...styleLayers].map(({ name }) => name);
  const result =
    size === undefined
      ? undefined
      : {
          longest: Math.min(size, Math.max(content.width, content.height)),
          least: leastLongestSide(network, taps, [content, ...styles]),
        };
  const { phases, leftOut } = choosePhases(choice, preset, result);
  return { settings: withPhases(settings, phases), leftOut };
}
