/**
 * What a network is to everything that runs, plans or converts one: a table of rows in an order in which each comes after those that it reads,
 * and the questions one asks of such a table. Pure. The tables: `vgg.ts`, `inception.ts`; by name: `networks.ts`.
 */

import { InputError } from '../core/errors.ts';
import type { Pooling } from '../kernels/pool2d.ts';
import { positionsAlong } from '../kernels/positions.ts';

/** A convolution, always followed by a ReLU. Weights and padding as in PyTorch; pairs are rows, columns. */
export interface ConvLayer {
  readonly kind: 'conv';
  /** What its weights are called, and the tap before the ReLU. */
  readonly name: string;
  /** What the map after its ReLU is called, which is what other rows read. */
  readonly reluName: string;
  /** The map that it reads; of the first rows `picture`. */
  readonly input: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: number;
  readonly padding: readonly [rows: number, columns: number];
}

/** A pooling over square windows. */
export interface PoolLayer {
  readonly kind: 'pool';
  readonly name: string;
  readonly input: string;
  readonly channels: number;
  /** Where it is a part of the network; absent where the one who runs it chooses. */
  readonly pooling?: Pooling;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
  /** Whether a last window that is cut short counts (PyTorch's `ceil_mode`). */
  readonly ceil: boolean;
}

/** Maps side by side along their channels. */
export interface ConcatLayer {
  readonly kind: 'concat';
  readonly name: string;
  readonly inputs: readonly string[];
  readonly channels: number;
}

export type Layer = ConvLayer | PoolLayer | ConcatLayer;

/** What the rows of a table call the picture. */
export const pictureName = 'picture';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** The name of the map that a row makes. */
export function outputOf(layer: Layer): string {
  return layer.kind === 'conv' ? layer.reluName : layer.name;
}

/** The names of the maps that a row reads. */
export function inputsOf(layer: Layer): readonly string[] {
  return layer.kind === 'concat' ? layer.inputs : [layer.input];
}

export function channelsOf(layer: Layer): number {
  return layer.kind === 'conv' ? layer.outChannels : layer.channels;
}

/** The size of the map that a row makes of one of this size. */
export function sizeAfter(layer: Layer, { height, width }: Size): Size {
  if (layer.kind === 'concat') return { height, width };
  const { stride } = layer;
  if (layer.kind === 'pool') {
    const { kernelSize: kernel, padding, ceil } = layer;
    const along = (length: number) => positionsAlong(length, { kernel, stride, padding, ceil });
    return { height: along(height), width: along(width) };
  }
  const [kernelHeight, kernelWidth] = layer.kernel;
  const [rows, columns] = layer.padding;
  return {
    height: positionsAlong(height, { kernel: kernelHeight, stride, padding: rows }),
    width: positionsAlong(width, { kernel: kernelWidth, stride, padding: columns }),
  };
}

/** The convolutions of a table, in order. */
export function convolutionsIn(layers: readonly Layer[]): readonly ConvLayer[] {
  return layers.filter((layer) => layer.kind === 'conv');
}

/** Maps that lie in a concatenation as some of its channels, and are nowhere else. */
export function joinedMaps(layers: readonly Layer[]): ReadonlySet<string> {
  return new Set(layers.flatMap((layer) => (layer.kind === 'concat' ? layer.inputs : [])));
}

/**
 * Every name that can be a tap, in order of depth: convolutions before the ReLU (where they have a map of their own there) and after it, and
 * concatenations.
 */
export function tapNamesIn(layers: readonly Layer[]): readonly string[] {
  const joined = joinedMaps(layers);
  return layers.flatMap((layer) => {
    if (layer.kind === 'conv') return joined.has(layer.reluName) ? [layer.reluName] : [layer.name, layer.reluName];
    return layer.kind === 'concat' ? [layer.name] : [];
  });
}

/** The rows that taps depend on, in the table's order. @throws InputError for an unknown tap or none. */
export function layersBehind(layers: readonly Layer[], network: string, taps: readonly string[]): readonly Layer[] {
  const known = tapNamesIn(layers);
  const unknown = taps.find((tap) => !known.includes(tap));
  if (unknown !== undefined || taps.length === 0) {
    const problem = unknown === undefined ? 'no layer was named' : `${network} has no layer '${unknown}'`;
    throw new InputError(`${problem}; expected one of the names from ${known[0]} to ${known.at(-1)}`);
  }
  const wanted = new Set(taps);
  const kept = layers.toReversed().filter((layer) => {
    const isWanted = wanted.has(outputOf(layer)) || wanted.has(layer.name);
    if (isWanted) for (const input of inputsOf(layer)) wanted.add(input);
    return isWanted;
  });
  return kept.reverse();
}

