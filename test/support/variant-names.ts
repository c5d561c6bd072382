/** Every variant that the kernel cases know by name, so that a run of them can show that none was left out. */

import { defaultTile, tileNames } from '../../src/kernels/tiles.ts';

/** Sorted; those of `lanes` only where the adapter has one subgroup size. */
export function variantNames(options: { readonly hasLanes: boolean }): readonly string[] {
  const bands = ['', ', bands of 1', ', bands of 2'];
  const lanes = [
    'lanes',
    'im2col lanes',
    ...bands.flatMap((band) => [`winograd lanes${band}`, `winograd2 lanes${band}`]),
  ];
  const tiles = tileNames.flatMap((tile) => [`tiles ${tile}`, `winograd tiles ${tile}`]);
  const banded = bands.slice(1).map((band) => `winograd tiles ${defaultTile}${band}`);
  return ['direct', 'routed', ...(options.hasLanes ? lanes : []), ...tiles, ...banded].sort();
}
