/**
 * Zoom and pan as numbers. Everything is in shares of the frame, whose top left is the origin, so that a frame that grows (a window, the full
 * screen) shows the same part of the picture.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How large the picture is, 1 where it fits its frame, and where its top left lies. */
export interface Zoom extends Point {
  readonly scale: number;
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };
export const middle: Point = { x: 0.5, y: 0.5 };
export const largestScale = 16;

/** Device pixels that a pixel of the painting takes, above which its edges are shown. */
const sharpAbove = 3;
/** A picture is looked at closely from this scale on. */
const closeScale = 1.5;
/** Sums of steps in and out come back to the fit but for rounding. */
const rounding = 1e-3;

export function isZoomed({ scale }: Zoom): boolean {
  return scale > 1 + rounding;
}

/** Brings the picture to a scale and what was seen at `from` to `to`, within the limits: the frame is always filled. */
export function zoomTo(zoom: Zoom, scale: number, from: Point, to: Point = from): Zoom {
  const next = clamp(scale, 1, largestScale);
  const ratio = next / zoom.scale;
  const along = (axis: 'x' | 'y') => clamp(to[axis] - (from[axis] - zoom[axis]) * ratio, 1 - next, 0);
  return { scale: next, x: along('x'), y: along('y') };
}

/**
 * The scale of a close look: 100 %, one pixel of the painting on one of the device, or where this is no close look the next whole multiple.
 *
 * @param pixelsAtFit Device pixels that a pixel of the painting takes where the picture fits.
 */
export function closeUpScale(pixelsAtFit: number): number {
  return Math.min(Math.ceil(closeScale * pixelsAtFit) / pixelsAtFit, largestScale);
}

/** Whether pixels are shown with edges. The whole picture never is: whoever wants to see pixels has zoomed in. */
export function isSharp(zoom: Zoom, pixelsAtFit: number): boolean {
  return isZoomed(zoom) && zoom.scale * pixelsAtFit > sharpAbove;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
