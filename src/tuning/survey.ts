/** What an adapter means for a transfer: which kernels it would run and how large a picture it can hold. Runs nothing. */

import type { Gpu } from '../core/gpu.ts';
import { type Backend, backendOf, type ChoiceOrigin, choiceOriginOf } from '../kernels/family.ts';
import { chooseKernels } from '../models/chosen-kernels.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import type { Settings } from '../settings/settings.ts';
import { leastSide, sideRange } from '../settings/sizes.ts';
import { largestSquares } from '../transfer/fit.ts';

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
  /** The largest square picture, for each way of having the maps. */
  readonly largestSquares: ReturnType<typeof largestSquares>;
}

/** Any size will do for choosing kernels; this one is no special case of theirs. */
const typicalSide = 256;

/** Asks the engine's own rules; nothing is allocated. */
export function surveyAdapter(gpu: Gpu, settings: Settings): AdapterSurvey {
  return {
    backend: backendOf(gpu),
    origin: choiceOriginOf(gpu),
    families: familiesOf(gpu, settings),
    largestSquares: largestSquares(
      { settings, backend: backendOf(gpu), limits: gpu.limits, memoryBytes: gpu.memoryBytes, tile: 'auto' },
      { least: leastSide, most: sideRange.to },
    ),
  };
}

function familiesOf(gpu: Gpu, { objective }: Settings): readonly FamilyChoice[] {
  const size = { width: typicalSide, height: typicalSide };
  const kernels = chooseKernels(objectivePass(objective, size), backendOf(gpu));
  const convolutions = kernels.layers.flatMap(({ layer, variants }): FamilyChoice[] => [
    { op: 'conv2d forward', layer: layer.name, family: variants.forward.name },
    { op: 'conv2d backward', layer: layer.name, family: variants.backward.name },
  ]);
  const grams = objective.styleLayers.map(
    ({ name }): FamilyChoice => ({ op: 'gram', layer: name, family: kernels.tap(name).gram.name }),
  );
  return [...convolutions, ...grams];
}
