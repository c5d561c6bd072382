/**
 * LPIPS: how different two pictures look to a person, learned from a network's feature maps. 0 for the same picture.
 *
 *   Σ over maps, mean over positions p, Σ over channels c of  w_c (a_pc / |a_p| − b_pc / |b_p|)²
 *
 * Source: Zhang, Isola, Efros, Shechtman and Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018); the constant
 * as in lpips 0.1.4. The published scaling of its input, 2x − 1 less (−.030, −.088, −.188) over (.458, .448, .450), is exactly that of
 * torchvision's VGG16: mean (.485, .456, .406), deviation (.229, .224, .225).
 */

import { ShapeError } from '../core/errors.ts';
import { type LpipsHeads, lpipsTaps } from '../weights/lpips-heads.ts';
import type { FeatureValues } from './feature-statistics.ts';

const tiny = 1e-10;

type Maps = ReadonlyMap<string, FeatureValues>;

/** Of two pictures by their maps at LPIPS' taps. @throws ShapeError where a map is missing or has another shape than the other's. */
export function lpipsOf(a: Maps, b: Maps, heads: LpipsHeads): number {
  return lpipsTaps.reduce((sum, tap) => {
    const [ofA, ofB, head] = [a.get(tap), b.get(tap), heads.get(tap)];
    if (ofA === undefined || ofB === undefined || head === undefined) {
      throw new ShapeError(`lpipsOf: both pictures' maps at ${tap} and its head are needed`);
    }
    return sum + lpipsAt(ofA, ofB, head);
  }, 0);
}

/** One map's part of the sum, in f64. @throws ShapeError where the maps or the head have other shapes. */
export function lpipsAt(a: FeatureValues, b: FeatureValues, head: Float32Array): number {
  const { channels } = a;
  if (a.values.length !== b.values.length || channels !== b.channels || channels !== head.length) {
    throw new ShapeError(
      `lpipsAt: maps of ${a.values.length} and ${b.values.length} values in ${channels} and ${b.channels} channels, head of ${head.length}`,
    );
  }
  let total = 0;
  for (let from = 0; from < a.values.length; from += channels) {
    const scaleA = 1 / (lengthAt(a.values, from, channels) + tiny);
    const scaleB = 1 / (lengthAt(b.values, from, channels) + tiny);
    for (let c = 0; c < channels; c++) {
      const difference = (a.values[from + c] ?? 0) * scaleA - (b.values[from + c] ?? 0) * scaleB;
      total += (head[c] ?? 0) * difference * difference;
    }
  }
  return total / (a.values.length / channels);
}

function lengthAt(values: Float32Array, from: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += (values[from + c] ?? 0) ** 2;
  return Math.sqrt(sum);
}
