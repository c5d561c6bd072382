/** The pass of a network's table at a picture's size: forward as far as the taps need, backward from them to the network's input. */

import { InputError, ShapeError } from '../core/errors.ts';
import type { ChannelPlace, Conv2dShape, PaddingMode } from '../kernels/conv2d-shape.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { routedKernelSize } from '../kernels/pool2d.ts';
import {
  type ConvLayer,
  channelsOf,
  type Layer,
  leastSideOf,
  mapSizesOf,
  outputOf,
  type PoolLayer,
  pictureName,
} from './layers.ts';
import { layersUntil, type NetworkName } from './networks.ts';
import { type FeatureMap, gradientOf, type Pass, type Step } from './pass.ts';

/** How activations may be stored. Half as many bytes, and values rounded to 11 bits (docs/decisions/0024-f16-storage.md). */
export type ActivationStorage = Extract<FeatureMap['element'], 'f32' | 'f16'>;

export interface PassOptions {
  readonly network: NetworkName;
  readonly height: number;
  readonly width: number;
  /** Names of the network's taps, at least one. */
  readonly taps: readonly string[];
  readonly backward: boolean;
  /**
   * How the first convolution pads; zeros when absent. Replication avoids a border vignette (crowsonkb; Gatys et al. pad zeros); the other
   * layers keep the zeros they were trained with.
   */
  readonly paddingMode?: PaddingMode;
  /** How activations are stored; f32 when absent. */
  readonly storage?: ActivationStorage | undefined;
  /** What an error calls the picture; `picture` when absent. */
  readonly picture?: string;
}

/** What is asked of a table, whatever network it is. */
type TableOptions = Omit<PassOptions, 'network' | 'picture'>;

/** A row of the table with the maps around it; a concatenation is none, being only where others write. */
interface Stage {
  readonly layer: ConvLayer | PoolLayer;
  readonly input: FeatureMap;
  /** What other rows read: the row's own map, or the concatenation that it writes some channels of. */
  readonly output: FeatureMap;
  /** Which channels. */
  readonly place: ChannelPlace | undefined;
  /** Of a convolution that is tapped before its ReLU. */
  readonly preActivation: FeatureMap | undefined;
  /** Of a row that is tapped though its map is a part of a concatenation: that part as a map of its own. */
  readonly part: FeatureMap | undefined;
  /** Of a pool, where something goes backward: what it notes, so that its input's life may end there. */
  readonly routes: FeatureMap | undefined;
  /** False where a tap before the ReLU is all that is wanted of the row. */
  readonly needsOutput: boolean;
  /** No other row that reads its input comes before it, so that it is the last to write its gradient. */
  readonly readsFirst: boolean;
}

/** @throws InputError for an unknown tap, or a picture too small for the deepest one. */
export function buildPass(options: PassOptions): Pass {
  const layers = layersUntil(options.network, options.taps);
  checkSize(layers, options);
  return passThrough(layers, options);
}

/** The pass through the rows of any table. */
export function passThrough(layers: readonly Layer[], options: TableOptions): Pass {
  const { height, width } = options;
  const [first] = layers;
  const channels = paddedChannels(first?.kind === 'conv' ? first.inChannels : (first?.channels ?? 0));
  const input: FeatureMap = { name: 'input', height, width, channels, element: 'f32' };
  const stages = stagesOf(layers, options, input);
  const taps = tapsOf(stages, options.taps);
  const forward = stages.flatMap((stage) => forwardSteps(stage, options));
  if (!options.backward) return { input, taps, steps: forward, gradInput: undefined };
  const backward = backwardSteps(stages, { input, taps, options });
  return { input, taps, steps: [...forward, ...backward], gradInput: gradientOf(input) };
}

function checkSize(layers: readonly Layer[], { network, height, width, picture = 'picture' }: PassOptions): void {
  const least = leastSideOf(layers);
  if (Math.min(height, width) >= least) return;
  throw new InputError(
    `the ${picture} is ${width}x${height} pixels; layer ${layers.at(-1)?.name} of ${network} needs at least ${least} on each side`,
  );
}

