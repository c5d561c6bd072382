/** Colour spaces by their code points (ITU-T H.273), as video and the `cICP` chunk of PNG name them. */

import { type Chromaticity, type ColourSpace, d65, type Primaries, srgb } from './colour-space.ts';

const illuminantC: Chromaticity = { x: 0.31, y: 0.316 };

/** H.273, table 2: red, green, blue, white. */
const primariesOf: ReadonlyMap<number, Primaries> = new Map([
  [1, srgb.primaries],
  // BT.470 System M (NTSC of 1953), BT.470 B/G (PAL), BT.601 of 525 lines, SMPTE 240M, colour film.
  [4, primaries([0.67, 0.33], [0.21, 0.71], [0.14, 0.08], illuminantC)],
  [5, primaries([0.64, 0.33], [0.29, 0.6], [0.15, 0.06], d65)],
  [6, primaries([0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65)],
  [7, primaries([0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65)],
  [8, primaries([0.681, 0.319], [0.243, 0.692], [0.145, 0.049], illuminantC)],
  // BT.2020, CIE XYZ, the cinema's P3 (SMPTE RP 431-2), Display P3 (SMPTE EG 432-1), EBU 3213.
  [9, primaries([0.708, 0.292], [0.17, 0.797], [0.131, 0.046], d65)],
  [10, primaries([1, 0], [0, 1], [0, 0], { x: 1 / 3, y: 1 / 3 })],
  [11, primaries([0.68, 0.32], [0.265, 0.69], [0.15, 0.06], { x: 0.314, y: 0.351 })],
  [12, primaries([0.68, 0.32], [0.265, 0.69], [0.15, 0.06], d65)],
  [22, primaries([0.63, 0.34], [0.295, 0.605], [0.155, 0.077], d65)],
]);

type Point = readonly [x: number, y: number];

function primaries(red: Point, green: Point, blue: Point, white: Chromaticity): Primaries {
  const at = ([x, y]: Point): Chromaticity => ({ x, y });
  return { red: at(red), green: at(green), blue: at(blue), white };
}

/** What a display makes of the BT.709 family: BT.1886, not the inverse of the camera's curve. Browsers do the same. */
const display = power(2.4);

/** H.273, table 3; what is stored in 0..1 to light. */
const transferOf: ReadonlyMap<number, ColourSpace['linearise']> = new Map([
  // BT.709, BT.601, xvYCC, BT.2020 of 10 and 12 bits.
  ...[1, 6, 11, 14, 15].map((code) => [code, display] as const),
  [4, power(2.2)],
  [5, power(2.8)],
  // SMPTE 240M.
  [7, (value) => (value < 4 * 0.0228 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45))],
  [8, power(1)],
  [13, srgb.linearise],
  // SMPTE 428, the cinema's: its white is a little below the largest value.
  [17, (value) => (52.37 / 48) * value ** 2.6],
]);

/** Transfer functions of high dynamic range, with their names: nothing says how bright the picture's white is. */
export const hdrTransfers: ReadonlyMap<number, string> = new Map([
  [16, 'PQ'],
  [18, 'HLG'],
]);

/** A transfer that is a power of the stored value. */
export function power(exponent: number): ColourSpace['linearise'] {
  return (value) => value ** exponent;
}

/** The colour space of two code points, undefined where one of them is none of ours. */
export function cicpSpace(primariesCode: number, transferCode: number): ColourSpace | undefined {
  const [primaries, linearise] = [primariesOf.get(primariesCode), transferOf.get(transferCode)];
  return primaries === undefined || linearise === undefined ? undefined : { primaries, linearise };
}
