/** What is to be painted, made of what the page has chosen. */

import { InputError } from '../../core/errors.ts';
import { options } from '../../settings/options.ts';
import { atScalesOf } from '../../settings/scales.ts';
import { type PictureSize, usualSize } from '../../settings/sizes.ts';
import { isNoise, pictureStarts } from '../../settings/starts.ts';
import { usedChoice } from '../../settings/texts.ts';
import type { AdapterInfo, Order } from '../protocol.ts';
import { engineSettings, type PageSettings } from '../settings.ts';
import type { Pictures } from './pictures.ts';

/** Where a run starts: as the settings say, or from the picture on the canvas. */
export type From = 'beginning' | 'here';

/**
 * The order, and what of the settings is left out of it, in words.
 *
 * @throws InputError where there is no photograph or painting, or for settings that make no sense.
 */
export function orderOf(
  settings: PageSettings,
  pictures: Pictures,
  adapter: AdapterInfo,
  from: From,
  words: Order['words'],
): { readonly order: Order; readonly leftOut: readonly string[] } {
  const content = pictures.content.value;
  const styles = pictures.styles.value;
  if (content === undefined) throw new InputError('there is no photograph yet; choose one first');
  if (styles.length === 0) throw new InputError('there is no painting; choose one');
  const size = settings.size ?? usualSize(adapter);
  const used = usedChoice(settings);
  // What is on the canvas has its size: smaller scales would paint over it.
  const choice = from === 'here' ? { ...used, scales: used.scales ?? 1 } : used;
  const { settings: complete, leftOut } = atScalesOf(engineSettings(settings), choice, settings.preset, {
    content,
    styles,
    size,
  });
  const order: Order = {
    settings: complete,
    size,
    content: content.id,
    styles: styles.map(({ id, weight }) => ({ id, weight })),
    words,
    start: from === 'here' ? 'here' : startOf(settings),
  };
  return { order, leftOut: [...leftOut, ...notEnlarged(settings.size, content)] };
}

/** That a photograph is painted at its own size where a larger one was asked for. */
function notEnlarged(size: number | undefined, { width, height }: PictureSize): readonly string[] {
  const longest = Math.max(width, height);
  if (size === undefined || size <= longest) return [];
  return [`the photograph has ${width} × ${height} pixels, so it is painted at ${longest} and not enlarged to ${size}`];
}

function startOf(settings: PageSettings): Order['start'] {
  const { init = options.init.usual(settings), seed } = settings;
  if (isNoise(init)) return { kind: init, seed };
  return { kind: pictureStarts.find((known) => known === init) ?? 'content' };
}