function stagesOf(layers: readonly Layer[], options: TableOptions, input: FeatureMap): readonly Stage[] {
  const maps = mapsOfTable(layers, options, input);
  const places = placesIn(layers);
  const rows = layers.filter((layer) => layer.kind !== 'concat');
  const isRead = new Set([...rows.map((row) => row.input), ...options.taps]);
  const seen = new Set<string>();
  return rows.map((layer): Stage => {
    const name = outputOf(layer);
    const { whole = name, place } = places.get(name) ?? {};
    const output = found(maps, whole);
    const own = { ...output, channels: channelsOf(layer) };
    const isTappedBefore = layer.kind === 'conv' && options.taps.includes(layer.name);
    const readsFirst = !seen.has(layer.input);
    seen.add(layer.input);
    return {
      layer,
      input: found(maps, layer.input),
      output,
      place,
      preActivation: isTappedBefore ? { ...own, name: layer.name } : undefined,
      part: place !== undefined && options.taps.includes(name) ? { ...own, name } : undefined,
      routes: layer.kind === 'pool' ? routesOf(layer, found(maps, layer.input), own, options.backward) : undefined,
      needsOutput: isRead.has(whole),
      readsFirst,
    };
  });
}

/** Every map that rows read or write, by name: the picture, each row's own, and concatenations instead of their parts. */
function mapsOfTable(
  layers: readonly Layer[],
  options: TableOptions,
  input: FeatureMap,
): ReadonlyMap<string, FeatureMap> {
  const sizes = mapSizesOf(layers, options);
  const element = options.storage ?? 'f32';
  const maps = new Map([[pictureName, input]]);
  for (const layer of layers) {
    const name = outputOf(layer);
    const { height, width } = found(sizes, name);
    maps.set(name, { name, height, width, channels: channelsOf(layer), element });
  }
  return maps;
}

/** Of each part of a concatenation, where it lies. */
function placesIn(
  layers: readonly Layer[],
): ReadonlyMap<string, { readonly whole: string; readonly place: ChannelPlace }> {
  const channels = new Map(layers.map((layer) => [outputOf(layer), channelsOf(layer)]));
  const places = new Map<string, { readonly whole: string; readonly place: ChannelPlace }>();
  for (const layer of layers) {
    if (layer.kind !== 'concat') continue;
    let first = 0;
    for (const input of layer.inputs) {
      places.set(input, { whole: layer.name, place: { first, of: layer.channels } });
      first += channels.get(input) ?? Number.NaN;
    }
  }
  return places;
}

function tapsOf(stages: readonly Stage[], wanted: readonly string[]): ReadonlyMap<string, FeatureMap> {
  const maps = stages.flatMap(({ preActivation, part, output }) => [preActivation, part, output]);
  const named = new Map(maps.flatMap((map) => (map === undefined ? [] : [[map.name, map] as const])));
  return new Map([...named].filter(([name]) => wanted.includes(name)));
}

function forwardSteps(stage: Stage, options: TableOptions): readonly Step[] {
  const { layer, input, output, place, preActivation, part, routes } = stage;
  if (layer.kind === 'pool') return [{ kind: 'poolForward', layer, input, output, routes, place }];
  const shape = shapeOf(stage, layer, options);
  const steps: Step[] =
    preActivation === undefined
      ? [{ kind: 'convForward', layer, shape, input, output, relu: true }]
      : [{ kind: 'convForward', layer, shape, input, output: preActivation, relu: false }];
  if (preActivation !== undefined && stage.needsOutput) {
    steps.push({ kind: 'reluForward', input: preActivation, output });
  }
  if (part !== undefined && place !== undefined) {
    steps.push({ kind: 'cropChannels', input: output, output: part, place });
  }
  return steps;
}

/**
 * From the deepest rows to the input. A map's gradient collects, in this order: the losses tapped after the ReLU, the rows that read the map
 * from the last to the first, the ReLU's mask, the losses tapped before the ReLU.
 */
