/** How loss terms are named and coloured, whichever kinds there are. */

import type { TermLabel } from '../../objective/terms.ts';

/** `content relu4_2`, `style relu1_1`, `smoothness`. */
export function captionOf({ kind, layer, plainly = kind }: TermLabel): string {
  return layer === undefined ? plainly : `${plainly} ${layer}`;
}

/** Shades that a kind's colour may have, from shallow to deep layers. */
const shades = 5;

/**
 * Where the style sheet may have a term's colour, best first: the shade of its kind for the layer, the kind's one colour, a colour for any.
 */
export function colourNamesOf(terms: readonly TermLabel[], index: number): readonly string[] {
  const kind = terms[index]?.kind;
  const isOfKind = (term: TermLabel): boolean => term.kind === kind;
  const place = terms.slice(0, index).filter(isOfKind).length / Math.max(terms.filter(isOfKind).length - 1, 1);
  return [`--loss-${kind}-${1 + Math.round(place * (shades - 1))}`, `--loss-${kind}`, '--quiet-ink'];
}
