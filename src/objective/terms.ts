/**
 * The loss terms that an objective's options ask for: the one list that plan, evaluation, trace, progress and reports go through. A new
 * loss is a file in `losses/` and its place here.
 */

import { ContentLoss } from '../losses/content-loss.ts';
import { CovarianceLoss } from '../losses/covariance-loss.ts';
import { GramLoss } from '../losses/gram-loss.ts';
import type { MapLoss, PictureLoss, SummedLoss } from '../losses/loss.ts';
import { TotalVariationLoss } from '../losses/total-variation-loss.ts';
import { W2Loss } from '../losses/w2-loss.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';

/** How terms of a kind are spoken of. */
export interface KindWords {
  readonly name: string;
  /** What someone who has not read the papers calls it, where that is another word. */
  readonly plainly?: string;
  /** Whether they compare pictures at taps, or keep the picture itself in order, which says little of how far a run has come. */
  readonly at: 'taps' | 'picture';
  /** A report of one evaluation gives each term instead of their sum. */
  readonly apart?: true;
}

/** The kinds of loss terms, under which reports add them up, in the order of `termsOf`. */
export const termKinds = {
  content: { name: 'content', at: 'taps' },
  style: { name: 'style', at: 'taps', apart: true },
  totalVariation: { name: 'total variation', plainly: 'smoothness', at: 'picture' },
} as const satisfies Readonly<Record<string, KindWords>>;

export type TermKind = keyof typeof termKinds;

export interface TapTerm {
  readonly kind: TermKind;
  /** The tap it stands at. */
  readonly layer: string;
  readonly loss: MapLoss;
}

export interface PictureTerm {
  readonly kind: TermKind;
  readonly layer: undefined;
  readonly loss: PictureLoss;
}

export type LossTerm = TapTerm | PictureTerm;

/**
 * The terms of an objective, in the order of their values in every report.
 *
 * @param seen Whether maps are there as a whole, of which some losses have a cheaper form, or in windows.
 */
export function termsOf(options: ObjectiveOptions, seen: 'whole' | 'windows' = 'whole'): readonly LossTerm[] {
  const { contentLayers, contentWeight, styleLayers, styleWeight, tvWeight, tvLoss } = options;
  const contents = contentLayers.map(({ name, weight }): LossTerm => {
    return { kind: 'content', layer: name, loss: new ContentLoss(weight * contentWeight) };
  });
  const styles = styleLayers.map(({ name, weight }): LossTerm => {
    return { kind: 'style', layer: name, loss: styleLoss(weight * styleWeight, options, seen) };
  });
  const variation = new TotalVariationLoss({ weight: tvWeight, points: tvLoss });
  const smoothness: LossTerm = { kind: 'totalVariation', layer: undefined, loss: variation };
  return [...contents, ...styles, ...(tvWeight > 0 ? [smoothness] : [])];
}

function styleLoss(weight: number, { styleLoss, gramFactor }: ObjectiveOptions, seen: 'whole' | 'windows'): SummedLoss {
  switch (styleLoss) {
    case 'gram':
      return new GramLoss({ weight, gramFactor });
    case 'w2':
      return new W2Loss({ weight, takesWhole: seen === 'whole' });
    case 'covariance':
      return new CovarianceLoss(weight);
  }
}

export function isTapTerm(term: LossTerm): term is TapTerm {
  return term.layer !== undefined;
}

/** The names of all taps in use, without repetition. */
export function tapsOf(options: ObjectiveOptions): readonly string[] {
  return layersOfTerms(termsOf(options).filter(isTapTerm));
}

/** The taps of these terms, without repetition. */
export function layersOfTerms(terms: readonly TapTerm[]): readonly string[] {
  return [...new Set(terms.map(({ layer }) => layer))];
}

/** The terms by the picture that they compare with. */
export function comparedWith(terms: readonly TapTerm[]): Readonly<Record<'content' | 'style', readonly TapTerm[]>> {
  return {
    content: terms.filter(({ loss }) => loss.form === 'pointwise'),
    style: terms.filter(({ loss }) => loss.form === 'summed'),
  };
}

/** What is shown of a term; can be cloned. */
export interface TermLabel extends Pick<KindWords, 'plainly'> {
  readonly kind: TermKind;
  readonly layer: string | undefined;
}

export function labelOf({ kind, layer }: LossTerm): TermLabel {
  const { plainly }: KindWords = termKinds[kind];
  return { kind, layer, ...(plainly === undefined ? {} : { plainly }) };
}

/** `content relu4_2`, `total variation`: how errors call a term. */
export function termName({ kind, layer }: TermLabel): string {
  const { name } = termKinds[kind];
  return layer === undefined ? name : `${name} ${layer}`;
}