function backwardSteps(
  stages: readonly Stage[],
  {
    input: picture,
    taps,
    options,
  }: { readonly input: FeatureMap; readonly taps: ReadonlyMap<string, FeatureMap>; readonly options: TableOptions },
): readonly Step[] {
  const steps: Step[] = [];
  const written = new Set<string>();
  /** The losses at a map that nothing has written the gradient of. */
  const seed = (map: FeatureMap): void => {
    if (written.has(map.name) || taps.get(map.name) !== map) return;
    written.add(map.name);
    steps.push({ kind: 'tapGradient', feature: map, gradient: gradientOf(map), accumulate: false });
  };
  for (const stage of stages.toReversed()) {
    const { layer, input, output, place, preActivation, part, routes } = stage;
    const isDeepest = stage.needsOutput && !written.has(output.name);
    if (isDeepest) {
      seed(output);
      if (isRectified(stages, output)) steps.push({ kind: 'reluBackward', output, gradient: gradientOf(output) });
    }
    if (part !== undefined && place !== undefined) {
      seed(part);
      steps.push({ kind: 'reluBackward', output: part, gradient: gradientOf(part) });
      steps.push({ kind: 'addChannels', gradOutput: gradientOf(part), gradInput: gradientOf(output), place });
    }
    if (preActivation !== undefined) {
      // The ReLU goes back in place: the gradient before it is that after it, masked.
      const accumulate = stage.needsOutput;
      steps.push({ kind: 'tapGradient', feature: preActivation, gradient: gradientOf(output), accumulate });
    }
    seed(input);
    const common = {
      input,
      gradOutput: gradientOf(output),
      gradInput: gradientOf(input),
      accumulate: written.has(input.name),
      mask: stage.readsFirst && input !== picture && !holdsMask(layer) && isRectified(stages, input),
    };
    written.add(input.name);
    if (layer.kind === 'pool') steps.push({ kind: 'poolBackward', layer, routes, place, ...common });
    else steps.push({ kind: 'convBackward', layer, shape: shapeOf(stage, layer, options), ...common });
  }
  return steps;
}

/**
 * Whether some of a map comes straight from a ReLU, so that its gradient is masked where it is 0. What pools of such maps hold there may be
 * masked too: all that they were made of is 0 then, and is masked itself.
 */
function isRectified(stages: readonly Stage[], map: FeatureMap): boolean {
  return stages.some(({ layer, output }) => layer.kind === 'conv' && output === map);
}

/**
 * Whether a row keeps the size by looking at the positions around one, or halves it: what maps may be cut around, into bands or windows. Rows with
 * other strides and paddings lose positions at the edges of a part.
 */
export function keepsOrHalves(layer: Layer): boolean {
  if (layer.kind === 'concat') return false;
  if (layer.kind === 'pool') return isRouted(layer);
  const isSmall = layer.kernel.every((cells) => cells === 3);
  return isSmall && layer.stride === 1 && layer.padding.every((padding) => padding === 1);
}

/** Whether a pool has the form for windows of 2x2 side by side, whose routes hold the mask as well. */
export function isRouted({ kernelSize, stride, padding, ceil }: PoolLayer): boolean {
  return kernelSize === routedKernelSize && stride === routedKernelSize && padding === 0 && !ceil;
}

function holdsMask(layer: ConvLayer | PoolLayer): boolean {
  return layer.kind === 'pool' && isRouted(layer);
}

/** A byte a channel, so that one value holds four. Windows side by side note only what the backward pass will ask, others always. */
function routesOf(layer: PoolLayer, input: FeatureMap, output: FeatureMap, backward: boolean): FeatureMap | undefined {
  const routes = { name: `routes of ${layer.name}`, channels: layer.channels / 4, element: 'u32' } as const;
  if (!isRouted(layer)) {
    return layer.pooling === 'average' ? undefined : { ...routes, height: output.height, width: output.width };
  }
  if (!backward) return undefined;
  const along = (length: number) => Math.ceil(length / routedKernelSize);
  return { ...routes, height: along(input.height), width: along(input.width) };
}

function shapeOf({ input, place }: Stage, layer: ConvLayer, { paddingMode = 'zeros' }: TableOptions): Conv2dShape {
  const isFirst = layer.input === pictureName;
  return { ...conv2dShapeOf(layer, input, isFirst ? paddingMode : 'zeros'), ...(place && { place }) };
}

function found<Value>(byName: ReadonlyMap<string, Value>, name: string): Value {
  const value = byName.get(name);
  if (value === undefined) throw new ShapeError(`the table reads '${name}' before a row makes it`);
  return value;
}

/** Geometry of a convolution at a map's size. */
export function conv2dShapeOf(
  { inChannels, outChannels, kernel: [kernelHeight, kernelWidth], stride, padding }: ConvLayer,
  input: Pick<FeatureMap, 'height' | 'width'>,
  paddingMode: PaddingMode,
): Conv2dShape {
  return {
    inHeight: input.height,
    inWidth: input.width,
    inChannels,
    outChannels,
    kernelHeight,
    kernelWidth,
    stride,
    padding,
    paddingMode,
  };
}
