/** Passes over bands of rows: what is cut, where, and that every row of every map is made once. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandCutOf, cutPass, fittingPass, tapParts } from '../../src/models/bands.ts';
import { buildPass } from '../../src/models/build-pass.ts';
import { chooseKernels } from '../../src/models/chosen-kernels.ts';
import { bandsOf, type FeatureMap, mapsOf, type Pass, type Step } from '../../src/models/pass.ts';
import { bytesBefore, mapBytes } from '../../src/models/plan.ts';

const vgg16 = { network: 'vgg16', taps: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'] } as const;
const kernelsOf = (pass: Pass) => chooseKernels(pass, { family: 'direct' });

function cutTo(pass: Pass, mostBytes: number): Pass | undefined {
  return fittingPass(pass, kernelsOf(pass), mostBytes);
}

const ofKind = <Kind extends Step['kind']>(pass: Pass, kind: Kind) =>
  pass.steps.filter((step): step is Extract<Step, { readonly kind: Kind }> => step.kind === kind);

const last = ({ firstRow = 0, height }: FeatureMap): number => firstRow + height;

describe('a pass cut into bands', () => {
  const pass = buildPass({ ...vgg16, height: 200, width: 24, backward: true });
  const rowBytes = 24 * 64 * 4;

  it('is itself where no map is larger than the limit', () => {
    expect(cutTo(pass, 200 * rowBytes)).toBe(pass);
  });

  it('has the fewest bands that fit, beginning with whole patches at every resolution that is cut', () => {
    // relu2 has half the bytes of relu1, relu3 a quarter.
    expect(bandCutOf(pass, kernelsOf(pass), 199 * rowBytes)).toEqual({ borders: [0, 100, 200], levels: 1 });
    expect(bandCutOf(pass, kernelsOf(pass), 99 * rowBytes)).toEqual({ borders: [0, 72, 136, 200], levels: 2 });
    expect(bandCutOf(pass, kernelsOf(pass), 49 * rowBytes)).toMatchObject({
      borders: [0, 32, 64, 96, 128, 160, 192, 200],
      levels: 3,
    });
  });

  it('does not fit where the narrowest bands are too large', () => {
    expect(cutTo(pass, 10 * rowBytes)).toBeUndefined();
  });

  it('keeps every map within the limit, and makes each row of it once, for any size and limit', () => {
    const anySize = fc.record({ height: fc.integer({ min: 16, max: 700 }), width: fc.integer({ min: 16, max: 90 }) });
    let cuts = 0;
    fc.assert(
      fc.property(
        anySize,
        fc.integer({ min: 2, max: 12 }),
        fc.boolean(),
        fc.boolean(),
        (size, share, backward, half) => {
          const whole = buildPass({ ...vgg16, ...size, backward, storage: half ? 'f16' : 'f32' });
          const mostBytes = (size.height * size.width * 256) / share;
          const cut = cutTo(whole, mostBytes);
          if (cut === undefined || cut === whole) return;
          cuts += 1;
          const maps = cut.steps.flatMap(mapsOf);
          expect(maps.filter((map) => mapBytes(map) > mostBytes || bytesBefore(map) % 256 !== 0)).toEqual([]);
          for (const map of [...whole.taps.values(), whole.input]) {
            let next = 0;
            for (const { own, firstRow } of bandsOf(cut, map)) {
              expect(firstRow).toBe(next);
              expect(own.height).toBeGreaterThan(0);
              next += own.height;
            }
            expect(next).toBe(map.height);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(cuts).toBeGreaterThan(20);
  });

  it("copies its neighbours' rows to a band before each convolution that reads it, but not the picture's", () => {
    const cut = cutPass(pass, { borders: [0, 100, 200], levels: 1 });
    const names = cut.steps.map((step) =>
      step.kind === 'copyRows' ? `${step.input.name} to ${step.output.name}` : step.kind,
    );
    expect(names.slice(0, 7)).toEqual([
      'convForward',
      'convForward',
      'relu1_1, band 1 to relu1_1, band 2',
      'relu1_1, band 2 to relu1_1, band 1',
      'convForward',
      'convForward',
      'poolForward',
    ]);
    // Once forward, for relu1_1, and backward for both of its convolutions.
    expect(ofKind(cut, 'copyRows')).toHaveLength(6);
    const [down, up] = ofKind(cut, 'copyRows');
    // Band 1 has rows 0 to 100 and its neighbour's first; band 2 begins four rows above row 100.
    expect(down).toMatchObject({ input: { firstRow: 98, height: 2 }, output: { firstRow: 2, height: 2 } });
    expect(up).toMatchObject({ input: { firstRow: 4, height: 1 }, output: { firstRow: 100, height: 1 } });
  });

  it('pools bands into rows of a map that is whole, and reads its gradient from there', () => {
    const cut = cutPass(pass, { borders: [0, 100, 200], levels: 1 });
    const pools = ofKind(cut, 'poolForward').filter(({ output }) => output.name === 'pool1');
    expect(pools.map(({ input, output }) => [input.firstRow, input.height, output.firstRow, output.height])).toEqual([
      [0, 100, 0, 50],
      [4, 100, 50, 50],
    ]);
    const back = ofKind(cut, 'poolBackward').filter(({ gradOutput }) => gradOutput.name === 'gradient of pool1');
    expect(back.map(({ gradOutput }) => last(gradOutput))).toEqual([50, 100]);
    expect(tapParts(cut, 'relu2_1')).toHaveLength(1);
    expect(tapParts(cut, 'relu1_1').map(({ height }) => height)).toEqual([100, 100]);
  });
});
