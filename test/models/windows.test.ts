/** Windows against the layer table: what an owned position depends on, walked back layer by layer, lies in its window. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inputsOf,
  type Layer,
  mapSizesOf,
  outputOf,
  pictureName,
  type Size,
  viewsOf,
} from '../../src/models/layers.ts';
import { layersUntil, leastSideFor, type NetworkName, tapNamesOf } from '../../src/models/networks.ts';
import { ownedPositions, type Rectangle, reachOf, type Window, windowsOf } from '../../src/models/windows.ts';

/** The pixels of rows and columns that positions of a tap's map depend on, walked back row by row; borders not looked at. */
function fieldOf(network: NetworkName, tap: string, owned: Rectangle): readonly (readonly [number, number])[] {
  const layers = layersUntil(network, [tap]);
  const last = layers.find((layer) => layer.name === tap || outputOf(layer) === tap);
  if (last === undefined) throw new Error(tap);
  return [0, 1].map((axis) => {
    const [first, count] = axis === 0 ? [owned.top, owned.height] : [owned.left, owned.width];
    const wanted = new Map([[outputOf(last), [first, first + count - 1] as const]]);
    for (const layer of layers.toReversed()) {
      const range = wanted.get(outputOf(layer));
      if (range === undefined) continue;
      const [low, high] = readBy(layer, axis, range);
      for (const input of inputsOf(layer)) {
        const [least, most] = wanted.get(input) ?? [low, high];
        wanted.set(input, [Math.min(least, low), Math.max(most, high)]);
      }
    }
    return wanted.get(pictureName) ?? [0, 0];
  });
}

/** What a row reads along an axis for positions `low` to `high` of its map. */
function readBy(layer: Layer, axis: number, [low, high]: readonly [number, number]): readonly [number, number] {
  if (layer.kind === 'concat') return [low, high];
  const kernel = layer.kind === 'conv' ? (layer.kernel[axis] ?? 1) : layer.kernelSize;
  const padding = layer.kind === 'conv' ? (layer.padding[axis] ?? 0) : layer.padding;
  return [low * layer.stride - padding, high * layer.stride - padding + kernel - 1];
}

describe('the reach of taps', () => {
  it.each([
    ['vgg16', ['relu1_1'], 1, 1],
    ['vgg16', ['relu4_3', 'relu1_2'], 8, 48],
    ['vgg16', ['relu5_1'], 16, 64],
    ['vgg16', ['conv5_3'], 16, 96],
    ['vgg19', ['relu4_2', 'relu5_1'], 16, 80],
    ['inception_v3', ['Mixed_5b'], 8, 40],
    ['inception_v3', ['Conv2d_1a_3x3', 'Mixed_6b'], 16, 192],
    ['googlenet', ['inception4b'], 16, 80],
  ] as const)('%s to %j: jump %i, halo %i', (network, taps, jump, halo) => {
    expect(reachOf(network, taps)).toEqual({ jump, halo });
  });
});

const cuts = fc
  .record({
    network: fc.constantFrom('vgg16' as const, 'vgg19' as const, 'googlenet' as const, 'inception_v3' as const),
    tap: fc.nat(1000),
    other: fc.nat(1000),
    width: fc.integer({ min: 16, max: 500 }),
    height: fc.integer({ min: 16, max: 500 }),
    columns: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ network, tap, other, ...rest }) => {
    const names = tapNamesOf(network);
    const nameAt = (index: number): string => names[index % names.length] ?? 'relu1_1';
    return { network, taps: [nameAt(tap), nameAt(other)], ...rest };
  })
  .filter(({ network, taps, width, height }) => Math.min(width, height) >= leastSideFor(network, taps));

/** How often each pixel or position of a map is in one of the rectangles. */
function counted({ width, height }: Pick<Rectangle, 'width' | 'height'>, rectangles: readonly Rectangle[]): Uint8Array {
  const counts = new Uint8Array(width * height);
  for (const { left, top, width: across, height: down } of rectangles) {
    for (let y = top; y < top + down; y++) {
      for (let x = left; x < left + across; x++) counts[y * width + x] = (counts[y * width + x] ?? 0) + 1;
    }
  }
  return counts;
}

