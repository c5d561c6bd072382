/** RGB colour spaces by their definitions (primaries, white, transfer), and the way from any of them to sRGB. */

import { assertRgbImage, type RgbImage } from './rgb-image.ts';

/** A colour without its brightness: CIE 1931 x and y. */
export interface Chromaticity {
  readonly x: number;
  readonly y: number;
}

export interface Primaries {
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  /** What equal values of all three show. */
  readonly white: Chromaticity;
}

export interface ColourSpace {
  readonly primaries: Primaries;
  /** From a stored value, 0..1, to light; 1 is white. */
  readonly linearise: (value: number) => number;
}

export const d65: Chromaticity = { x: 0.3127, y: 0.329 };

/** IEC 61966-2-1. */
export const srgb: ColourSpace = {
  primaries: { red: { x: 0.64, y: 0.33 }, green: { x: 0.3, y: 0.6 }, blue: { x: 0.15, y: 0.06 }, white: d65 },
  linearise: (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4),
};

function delineariseSrgb(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Whether the primaries span a space: values of 0..1, no three of them on a line, a white that is not black. */
export function spansColours(primaries: Primaries): boolean {
  const { red, green, blue, white } = primaries;
  const inRange = [red, green, blue, white].every(({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1);
  return inRange && white.y > 0 && matrixToSrgb(primaries).flat().every(Number.isFinite);
}

/** Samples of a picture file have at most 16 bits, so a table of so many steps holds every value of one. */
const steps = 65_535;

/**
 * The picture's colours in sRGB; what lies outside its gamut is clipped, channel by channel. Whites are matched (Bradford). Stored
 * values are taken as 16-bit samples, which those of 8 bits are too.
 */
export function toSrgb(image: RgbImage, space: ColourSpace): RgbImage {
  assertRgbImage(image, 'toSrgb');
  if (space.primaries === srgb.primaries && space.linearise === srgb.linearise) return image;
  const light = tableOf(space.linearise);
  const stored = tableOf(delineariseSrgb);
  const lightOf = (value: number | undefined): number => light[Math.round((value ?? 0) * steps)] ?? 1;
  const [toRed, toGreen, toBlue] = matrixToSrgb(space.primaries);
  const pixels = new Float32Array(image.pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const red = lightOf(image.pixels[i]);
    const green = lightOf(image.pixels[i + 1]);
    const blue = lightOf(image.pixels[i + 2]);
    pixels[i] = between(stored, toRed[0] * red + toRed[1] * green + toRed[2] * blue);
    pixels[i + 1] = between(stored, toGreen[0] * red + toGreen[1] * green + toGreen[2] * blue);
    pixels[i + 2] = between(stored, toBlue[0] * red + toBlue[1] * green + toBlue[2] * blue);
  }
  return { ...image, pixels };
}

function tableOf(curve: (value: number) => number): Float64Array {
  return Float64Array.from({ length: steps + 1 }, (_, step) => curve(step / steps));
}

/** The table's curve at a value, clipped to 0..1; between steps a line, which for sRGB's is right to 1e-6. A power for each would take seconds. */
function between(table: Float64Array, value: number): number {
  const at = Math.min(1, Math.max(0, value)) * steps;
  const below = Math.floor(at);
  const start = table[below] ?? 0;
  return start + (at - below) * ((table[below + 1] ?? start) - start);
}

type Row = readonly [number, number, number];
/** Three rows. */
type Matrix = readonly [Row, Row, Row];

/** From linear RGB of the primaries to linear sRGB. */
function matrixToSrgb(primaries: Primaries): Matrix {
  const inD65 = product(adaptation(primaries.white, d65), toXyz(primaries));
  return product(inverse(toXyz(srgb.primaries)), inD65);
}

/** From linear RGB to CIE XYZ: the primaries' directions, each as long as makes their sum the white, at Y = 1 (SMPTE RP 177). */
function toXyz({ red, green, blue, white }: Primaries): Matrix {
  const [r, g, b] = [directionOf(red), directionOf(green), directionOf(blue)];
  const directions: Matrix = [
    [r[0], g[0], b[0]],
    [r[1], g[1], b[1]],
    [r[2], g[2], b[2]],
  ];
  return product(directions, diagonal(applied(inverse(directions), xyzOf(white))));
}

function directionOf({ x, y }: Chromaticity): Row {
  return [x, y, 1 - x - y];
}

function xyzOf({ x, y }: Chromaticity): Row {
  return [x / y, 1, (1 - x - y) / y];
}

/** The cone responses in which von Kries' scaling matches whites best (Bradford; ICC.1:2022, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Between XYZ under one white and under another. */
function adaptation(from: Chromaticity, to: Chromaticity): Matrix {
  const [a, b] = [applied(bradford, xyzOf(from)), applied(bradford, xyzOf(to))];
  return product(inverse(bradford), product(diagonal([b[0] / a[0], b[1] / a[1], b[2] / a[2]]), bradford));
}

function diagonal([a, b, c]: Row): Matrix {
  return [
    [a, 0, 0],
    [0, b, 0],
    [0, 0, c],
  ];
}

function applied([a, b, c]: Matrix, v: Row): Row {
  return [dot(a, v), dot(b, v), dot(c, v)];
}

function dot(a: Row, b: Row): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function product(left: Matrix, right: Matrix): Matrix {
  const columns = transposed(right);
  return [applied(columns, left[0]), applied(columns, left[1]), applied(columns, left[2])];
}

function transposed([a, b, c]: Matrix): Matrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}

/** By cross products; not finite where there is none. */
function inverse([a, b, c]: Matrix): Matrix {
  const determinant = dot(a, cross(b, c));
  const scaled = ([x, y, z]: Row): Row => [x / determinant, y / determinant, z / determinant];
  return transposed([scaled(cross(b, c)), scaled(cross(c, a)), scaled(cross(a, b))]);
}

function cross(a: Row, b: Row): Row {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
