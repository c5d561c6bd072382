/** The activation plan: maps that meet never share a buffer, and sharing is worth it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindingAlignmentBytes } from '../../src/core/buffers.ts';
import { cutPass } from '../../src/models/bands.ts';
import { buildPass } from '../../src/models/build-pass.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { tapNamesOf } from '../../src/models/networks.ts';
import { bandsOf, type FeatureMap, mapsOf, type Pass, type Step } from '../../src/models/pass.ts';
import { type ActivationPlan, bytesBefore, mapBytes, type Place, planActivations } from '../../src/models/plan.ts';

const lanes8 = { family: 'lanes', lanes: 8 } as const;
const direct = { family: 'direct' } as const;

/** Runs a pass over memory that knows whose each byte is, and reports the first map read after some of it was overwritten. */
function firstClobbered(pass: Pass): string | undefined {
  const plan = planActivations(pass, chooseKernels(pass, lanes8));
  const holders = new Map<number, { name: string; from: number; to: number }[]>();
  const written = new Set<string>();
  const touch = (map: FeatureMap): string | undefined => {
    const { slot, offsetBytes: from } = placeOf(plan, map);
    const to = from + bytesBefore(map) + mapBytes(map);
    const held = holders.get(slot) ?? [];
    if (written.has(map.name) && !held.some(({ name }) => name === map.name)) return map.name;
    written.add(map.name);
    const kept = held.filter((other) => other.name !== map.name && (other.to <= from || to <= other.from));
    holders.set(slot, [...kept, { name: map.name, from, to }]);
    return undefined;
  };
  for (const { map } of bandsOf(pass, pass.input)) touch(map);
  for (const step of pass.steps) {
    for (const map of mapsOf(step)) {
      const clobbered = touch(map);
      if (clobbered !== undefined) return clobbered;
    }
    const slots = mapsOf(step).map((map) => placeOf(plan, map).slot);
    if (new Set(slots).size !== slots.length) return `two maps of one ${step.kind}`;
  }
  return undefined;
}

function placeOf(plan: ActivationPlan, { name }: FeatureMap): Place {
  const place = plan.places.get(name);
  if (place === undefined) throw new Error(`the plan has no place for ${name}`);
  return place;
}

describe('an activation plan', () => {
  it('never overwrites a map that is read later, for any taps and size', () => {
    const anyTaps = fc.uniqueArray(fc.constantFrom(...tapNamesOf('vgg19')), { minLength: 1, maxLength: 6 });
    const anySide = fc.integer({ min: 16, max: 70 });
    fc.assert(
      fc.property(anyTaps, anySide, anySide, fc.boolean(), (taps, height, width, backward) => {
        const pass = buildPass({ network: 'vgg19', height, width, taps, backward });
        expect(firstClobbered(pass)).toBeUndefined();
        if (height >= 32)
          expect(firstClobbered(cutPass(pass, { borders: [0, 16, height], levels: 3 }))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('gives every map a range within its buffer, at an offset that can be bound', () => {
    const pass = buildPass({ network: 'vgg16', height: 50, width: 30, taps: ['relu4_2'], backward: true });
    const plan = planActivations(pass, chooseKernels(pass, lanes8));
    for (const map of pass.steps.flatMap(mapsOf)) {
      const { slot, offsetBytes } = placeOf(plan, map);
      expect(offsetBytes % bindingAlignmentBytes).toBe(0);
      expect(plan.slots[slot]?.sizeBytes).toBeGreaterThanOrEqual(offsetBytes + mapBytes(map));
    }
  });

  it('takes less than half of what separate buffers would take, going forward only', () => {
    const pass = buildPass({ network: 'vgg16', height: 256, width: 256, taps: ['relu5_1'], backward: false });
    const separate = new Map(pass.steps.flatMap(mapsOf).map((map) => [map.name, mapBytes(map)]));
    const separateBytes = [...separate.values()].reduce((a, b) => a + b, 0);
    const withoutScratch = planActivations(pass, chooseKernels(pass, direct));
    expect(withoutScratch.totalBytes).toBeLessThan(separateBytes / 2);
  });

  it.each([
    ['every map before a pool tapped', 1230, ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3']],
    ['none of them tapped', 950, ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1']],
  ] as const)('keeps maps and gradients of 512x512, %s, in less than %d bytes a pixel', (_, most, taps) => {
    const pass = buildPass({ network: 'vgg16', height: 512, width: 512, taps, backward: true });
    const plan = planActivations(pass, chooseKernels(pass, direct));
    expect(plan.totalBytes / 512 ** 2).toBeLessThan(most);
  });

  it("ends the life of a map before a pool at the pool, where no loss needs it, and the pooled map's at the next layer", () => {
    const steps = (taps: readonly string[]) =>
      buildPass({ network: 'vgg16', height: 64, width: 64, taps, backward: true }).steps;
    const lastUse = (of: readonly Step[], name: string) =>
      of[of.findLastIndex((step) => mapsOf(step).some((map) => map.name === name))]?.kind;
    expect(lastUse(steps(['relu2_1']), 'relu1_2')).toBe('poolForward');
    expect(lastUse(steps(['relu2_1']), 'pool1')).toBe('convForward');
    expect(lastUse(steps(['relu2_1']), 'routes of pool1')).toBe('poolBackward');
    expect(lastUse(steps(['relu2_1', 'relu1_2']), 'relu1_2')).toBe('tapGradient');
  });
});
