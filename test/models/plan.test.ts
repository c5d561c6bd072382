/** The activation plan: maps that meet never share a buffer, and sharing is worth it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapBytes, planActivations } from '../../src/models/plan.ts';
import { buildSchedule, mapsOf, type Schedule } from '../../src/models/schedule.ts';
import { tapNamesOf } from '../../src/models/vgg.ts';

const options = { backend: { family: 'lanes', lanes: 8 }, paddingMode: 'zeros' } as const;

/** Runs a schedule over slots that hold one map's name each, and reports the first map read after it was overwritten. */
function firstClobbered(schedule: Schedule): string | undefined {
  const plan = planActivations(schedule, options);
  const holder = new Map<number, string>();
  const slot = (name: string): number => plan.slotOf.get(name) ?? -1;
  const written = new Set<string>();
  const touch = (name: string): string | undefined => {
    if (written.has(name) && holder.get(slot(name)) !== name) return name;
    written.add(name);
    holder.set(slot(name), name);
    return undefined;
  };
  touch(schedule.input.name);
  for (const step of schedule.steps) {
    for (const map of mapsOf(step)) {
      const clobbered = touch(map.name);
      if (clobbered !== undefined) return clobbered;
    }
    const slots = mapsOf(step).map((map) => slot(map.name));
    if (new Set(slots).size !== slots.length) return `two maps of one ${step.kind}`;
  }
  return undefined;
}

describe('an activation plan', () => {
  it('never overwrites a map that is read later, for any taps and size', () => {
    const anyTaps = fc.uniqueArray(fc.constantFrom(...tapNamesOf('vgg19')), { minLength: 1, maxLength: 6 });
    const anySide = fc.integer({ min: 16, max: 70 });
    fc.assert(
      fc.property(anyTaps, anySide, anySide, fc.boolean(), (taps, height, width, backward) => {
        const schedule = buildSchedule({ network: 'vgg19', height, width, taps, backward });
        expect(firstClobbered(schedule)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('gives every map a slot at least its size', () => {
    const schedule = buildSchedule({ network: 'vgg16', height: 50, width: 30, taps: ['relu4_2'], backward: true });
    const plan = planActivations(schedule, options);
    for (const map of schedule.steps.flatMap(mapsOf)) {
      expect(plan.slots[plan.slotOf.get(map.name) ?? -1]?.sizeBytes).toBeGreaterThanOrEqual(mapBytes(map));
    }
  });

  it('takes less than half of what separate buffers would take, going forward only', () => {
    const schedule = buildSchedule({ network: 'vgg16', height: 256, width: 256, taps: ['relu5_1'], backward: false });
    const separate = new Map(schedule.steps.flatMap(mapsOf).map((map) => [map.name, mapBytes(map)]));
    const separateBytes = [...separate.values()].reduce((a, b) => a + b, 0);
    const withoutScratch = planActivations(schedule, { ...options, backend: { family: 'direct' } });
    expect(withoutScratch.totalBytes).toBeLessThan(separateBytes / 2);
  });

  it('keeps all post-ReLU maps of 512x512 to relu5_1 within 1.7 kB per pixel, gradients included', () => {
    const schedule = buildSchedule({ network: 'vgg16', height: 512, width: 512, taps: ['relu5_1'], backward: true });
    const plan = planActivations(schedule, { ...options, backend: { family: 'direct' } });
    expect(plan.totalBytes / 512 ** 2).toBeLessThan(1700);
  });
});
