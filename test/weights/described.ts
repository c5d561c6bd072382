/** Weight files that describe their tensors and hold no values. */

import type { WeightFile } from '../../src/weights/weight-file.ts';

export type Shapes = ReadonlyMap<string, readonly number[]>;

export function described(shapes: Shapes): WeightFile {
  const read = () => Promise.reject(new Error('recognition reads no values'));
  const tensors = new Map([...shapes].map(([name, shape]) => [name, { dtype: 'F32', shape, read }] as const));
  return { source: 'w.pth', format: 'pytorch-zip', tensors };
}
