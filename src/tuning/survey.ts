/** What an adapter means for a transfer: which kernels it would run and how large a picture it can hold. Runs nothing. */

import { LimitError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { chooseConv2dVariant, conv2dVariantName } from '../kernels/conv2d.ts';
import { type Backend, backendOf, type ChoiceOrigin, choiceOriginOf } from '../kernels/family.ts';
import { chooseGramVariant, gramVariantName } from '../kernels/gram.ts';
import { conv2dShapeOf, tapMap } from '../models/pass.ts';
import { paddingModeOf } from '../models/plan.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import type { Settings } from '../settings/presets.ts';
import { convolutionsOf, planStylize } from '../transfer/stylize.ts';

/** The kernel family chosen for one operation of one layer. */
export interface FamilyChoice {
  readonly op: 'conv2d forward' | 'conv2d backward' | 'gram';
  readonly layer: string;
  readonly family: string;
}

export interface AdapterSurvey {
  readonly backend: Backend;
  /** Why these kernels: told, measured, or the family's own choice. */
  readonly origin: ChoiceOrigin;
  readonly families: readonly FamilyChoice[];
  /** The side of the largest square picture within the adapter's limits, at most `mostSide`. */
  readonly largestSquare: { readonly side: number; readonly peakBytes: number };
}

/** The largest side that is looked for. */
const mostSide = 16_384;

/** Any size will do for choosing kernels; this one is no special case of theirs. */
const typicalSide = 256;

/** Asks the engine's own rules; nothing is allocated. */
export function surveyAdapter(gpu: Gpu, settings: Settings): AdapterSurvey {
  return {
    backend: backendOf(gpu),
    origin: choiceOriginOf(gpu),
    families: familiesOf(gpu, settings),
    largestSquare: largestSquareOf(gpu, settings),
  };
}

function familiesOf(gpu: Gpu, { objective, ...rest }: Settings): readonly FamilyChoice[] {
  const backend = backendOf(gpu);
  const pass = objectivePass(objective, { width: typicalSide, height: typicalSide });
  const convolutions = convolutionsOf({ objective, ...rest }).flatMap((layer): FamilyChoice[] => {
    const size = { width: typicalSide, height: typicalSide };
    const shape = conv2dShapeOf(layer, size, paddingModeOf(layer.name, objective.paddingMode));
    return (['forward', 'backward'] as const).map((direction) => ({
      op: `conv2d ${direction}` as const,
      layer: layer.name,
      family: conv2dVariantName(chooseConv2dVariant(shape, direction, backend, layer.name)),
    }));
  });
  const grams = objective.styleLayers.map(({ name }): FamilyChoice => {
    const { channels } = tapMap(pass, name);
    return { op: 'gram', layer: name, family: gramVariantName(chooseGramVariant(channels, backend)) };
  });
  return [...convolutions, ...grams];
}

function largestSquareOf(gpu: Gpu, settings: Settings): AdapterSurvey['largestSquare'] {
  const peakBytesAt = (side: number): number | undefined => {
    const size = { width: side, height: side };
    try {
      return planStylize({ content: size, style: size }, settings, gpu).peakBytes;
    } catch (error) {
      if (error instanceof LimitError) return undefined;
      throw error;
    }
  };
  let [fitting, failing] = [typicalSide, mostSide + 1];
  while (failing - fitting > 1) {
    const middle = Math.floor((fitting + failing) / 2);
    if (peakBytesAt(middle) === undefined) failing = middle;
    else fitting = middle;
  }
  return { side: fitting, peakBytes: peakBytesAt(fitting) ?? 0 };
}
