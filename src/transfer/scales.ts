/** The scales of a run, once the size of its result is known. */

import { leastLongestSide, type PictureSize } from '../objective/memory-plan.ts';
import { mixOf, type Style } from '../objective/style-mix.ts';
import { choosePhases, type PhaseChoice } from '../settings/phase-choice.ts';
import { type PresetName, type Settings, withPhases } from '../settings/presets.ts';

/**
 * Settings of a choice with their phases at the scales that it asks for, now that the size of the result is known, and what of it is
 * left out.
 */
export function atScalesOf(
  settings: Settings,
  choice: PhaseChoice,
  preset: PresetName,
  pictures: { readonly content: PictureSize; readonly style: Style<PictureSize>; readonly size: number | undefined },
): { readonly settings: Settings; readonly leftOut: readonly string[] } {
  const { content, style, size } = pictures;
  const least = leastLongestSide(settings.objective, [content, ...mixOf(style).map(({ picture }) => picture)]);
  const result =
    size === undefined ? undefined : { longest: Math.min(size, Math.max(content.width, content.height)), least };
  const { phases, leftOut } = choosePhases(choice, preset, result);
  return { settings: withPhases(settings, phases), leftOut };
}
