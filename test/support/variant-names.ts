/** Every variant that the kernels list, by name, so that a run of the cases can show that none was left out. */

import { everyConv2dVariant } from '../../src/kernels/conv2d-variants.ts';
import { everyGramVariant } from '../../src/kernels/gram.ts';
import { bandsOf } from '../cases/conv2d.ts';

/** Sorted; those of `lanes` only where the adapter has one subgroup size. */
export function variantNames(options: { readonly hasLanes: boolean }): readonly string[] {
  const tall = { inHeight: 64, inWidth: 64, inChannels: 64, outChannels: 64 };
  const geometry = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, paddingMode: 'zeros' } as const;
  const bands = bandsOf(everyConv2dVariant, { ...tall, ...geometry });
  const names = [...everyConv2dVariant, ...bands, ...everyGramVariant]
    .filter(({ family }) => family !== 'lanes' || options.hasLanes)
    .map(({ name }) => name);
  // Of pools.
  return [...new Set([...names, 'routed', 'windows'])].sort();
}
