/** Zoom as numbers: what is under the pointer stays there, and the frame stays filled. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeUpScale,
  fitted,
  isSharp,
  isZoomed,
  largestScale,
  middle,
  type Point,
  type Zoom,
  zoomTo,
} from '../../src/web/view/zoom.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.record({ x: share, y: share });
/** Beyond the limits too, as gestures ask for it. */
const scale = fc.double({ min: 0.1, max: 40, noNaN: true });
const moves = fc.array(fc.tuple(scale, point, point), { maxLength: 8 });

/** Where in the picture a place of the frame is. */
function seenAt(zoom: Zoom, { x, y }: Point): Point {
  return { x: (x - zoom.x) / zoom.scale, y: (y - zoom.y) / zoom.scale };
}

function reached(list: readonly (readonly [number, Point, Point])[]): Zoom {
  return list.reduce<Zoom>((zoom, [next, from, to]) => zoomTo(zoom, next, from, to), fitted);
}

describe('zoomTo', () => {
  it('leaves what is under the pointer there, going in', () => {
    fc.assert(
      fc.property(moves, point, share, (list, place, more) => {
        const zoom = reached(list);
        const closer = zoomTo(zoom, zoom.scale + more * (largestScale - zoom.scale), place);
        const [before, now] = [seenAt(zoom, place), seenAt(closer, place)];
        expect(now.x).toBeCloseTo(before.x, 9);
        expect(now.y).toBeCloseTo(before.y, 9);
      }),
    );
  });

  it('never leaves the limits, nor a part of the frame empty', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const zoom = reached(list);
        expect(zoom.scale).toBeGreaterThanOrEqual(1);
        expect(zoom.scale).toBeLessThanOrEqual(largestScale);
        for (const corner of [seenAt(zoom, { x: 0, y: 0 }), seenAt(zoom, { x: 1, y: 1 })]) {
          for (const along of [corner.x, corner.y]) {
            expect(along).toBeGreaterThanOrEqual(-1e-9);
            expect(along).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
      }),
    );
  });

  it('carries what is under two fingers along, as far as there is picture', () => {
    const zoom = zoomTo(fitted, 4, middle);
    const pinched = zoomTo(zoom, 8, { x: 0.4, y: 0.5 }, { x: 0.5, y: 0.3 });
    expect(seenAt(pinched, { x: 0.5, y: 0.3 }).x).toBeCloseTo(seenAt(zoom, { x: 0.4, y: 0.5 }).x, 9);
    expect(seenAt(zoomTo(zoom, 4, middle, { x: 9, y: 9 }), { x: 0, y: 0 })).toEqual({ x: 0, y: 0 });
  });

  it('comes back to the fit by as many steps as it went, but for rounding', () => {
    const there = Array.from({ length: 5 }).reduce<Zoom>(
      (zoom) => zoomTo(zoom, zoom.scale * Math.SQRT2, middle),
      fitted,
    );
    const back = Array.from({ length: 5 }).reduce<Zoom>((zoom) => zoomTo(zoom, zoom.scale / Math.SQRT2, middle), there);
    expect(isZoomed(there)).toBe(true);
    expect(isZoomed(back)).toBe(false);
  });
});

describe('the close look', () => {
  it.each([
    ['a large picture: 100 %', 0.25, 1],
    ['one that nearly fits: 200 %', 0.9, 2],
    ['one that is enlarged already: the next whole multiple', 3.4, 6],
    ['one too large for the largest scale: as close as can be', 0.02, 0.32],
  ])('of %s', (_, pixelsAtFit, pixels) => {
    expect(closeUpScale(pixelsAtFit) * pixelsAtFit).toBeCloseTo(pixels, 9);
  });
});

describe('isSharp', () => {
  it.each([
    [{ ...fitted, scale: 5 }, 1, true],
    [{ ...fitted, scale: 2.9 }, 1, false],
    // The whole of a small picture is looked at, not its pixels.
    [fitted, 28, false],
  ])('%o with %d pixels at the fit: %s', (zoom, pixelsAtFit, expected) => {
    expect(isSharp(zoom, pixelsAtFit)).toBe(expected);
  });
});
