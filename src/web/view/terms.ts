/** The curves of a run's losses: how each is named, coloured and dashed, whichever kinds of terms there are. */

import type { TermLabel } from '../../objective/terms.ts';
import type { Trace } from '../model/trace.ts';

export interface Curve {
  /** `content`, `style relu1_1`, `smoothness`. */
  readonly caption: string;
  /** What stands at its end in the chart. */
  readonly mark: string;
  /** Where the style sheet may have its colour, best first. */
  readonly colours: readonly string[];
  /** Lengths of strokes and gaps in pixels; none for a line without gaps. */
  readonly dash: readonly number[];
  /** In pixels. */
  readonly width: number;
  readonly values: readonly number[];
}

/** Of kinds in their order: whoever sees no colours tells them apart by these. */
const dashes: readonly (readonly number[])[] = [
  [8, 4],
  [2, 3],
  [8, 3, 2, 3],
];

/** Shades that a kind's colour may have, from shallow to deep layers. */
const shades = 5;

/**
 * The total and the sum of each kind that looks at layers; on demand every term that is not one of these: the layers, and what keeps the
 * picture in order.
 */
export function curvesOf(trace: Trace, withLayers: boolean): readonly Curve[] {
  const { terms, total } = trace;
  const whole: Curve = {
    caption: 'total',
    mark: 'total',
    colours: ['--loss-total'],
    dash: [],
    width: 2.5,
    values: total,
  };
  const kinds = [...new Set(terms.map(({ kind }) => kind))];
  const curves = kinds.flatMap((kind, index) => {
    const dash = dashes[index % dashes.length] ?? [];
    const ofKind = terms.flatMap((term, place) => (term.kind === kind ? [{ term, place }] : []));
    const single = ofKind.map(({ term, place }, rank) => {
      const name = term.plainly ?? kind;
      const { layer } = term;
      const caption = layer === undefined ? name : `${name} ${layer}`;
      const colours = colourNamesOf(kind, ofKind.length === 1 ? undefined : rank / (ofKind.length - 1));
      return { caption, mark: layer ?? name, colours, dash, width: 1.25, values: trace.byTerm[place] ?? [] };
    });
    if (ofKind.every(({ term }) => term.layer === undefined)) return withLayers ? single : [];
    const values = total.map((_, at) => single.reduce((sum, curve) => sum + (curve.values[at] ?? 0), 0));
    const sum: Curve = { caption: kind, mark: kind, colours: colourNamesOf(kind), dash, width: 2, values };
    return withLayers && single.length > 1 ? [sum, ...single] : [sum];
  });
  return [whole, ...curves];
}

/** The shade of a kind for the place of a layer among its own, 0 to 1; the kind's one colour; a colour for any. */
function colourNamesOf(kind: TermLabel['kind'], place?: number): readonly string[] {
  const shade = place === undefined ? [] : [`--loss-${kind}-${1 + Math.round(place * (shades - 1))}`];
  return [...shade, `--loss-${kind}`, '--quiet-ink'];
}
