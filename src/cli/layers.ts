/** `impasto layers`: the layers of a network that losses may look at, with the size of their maps and how far they see. */

import { names, numbers, textTable } from '../bench/table.ts';
import { fieldOf, type Layer, mapSizesOf, type Size, tapNamesIn, viewsOf } from '../models/layers.ts';
import { layersOf, type NetworkName } from '../models/networks.ts';
import { exitStatus } from './failure.ts';
import type { LayersArguments } from './layers-arguments.ts';
import { answer } from './output.ts';

/** A layer by the name that `--content-layers` and `--style-layers` know. */
interface TapReport {
  readonly name: string;
  /** `conv 1x7`, before or after its ReLU, or `concat`. */
  readonly kind: string;
  readonly channels: number;
  /** Of the map of a square picture; below 1 where that is too small. */
  readonly height: number;
  readonly width: number;
  /** Pixels of the picture that a position depends on, rows and columns; of a concatenation in its widest branch. */
  readonly receptiveField: readonly [number, number];
  /** Pixels of the picture between neighbouring positions. */
  readonly jump: number;
  /** Multiplications a pixel of the picture of all convolutions up to this one, in the table's order. */
  readonly multiplications: number;
}

/** Runs the command; resolves with the exit status. */
export async function runLayers({ network, size, json }: LayersArguments): Promise<number> {
  const taps = tapsOf(network, { height: size, width: size });
  const lines =
    json === true
      ? JSON.stringify({ network, size, taps }, undefined, 2).split('\n')
      : [`${network}, a picture of ${size}x${size}`, ...describe(taps).split('\n')];
  answer(...lines);
  return exitStatus.success;
}

function tapsOf(network: NetworkName, picture: Size): readonly TapReport[] {
  const layers = layersOf(network);
  const sizes = mapSizesOf(layers, picture);
  const views = viewsOf(layers);
  const known = tapNamesIn(layers);
  let multiplications = 0;
  return layers.flatMap((layer) => {
    const output = layer.kind === 'conv' ? layer.reluName : layer.name;
    const size = sizes.get(output) ?? picture;
    const view = views.get(output);
    const { height: fieldHeight, width: fieldWidth } = view === undefined ? picture : fieldOf(view);
    if (layer.kind === 'conv') {
      const [height, width] = layer.kernel;
      const perPosition = layer.inChannels * layer.outChannels * height * width;
      multiplications += (perPosition * size.height * size.width) / (picture.height * picture.width);
    }
    return [layer.name, output]
      .filter((name, index, all) => known.includes(name) && all.indexOf(name) === index)
      .map((name) => ({
        name,
        kind: kindOf(layer, name),
        channels: layer.kind === 'conv' ? layer.outChannels : layer.channels,
        ...size,
        receptiveField: [fieldHeight, fieldWidth] as const,
        jump: view?.jump ?? 1,
        multiplications: Math.round(multiplications),
      }));
  });
}

function kindOf(layer: Layer, name: string): string {
  if (layer.kind !== 'conv') return layer.kind;
  const [height, width] = layer.kernel;
  return `conv ${height}x${width}${name === layer.name ? ', before its ReLU' : ''}`;
}

function describe(taps: readonly TapReport[]): string {
  return textTable({
    columns: [
      names('layer'),
      names('what'),
      numbers('channels'),
      numbers('positions'),
      numbers('sees pixels'),
      numbers('one every'),
      numbers('multiplications a pixel so far'),
    ],
    rows: taps.map(({ name, kind, channels, height, width, receptiveField, jump, multiplications }) => [
      name,
      kind,
      String(channels),
      Math.min(height, width) < 1 ? 'picture too small' : `${width}x${height}`,
      `${receptiveField[1]}x${receptiveField[0]}`,
      String(jump),
      String(multiplications),
    ]),
  });
}
