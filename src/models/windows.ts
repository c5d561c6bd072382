/**
 * Windows over a picture, in which the network sees one that is too large for it as a whole. Each owns a rectangle of pixels and the positions
 * of every map that begin in it, and goes through the network with what these depend on around them. Pure.
 */

import { roundUp } from '../core/buffers.ts';
import { type Layer, mapSizesOf, outputOf, viewsOf } from './layers.ts';
import { layersUntil, type NetworkName } from './networks.ts';

/** Of a picture or a map, in its pixels or positions. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How far taps look. */
export interface Reach {
  /** Pixels between two positions of the deepest tap's map: windows begin at multiples of it, so that pools pair the same values as in the whole. */
  readonly jump: number;
  /** Pixels around owned ones that the owned positions of any of the taps depend on, rounded up to the jump. */
  readonly halo: number;
}

/** @throws InputError for an unknown tap or none. */
export function reachOf(network: NetworkName, taps: readonly string[]): Reach {
  const layers = layersUntil(network, taps);
  const views = viewsOf(layers);
  const jump = Math.max(...[...views.values()].map((view) => view.jump));
  const reaches = taps.flatMap((tap) => {
    const view = views.get(mapNameOf(layers, tap));
    if (view === undefined) return [];
    // A position's pixels are the `jump` from its first on: what it sees before and behind these.
    const { start, end } = view;
    const behind = Math.max(end.height, end.width) - view.jump + 1;
    return [-Math.min(start.height, start.width), behind];
  });
  return { jump, halo: roundUp(Math.max(0, ...reaches), jump) };
}

/** The map that a tap stands at; before a ReLU it has the same positions. */
function mapNameOf(layers: readonly Layer[], tap: string): string {
  const layer = layers.find((one) => one.name === tap);
  return layer === undefined ? tap : outputOf(layer);
}

export interface Window {
  /** Of the picture: what goes through the network, the owned pixels and the halo around them up to the picture's border. */
  readonly frame: Rectangle;
  /** Of the picture. Of all windows together each pixel once. */
  readonly owned: Rectangle;
}

/** How often a picture is cut. */
export interface WindowCounts {
  readonly columns: number;
  readonly rows: number;
}

type Size = Pick<Rectangle, 'width' | 'height'>;

/**
 * Row by row. Frames of a row have the same height, frames of a column the same width; all have one of two heights and one of two widths, since
 * what is recorded for a size serves all windows of that size. There are fewer than asked for where fewer of the same size do.
 */
export function windowsOf({ width, height }: Size, reach: Reach, { columns, rows }: WindowCounts): readonly Window[] {
  const across = cutSide(width, reach, columns);
  return cutSide(height, reach, rows).flatMap((down) =>
    across.map((along) => ({
      frame: { left: along.from, top: down.from, width: along.to - along.from, height: down.to - down.from },
      owned: {
        left: along.ownedFrom,
        top: down.ownedFrom,
        width: along.ownedTo - along.ownedFrom,
        height: down.ownedTo - down.ownedFrom,
      },
    })),
  );
}

/** Of a side: from the first pixel to before the last. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly ownedFrom: number;
  readonly ownedTo: number;
}

/** Frames as long as each other, which at the picture's border own what would be their halo; the last also takes what is left of the jump. */
function cutSide(length: number, { jump, halo }: Reach, wanted: number): readonly Stretch[] {
  const inner = length - 2 * halo;
  const step = roundUp(Math.max(inner, 1) / wanted, jump);
  const count = Math.ceil(inner / step);
  if (count <= 1) return [{ from: 0, to: length, ownedFrom: 0, ownedTo: length }];
  const side = step + 2 * halo;
  const lastFrom = Math.floor((length - side) / jump) * jump;
  return Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    const from = isLast ? lastFrom : index * step;
    return {
      from,
      to: isLast ? length : from + side,
      ownedFrom: index === 0 ? 0 : index * step + halo,
      ownedTo: isLast ? length : (index + 1) * step + halo,
    };
  });
}

/**
 * The positions that a window owns of a tap's map, in the map that its frame was made into: those whose first pixel it owns or, at the picture's far
 * border, all that there are, however the network rounds there.
 *
 * @throws InputError for an unknown tap.
 */
export function ownedPositions({ frame, owned }: Window, network: NetworkName, tap: string): Rectangle {
  const layers = layersUntil(network, [tap]);
  const map = mapNameOf(layers, tap);
  const jump = viewsOf(layers).get(map)?.jump ?? 1;
  const size = mapSizesOf(layers, frame).get(map) ?? frame;
  const across = owned.left + owned.width - frame.left;
  const down = owned.top + owned.height - frame.top;
  const [left, top] = [Math.floor((owned.left - frame.left) / jump), Math.floor((owned.top - frame.top) / jump)];
  return {
    left,
    top,
    width: (across === frame.width ? size.width : Math.floor(across / jump)) - left,
    height: (down === frame.height ? size.height : Math.floor(down / jump)) - top,
  };
}

/** Of a window's frame the first columns and rows that frames of windows before it, in the order of `windowsOf`, hold too. */
export function seenBefore(
  windows: readonly Window[],
  index: number,
): { readonly columns: number; readonly rows: number } {
  const { left = 0, top = 0 } = windows[index]?.frame ?? {};
  const frames = windows.slice(0, index).map(({ frame }) => frame);
  const beside = frames.filter((frame) => frame.top === top).map((frame) => frame.left + frame.width - left);
  const above = frames.filter((frame) => frame.top < top).map((frame) => frame.top + frame.height - top);
  return { columns: Math.max(0, ...beside), rows: Math.max(0, ...above) };
}
