/** The layers that presets look at, with their weights. */

import type { WeightedLayer } from './kinds.ts';
import type { PresetValues } from './preset-names.ts';

const layersOf = (weights: Readonly<Record<string, number>>): readonly WeightedLayer[] =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight }));

export const presetContentLayers: PresetValues<readonly WeightedLayer[]> = {
  default: layersOf({ relu4_2: 1 }),
  lecture: layersOf({ relu4_3: 1 }),
  inception: layersOf({ Mixed_6a: 1 }),
};

export const presetStyleLayers: PresetValues<readonly WeightedLayer[]> = {
  default: layersOf({ relu1_1: 256, relu2_1: 64, relu3_1: 16, relu4_1: 4, relu5_1: 1 }),
  gram: layersOf({ relu1_1: 1, relu2_1: 1, relu3_1: 2, relu4_1: 8, relu5_1: 32 }),
  gatys: layersOf({ relu1_1: 1, relu2_1: 1, relu3_1: 1, relu4_1: 1, relu5_1: 1 }),
  lecture: layersOf({ relu1_2: 1, relu2_2: 1, relu3_3: 1, relu4_3: 1, relu5_3: 1 }),
  inception: layersOf({
    Conv2d_1a_3x3: 0.03,
    Conv2d_2b_3x3: 0.5,
    Conv2d_4a_3x3: 1.4,
    Mixed_5b: 2,
    Mixed_5d: 45,
    Mixed_6b: 700,
  }),
};
