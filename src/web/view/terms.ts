/** How loss terms are named and coloured. */

import type { LossTerm } from '../../objective/objective.ts';

/** `content relu4_2`, `style relu1_1`, `smoothness`. */
export function labelOf({ kind, layer }: LossTerm): string {
  if (kind === 'total variation') return 'smoothness';
  return layer === undefined ? kind : `${kind} ${layer}`;
}

/** Shades of the style's colour, from shallow to deep layers. */
const styleShades = 5;

/** The name of a term's colour: `content`, `variation`, or `style-1` to `style-5` from shallow to deep. */
export function colourNameOf(terms: readonly LossTerm[], index: number): string {
  const term = terms[index];
  if (term === undefined || term.kind === 'content') return 'content';
  if (term.kind === 'total variation') return 'variation';
  const styles = terms.filter(({ kind }) => kind === 'style');
  const place = styles.indexOf(term) / Math.max(styles.length - 1, 1);
  return `style-${1 + Math.round(place * (styleShades - 1))}`;
}
