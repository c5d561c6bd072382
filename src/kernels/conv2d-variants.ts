/** Every variant of conv2d. `direct` is first; of one family the one that is usual comes before those that are measured to be better. */

import { conv2dDirect } from './conv2d-direct.ts';
import { conv2dTiles } from './conv2d-tiles.ts';
import type { Conv2dVariant } from './conv2d-variant.ts';
import { im2colLanes } from './im2col.ts';
import { winogradLanes } from './winograd-lanes.ts';
import { winogradTiles } from './winograd-tiles.ts';
import { winograd2Lanes } from './winograd2-lanes.ts';

export const everyConv2dVariant: readonly Conv2dVariant[] = [
  conv2dDirect,
  winogradLanes,
  winograd2Lanes,
  ...winogradTiles,
  im2colLanes,
  ...conv2dTiles,
];