/** Of a tap's map its size in the whole picture, and pixels between its positions. */
function mapOf(network: NetworkName, tap: string, picture: Size): Size & { readonly jump: number } {
  const layers = layersUntil(network, [tap]);
  const layer = layers.find((one) => one.name === tap || outputOf(one) === tap);
  const name = layer === undefined ? tap : outputOf(layer);
  return { ...(mapSizesOf(layers, picture).get(name) ?? picture), jump: viewsOf(layers).get(name)?.jump ?? 1 };
}

/** The owned positions of a tap in the map of the whole picture. */
function ownedInWhole(window: Window, network: NetworkName, tap: string): Rectangle {
  const { jump } = mapOf(network, tap, window.frame);
  const { left, top, ...size } = ownedPositions(window, network, tap);
  return { left: left + window.frame.left / jump, top: top + window.frame.top / jump, ...size };
}

const isOnce = (counts: Uint8Array): boolean => counts.every((count) => count === 1);

describe('windows of a picture', () => {
  it('own every pixel and every position of every tap once, begin on multiples of the jump, and have no more than two sizes a side', () => {
    fc.assert(
      fc.property(cuts, ({ network, taps, width, height, ...counts }) => {
        const reach = reachOf(network, taps);
        const windows = windowsOf({ width, height }, reach, counts);
        expect(windows.length).toBeLessThanOrEqual(counts.columns * counts.rows);
        expect(
          isOnce(
            counted(
              { width, height },
              windows.map(({ owned }) => owned),
            ),
          ),
        ).toBe(true);
        for (const tap of taps) {
          const map = mapOf(network, tap, { width, height });
          expect(
            isOnce(
              counted(
                map,
                windows.map((window) => ownedInWhole(window, network, tap)),
              ),
            ),
          ).toBe(true);
        }
        for (const { frame, owned } of windows) {
          for (const origin of [frame.left, frame.top, owned.left, owned.top]) expect(origin % reach.jump).toBe(0);
        }
        expect(new Set(windows.map(({ frame }) => frame.width)).size).toBeLessThanOrEqual(2);
        expect(new Set(windows.map(({ frame }) => frame.height)).size).toBeLessThanOrEqual(2);
      }),
      { numRuns: 50, seed: 13 },
    );
  });

  it('hold everything that an owned position of a tap depends on, up to the border of the picture', () => {
    fc.assert(
      fc.property(cuts, ({ network, taps, width, height, ...counts }) => {
        for (const window of windowsOf({ width, height }, reachOf(network, taps), counts)) {
          const { frame } = window;
          for (const tap of taps) {
            const owned = ownedInWhole(window, network, tap);
            const [down = [0, 0], across = [0, 0]] = fieldOf(network, tap, owned);
            expect(Math.max(across[0], 0)).toBeGreaterThanOrEqual(frame.left);
            expect(Math.min(across[1], width - 1)).toBeLessThan(frame.left + frame.width);
            expect(Math.max(down[0], 0)).toBeGreaterThanOrEqual(frame.top);
            expect(Math.min(down[1], height - 1)).toBeLessThan(frame.top + frame.height);
          }
        }
      }),
      { numRuns: 50, seed: 13 },
    );
  });

  it('are all of one size where the sides are multiples of the jump, and one where a picture is small', () => {
    const reach = reachOf('vgg16', ['relu5_1']);
    const frames = windowsOf({ width: 1024, height: 512 }, reach, { columns: 3, rows: 2 }).map(({ frame }) => frame);
    expect(frames).toHaveLength(6);
    expect(new Set(frames.map(({ width, height }) => `${width}x${height}`))).toEqual(new Set(['432x320']));
    expect(windowsOf({ width: 140, height: 100 }, reach, { columns: 5, rows: 5 })).toHaveLength(1);
  });
});
