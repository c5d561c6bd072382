/** Every case of every operation. */

import { conv2dCases } from './conv2d.ts';
import { gemmCases } from './gemm.ts';
import { gramCases } from './gram.ts';
import { inverseRootCases } from './inverse-root.ts';
import type { KernelCase } from './kernel-case.ts';
import { lossSumCases } from './loss-sum.ts';
import { momentCases } from './moments.ts';
import { mseCases } from './mse.ts';
import { normaliseCases } from './normalise.ts';
import { pictureWindowCases } from './picture-window.ts';
import { planesCases } from './planes.ts';
import { poolCases } from './pool2d.ts';
import { rectangleCases } from './rectangle.ts';
import { reluCases } from './relu.ts';
import { totalVariationCases } from './total-variation.ts';
import { vectorCopyCases } from './vector-copy.ts';
import { windowPoolCases } from './window-pool2d.ts';
import { winogradCases } from './winograd.ts';

export const kernelCases: readonly KernelCase[] = [
  ...normaliseCases,
  ...conv2dCases,
  ...winogradCases,
  ...gemmCases,
  ...reluCases,
  ...poolCases,
  ...windowPoolCases,
  ...gramCases,
  ...mseCases,
  ...momentCases,
  ...inverseRootCases,
  ...totalVariationCases,
  ...lossSumCases,
  ...vectorCopyCases,
  ...rectangleCases,
  ...pictureWindowCases,
  ...planesCases,
];