/** The sizes of all maps of a table by name, for a picture of this size. */
export function mapSizesOf(layers: readonly Layer[], picture: Size): ReadonlyMap<string, Size> {
  const sizes = new Map<string, Size>([[pictureName, picture]]);
  for (const layer of layers) {
    const [input = pictureName] = inputsOf(layer);
    sizes.set(outputOf(layer), sizeAfter(layer, sizes.get(input) ?? picture));
  }
  return sizes;
}

/** The smallest side of a picture of which every map of a table has a position. */
export function leastSideOf(layers: readonly Layer[]): number {
  let side = 1;
  while (
    [...mapSizesOf(layers, { height: side, width: side }).values()].some(
      ({ height, width }) => Math.min(height, width) < 1,
    )
  )
    side++;
  return side;
}

/** How a map looks at the picture. Position p sees the pixels from `jump · p + start` to `jump · p + end`. */
export interface View {
  /** Pixels between neighbouring positions. */
  readonly jump: number;
  /** Of position 0, rows and columns; below 0 where there is padding. */
  readonly start: Size;
  readonly end: Size;
}

/** Pixels that a position depends on: the receptive field. */
export function fieldOf({ start, end }: View): Size {
  return { height: end.height - start.height + 1, width: end.width - start.width + 1 };
}

/** The view of every map by name; of a concatenation that of all its parts together. */
export function viewsOf(layers: readonly Layer[]): ReadonlyMap<string, View> {
  const none = { height: 0, width: 0 };
  const pixel: View = { jump: 1, start: none, end: none };
  const views = new Map<string, View>([[pictureName, pixel]]);
  for (const layer of layers) {
    const seen = inputsOf(layer).map((input) => views.get(input) ?? pixel);
    const jump = seen[0]?.jump ?? 1;
    const [kernelHeight, kernelWidth] = kernelOf(layer);
    const [rows, columns] = paddingOf(layer);
    views.set(outputOf(layer), {
      jump: jump * (layer.kind === 'concat' ? 1 : layer.stride),
      start: {
        height: Math.min(...seen.map(({ start }) => start.height)) - rows * jump,
        width: Math.min(...seen.map(({ start }) => start.width)) - columns * jump,
      },
      end: {
        height: Math.max(...seen.map(({ end }) => end.height)) + (kernelHeight - 1 - rows) * jump,
        width: Math.max(...seen.map(({ end }) => end.width)) + (kernelWidth - 1 - columns) * jump,
      },
    });
  }
  return views;
}

function paddingOf(layer: Layer): readonly [number, number] {
  if (layer.kind === 'concat') return [0, 0];
  return layer.kind === 'conv' ? layer.padding : [layer.padding, layer.padding];
}

function kernelOf(layer: Layer): readonly [number, number] {
  if (layer.kind === 'concat') return [1, 1];
  return layer.kind === 'conv' ? layer.kernel : [layer.kernelSize, layer.kernelSize];
}

/** Makes a table row by row; what a row reads is the row before it unless it says otherwise. */
export class LayerTable {
  readonly layers: Layer[] = [];
  readonly #channels = new Map<string, number>();
  #last = pictureName;

  /** @param channels of what the first row reads. */
  constructor(channels = 3) {
    this.#channels.set(pictureName, channels);
  }

  /** What the next row reads where it does not say. */
  get last(): string {
    return this.#last;
  }

  conv(
    name: string,
    outChannels: number,
    kernel: number | readonly [number, number],
    told: {
      readonly reluName: string;
      readonly from?: string;
      readonly stride?: number;
      readonly padding?: number | readonly [number, number];
    },
  ): string {
    const { reluName, from: input = this.#last, stride = 1, padding = 0 } = told;
    const inChannels = this.#channels.get(input) ?? Number.NaN;
    return this.#add(
      {
        kind: 'conv',
        name,
        reluName,
        input,
        inChannels,
        outChannels,
        kernel: pair(kernel),
        stride,
        padding: pair(padding),
      },
      reluName,
      outChannels,
    );
  }

  pool(
    name: string,
    kernelSize: number,
    told: {
      readonly stride: number;
      readonly pooling?: Pooling;
      readonly from?: string;
      readonly padding?: number;
      readonly ceil?: boolean;
    },
  ): string {
    const { from: input = this.#last, padding = 0, ceil = false, ...rest } = told;
    const channels = this.#channels.get(input) ?? Number.NaN;
    return this.#add({ kind: 'pool', name, input, channels, kernelSize, padding, ceil, ...rest }, name, channels);
  }

  concat(name: string, inputs: readonly string[]): string {
    const channels = inputs.reduce((sum, input) => sum + (this.#channels.get(input) ?? Number.NaN), 0);
    return this.#add({ kind: 'concat', name, inputs, channels }, name, channels);
  }

  #add(layer: Layer, output: string, channels: number): string {
    this.layers.push(layer);
    this.#channels.set(output, channels);
    this.#last = output;
    return output;
  }
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
