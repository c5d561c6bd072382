/**
 * What the samples of a PNG mean as colours, by its chunks (PNG specification, third edition, 4.3 and 11.3.2): `cICP` before `iCCP` before
 * `sRGB` before `gAMA` with `cHRM`. Where the specification leaves a choice, as Chromium does, so that page and command line agree.
 */

import { FormatError } from '../core/errors.ts';
import { cicpSpace, hdrTransfers, power } from './cicp.ts';
import { type Chromaticity, type ColourSpace, spansColours, srgb } from './colour-space.ts';
import { isIntact, type PngChunk } from './png-chunks.ts';

export type PngColour =
  /** The ICC profile of its `iCCP` chunk says it. */
  { readonly kind: 'profile' } | { readonly kind: 'space'; readonly space: ColourSpace };

const plain: PngColour = { kind: 'space', space: srgb };

/** Values are stored as integers in these units. */
const unit = 1 / 100_000;

/** How far, as a share, a display's gamma of 2.2 may be missed before samples are changed for it. libpng has the same. */
const gammaTolerance = 0.05;

/**
 * Reads the colour chunks, which stand before the pixels; of two of a kind the first counts, and one that is damaged counts for nothing.
 *
 * @param source for messages.
 * @throws FormatError where the picture is one of high dynamic range, or not RGB.
 */
export function pngColourOf(source: string, chunks: Iterable<PngChunk>): PngColour {
  const found = new Map<string, DataView>();
  for (const chunk of chunks) {
    const { type, body } = chunk;
    if (type === 'IDAT') break;
    if (!colourChunks.has(type) || found.has(type) || !isIntact(chunk)) continue;
    found.set(type, new DataView(body.buffer, body.byteOffset, body.byteLength));
  }
  const [cicp, profile, rendering] = [found.get('cICP'), found.get('iCCP'), found.get('sRGB')];
  const byCodePoints = cicp?.byteLength === 4 ? spaceOfCodePoints(source, cicp) : undefined;
  if (byCodePoints !== undefined) return { kind: 'space', space: byCodePoints };
  if (profile !== undefined) return { kind: 'profile' };
  if (rendering?.byteLength === 1 && rendering.getUint8(0) <= 3) return plain;
  return { kind: 'space', space: spaceOfGamma(found.get('gAMA'), found.get('cHRM')) };
}

const colourChunks: ReadonlySet<string> = new Set(['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM']);

function spaceOfCodePoints(source: string, cicp: DataView): ColourSpace | undefined {
  const [primaries, transfer, matrix, range] = [cicp.getUint8(0), cicp.getUint8(1), cicp.getUint8(2), cicp.getUint8(3)];
  if (matrix !== 0) {
    throw new FormatError(
      source,
      'picture-colours',
      `expected RGB, got a cICP chunk with matrix coefficients ${matrix}; save it in sRGB`,
    );
  }
  const hdr = hdrTransfers.get(transfer);
  if (hdr !== undefined) {
    throw new FormatError(
      source,
      'picture-hdr',
      `expected a picture of standard dynamic range, got HDR (${hdr} in its cICP chunk); save it in sRGB or Display P3`,
    );
  }
  const isFullRange = range === 1;
  return isFullRange ? cicpSpace(primaries, transfer) : undefined;
}

/** @param gama the exponent that light was raised to. @param chrm white, red, green and blue, each x and y. */
function spaceOfGamma(gama: DataView | undefined, chrm: DataView | undefined): ColourSpace {
  const gamma = gama?.byteLength === 4 ? gama.getUint32(0) * unit : 0;
  // Primaries alone are no colour space.
  if (gamma === 0) return srgb;
  const linearise = power(1 / gamma);
  if (chrm?.byteLength === 32) {
    const at = (index: number): Chromaticity => ({
      x: chrm.getUint32(8 * index) * unit,
      y: chrm.getUint32(8 * index + 4) * unit,
    });
    const primaries = { white: at(0), red: at(1), green: at(2), blue: at(3) };
    return spansColours(primaries) ? { primaries, linearise } : srgb;
  }
  return Math.abs(gamma * 2.2 - 1) <= gammaTolerance ? srgb : { primaries: srgb.primaries, linearise };
}
