/** Colour spaces by their definitions. What browsers show of whole files stands in test/platform/png-colours. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cicpSpace } from '../../src/images/cicp.ts';
import { type ColourSpace, d65, type Primaries, spansColours, srgb, toSrgb } from '../../src/images/colour-space.ts';
import { largestDifference, pictureOf } from './pictures.ts';

function spaceOf(primaries: number, transfer = 13): ColourSpace {
  const space = cicpSpace(primaries, transfer);
  if (space === undefined) throw new Error(`no space ${primaries}, ${transfer}`);
  return space;
}

const everyPrimaries = [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22];
const everyTransfer = [1, 4, 5, 6, 7, 8, 11, 13, 14, 15];

/** By the definition of sRGB (IEC 61966-2-1). */
const store = (light: number) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

describe('toSrgb', () => {
  test.each([
    // CSS Color 4, sample code: Display P3 to XYZ to sRGB; ITU-R BT.2087, table 4 (BT.2020 to BT.709).
    ['Display P3', 12, [1.2249401763, -0.2249401763, -0.0420569547, 1.0420569547, -0.0196375546, -0.0786360454], 1e-6],
    ['BT.2020', 9, [1.6605, -0.5876, -0.1246, 1.1329, -0.0182, -0.1006], 1e-4],
  ] as const)('%s has the matrix of its standard', (_, code, [rr, rg, gr, gg, br, bg], tolerance) => {
    // Light of red and green that no channel clips.
    const [red, green, blue] = [0.3, 0.25, 0.28];
    const { linearise } = spaceOf(code, 8);
    const rest = [1 - rr - rg, 1 - gr - gg, 1 - br - bg];
    const expected = [rr * red + rg * green, gr * red + gg * green, br * red + bg * green].map((light, c) =>
      store(light + (rest[c] ?? 0) * blue),
    );
    const image = pictureOf(2, 2, (_x, _y, c) => [red, green, blue][c] ?? 0);
    const { pixels } = toSrgb(image, { primaries: spaceOf(code).primaries, linearise });
    expect(largestDifference(pixels.subarray(0, 3), expected)).toBeLessThan(tolerance + 3e-5);
  });

  test.each(everyPrimaries)('primaries %i: greys stay, white and black among them', (code) => {
    const image = pictureOf(256, 1, (x) => x / 255);
    expect(largestDifference(toSrgb(image, spaceOf(code)).pixels, image.pixels)).toBeLessThan(1e-6);
  });

  test.each(everyTransfer)('transfer %i: rises, from black to white', (code) => {
    const image = pictureOf(4096, 1, (x) => x / 4095);
    const { pixels } = toSrgb(image, spaceOf(1, code));
    const greys = [...pixels].filter((_, i) => i % 3 === 0);
    expect(Math.abs((greys[0] ?? 1) - 0)).toBeLessThan(1e-6);
    expect(Math.abs((greys.at(-1) ?? 0) - 1)).toBeLessThan(1e-6);
    expect(greys.every((grey, i) => i === 0 || grey >= (greys[i - 1] ?? 1))).toBe(true);
  });

  test("sRGB's own definition, given as another, changes no 16-bit sample by a step", () => {
    const image = pictureOf(65_536, 1, (x) => x / 65_535);
    const copy = { primaries: { ...srgb.primaries }, linearise: srgb.linearise };
    expect(largestDifference(toSrgb(image, copy).pixels, image.pixels)).toBeLessThan(0.1 / 65_535);
    expect(toSrgb(image, srgb)).toBe(image);
  });

  test('what sRGB cannot show is clipped; alpha stays', () => {
    const green = { ...pictureOf(1, 1, (_x, _y, c) => (c === 1 ? 1 : 0)), alpha: Float32Array.of(0.25) };
    const image = toSrgb(green, spaceOf(12));
    expect([...image.pixels]).toEqual([0, 1, 0]);
    expect(image.alpha).toEqual(Float32Array.of(0.25));
  });
});

describe('spansColours', () => {
  test('every set of primaries with a name does', () => {
    for (const code of everyPrimaries) expect(spansColours(spaceOf(code).primaries), String(code)).toBe(true);
  });

  const point = { x: 0.3, y: 0.3 };
  test.each<[string, Primaries]>([
    ['one point', { red: point, green: point, blue: point, white: d65 }],
    ['a white without light', { ...srgb.primaries, white: { x: 0.3, y: 0 } }],
    ['more than all light', { ...srgb.primaries, red: { x: 0.64, y: 1.2 } }],
  ])('%s does not', (_, primaries) => {
    expect(spansColours(primaries)).toBe(false);
  });

  test('where it does, pictures are finite', () => {
    const at = fc.record({ x: fc.integer({ min: 0, max: 1e5 }), y: fc.integer({ min: 0, max: 1e5 }) });
    const unit = ({ x, y }: { readonly x: number; readonly y: number }) => ({ x: x / 1e5, y: y / 1e5 });
    fc.assert(
      fc.property(at, at, at, at, (red, green, blue, white) => {
        const primaries = { red: unit(red), green: unit(green), blue: unit(blue), white: unit(white) };
        if (!spansColours(primaries)) return;
        const { pixels } = toSrgb(
          pictureOf(2, 2, (x, y, c) => (x + 2 * y + c) / 5),
          { primaries, linearise: (value) => value },
        );
        expect([...pixels].every((value) => value >= 0 && value <= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
