/** PNGs whose chunks say what their colours mean, and what Chromium 156 shows of them. */

import { pngChunk } from '../../src/images/png-chunks.ts';
import { broken, chrmChunk, cicpChunk, gamaChunk, pngFile, srgbChunk } from './png.ts';

/** The stored colours: a dark grey, a red, a green, a blue. */
const stored = [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200] as const;

const srgbXy = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06] as const;
const p3Xy = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06] as const;
/** sRGB's primaries under D50. */
const warmXy = [0.3457, 0.3585, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06] as const;

export interface ColourCase {
  readonly name: string;
  readonly png: Uint8Array;
  /** 8-bit sRGB of each stored colour. */
  readonly shown: readonly number[];
}

const rows: readonly (readonly [name: string, chunks: readonly Uint8Array[], shown: readonly number[]])[] = [
  ['nothing said', [], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['gAMA 1', [gamaChunk(100_000)], [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229]],
  ['gAMA 1/1.8', [gamaChunk(55_556)], [26, 26, 26, 200, 26, 3, 77, 210, 53, 53, 77, 210]],
  ["gAMA 1/2.2, which is nearly sRGB's", [gamaChunk(45_455)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['gAMA 5 % below', [gamaChunk(43_182)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['gAMA 5 % above', [gamaChunk(47_727)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['gAMA more than 5 % below', [gamaChunk(43_181)], [9, 9, 9, 186, 9, 0, 53, 199, 31, 31, 53, 199]],
  ['gAMA more than 5 % above', [gamaChunk(47_728)], [15, 15, 15, 192, 15, 1, 62, 204, 39, 39, 62, 204]],
  ['gAMA 0', [gamaChunk(0)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['gAMA twice', [gamaChunk(100_000), gamaChunk(45_455)], [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229]],
  ['gAMA with a wrong checksum', [broken(gamaChunk(100_000))], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['cHRM without gAMA', [chrmChunk(...p3Xy)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  [
    "gAMA 1/2.2 and sRGB's cHRM",
    [gamaChunk(45_455), chrmChunk(...srgbXy)],
    [12, 12, 12, 189, 12, 1, 57, 201, 35, 35, 57, 201],
  ],
  [
    "gAMA 1/2.2 and P3's cHRM",
    [gamaChunk(45_455), chrmChunk(...p3Xy)],
    [12, 12, 12, 207, 0, 0, 0, 205, 0, 28, 58, 209],
  ],
  [
    "gAMA 1 and P3's cHRM",
    [gamaChunk(100_000), chrmChunk(...p3Xy)],
    [79, 79, 79, 242, 64, 3, 94, 232, 92, 104, 134, 236],
  ],
  [
    'gAMA 1/2.2 and cHRM under D50',
    [gamaChunk(45_455), chrmChunk(...warmXy)],
    [12, 12, 12, 198, 19, 16, 0, 201, 51, 21, 55, 198],
  ],
  [
    'gAMA 1 and cHRM of one point',
    [gamaChunk(100_000), chrmChunk(0.3127, 0.329, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)],
    [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200],
  ],
  [
    'gAMA 1 and cHRM of zeros',
    [gamaChunk(100_000), chrmChunk(0, 0, 0, 0, 0, 0, 0, 0)],
    [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200],
  ],
  [
    'gAMA 1 and cHRM above 1',
    [gamaChunk(100_000), chrmChunk(0.3127, 0.329, 0.64, 0.33, 0.3, 1.2, 0.15, 0.06)],
    [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200],
  ],
  [
    'gAMA 1 and cHRM of 3 bytes',
    [gamaChunk(100_000), pngChunk('cHRM', new Uint8Array(3))],
    [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229],
  ],
  ['sRGB before gAMA', [srgbChunk(), gamaChunk(100_000)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  [
    'sRGB with an intent that there is not',
    [srgbChunk(9), gamaChunk(100_000)],
    [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229],
  ],
  ['cICP P3', [cicpChunk(12, 13, 0, 1)], [20, 20, 20, 206, 0, 0, 0, 203, 0, 34, 61, 208]],
  [
    'cICP P3 before sRGB and gAMA',
    [srgbChunk(), gamaChunk(100_000), cicpChunk(12, 13, 0, 1)],
    [20, 20, 20, 206, 0, 0, 0, 203, 0, 34, 61, 208],
  ],
  [
    'cICP P3 with a wrong checksum',
    [broken(cicpChunk(12, 13, 0, 1))],
    [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200],
  ],
  [
    'cICP of 3 bytes',
    [pngChunk('cICP', Uint8Array.of(12, 13, 0)), gamaChunk(100_000)],
    [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229],
  ],
  [
    'cICP of unknown primaries',
    [cicpChunk(99, 13, 0, 1), gamaChunk(100_000)],
    [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229],
  ],
  [
    'cICP that leaves all open',
    [cicpChunk(2, 2, 0, 1), gamaChunk(100_000)],
    [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229],
  ],
  ['cICP of narrow range', [cicpChunk(12, 13, 0, 0)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['cICP sRGB', [cicpChunk(1, 13, 0, 1)], [20, 20, 20, 188, 20, 5, 60, 200, 40, 40, 60, 200]],
  ['cICP NTSC', [cicpChunk(4, 13, 0, 1)], [20, 20, 20, 224, 0, 0, 0, 196, 0, 0, 82, 206]],
  ['cICP PAL', [cicpChunk(5, 13, 0, 1)], [20, 20, 20, 192, 20, 5, 40, 200, 46, 39, 60, 199]],
  ['cICP BT.601, 525 lines', [cicpChunk(6, 13, 0, 1)], [20, 20, 20, 183, 34, 2, 76, 197, 37, 47, 65, 201]],
  ['cICP film', [cicpChunk(8, 13, 0, 1)], [20, 20, 20, 214, 0, 0, 0, 205, 0, 24, 54, 207]],
  ['cICP BT.2020', [cicpChunk(9, 13, 0, 1)], [20, 20, 20, 235, 0, 0, 0, 211, 0, 0, 59, 210]],
  ['cICP XYZ', [cicpChunk(10, 13, 0, 1)], [20, 20, 20, 255, 0, 50, 0, 255, 0, 0, 85, 212]],
  ['cICP DCI P3', [cicpChunk(11, 13, 0, 1)], [20, 20, 20, 201, 0, 0, 0, 204, 0, 34, 59, 208]],
  ['cICP EBU 3213', [cicpChunk(22, 13, 0, 1)], [20, 20, 20, 190, 35, 2, 49, 196, 39, 40, 70, 200]],
  ['cICP transfer of BT.709', [cicpChunk(1, 1, 0, 1)], [7, 7, 7, 184, 7, 0, 49, 197, 28, 28, 49, 197]],
  ['cICP transfer of BT.601', [cicpChunk(1, 6, 0, 1)], [7, 7, 7, 184, 7, 0, 49, 197, 28, 28, 49, 197]],
  ['cICP transfer of xvYCC', [cicpChunk(1, 11, 0, 1)], [7, 7, 7, 184, 7, 0, 49, 197, 28, 28, 49, 197]],
  ['cICP transfer of BT.2020, 10 bits', [cicpChunk(9, 14, 0, 1)], [7, 7, 7, 231, 0, 0, 0, 208, 0, 0, 48, 207]],
  ['cICP transfer of BT.2020, 12 bits', [cicpChunk(9, 15, 0, 1)], [7, 7, 7, 231, 0, 0, 0, 208, 0, 0, 48, 207]],
  ['cICP transfer 2.2', [cicpChunk(1, 4, 0, 1)], [12, 12, 12, 189, 12, 1, 57, 201, 35, 35, 57, 201]],
  ['cICP transfer 2.8', [cicpChunk(1, 5, 0, 1)], [3, 3, 3, 175, 3, 0, 36, 189, 17, 17, 36, 189]],
  ['cICP transfer of SMPTE 240M', [cicpChunk(7, 7, 0, 1)], [38, 38, 38, 190, 47, 13, 90, 203, 56, 63, 82, 207]],
  ['cICP linear', [cicpChunk(1, 8, 0, 1)], [79, 79, 79, 223, 79, 38, 133, 229, 110, 110, 133, 229]],
  ['cICP transfer of SMPTE 428', [cicpChunk(11, 17, 0, 1)], [5, 5, 5, 199, 0, 0, 0, 204, 0, 15, 43, 209]],
];

export const colourCases: readonly ColourCase[] = rows.map(([name, chunks, shown]) => ({
  name,
  png: pngFile({ width: 4, height: 2 }, [0, ...stored, 0, ...stored], chunks),
  shown,
}));
