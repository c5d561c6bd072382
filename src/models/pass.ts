/**
 * What an evaluation of a VGG does, as a list of steps over named feature maps: forward to the deepest tap and no further,
 * backward from the taps to the network's input. Pure data: the activation plan reads lifetimes off it, the executor records it.
 */

import type { ElementType } from '../core/buffers.ts';
import { InputError, ShapeError } from '../core/errors.ts';
import type { Conv2dShape, PaddingMode } from '../kernels/conv2d-shape.ts';
import { paddedChannels } from '../kernels/elementwise.ts';
import { routedKernelSize } from '../kernels/pool2d.ts';
import {
  type ConvLayer,
  kernelSize,
  type Layer,
  layersUntil,
  leastSideFor,
  type NetworkName,
  type PoolLayer,
} from './vgg.ts';

/** A feature map: [height, width, channels], channels padded to a multiple of 4. */
export interface FeatureMap {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How its values are stored: activations as asked for, the picture and gradients f32, routes as words of four bytes. */
  readonly element: ElementType;
  /** Where these are some rows of the map of this name alone: the first of them in it. */
  readonly firstRow?: number;
}

/** A band of a map that is cut into several (`bands.ts`). */
export interface Band {
  /** The band as it lies in memory: rows of its own between some of its neighbours'. */
  readonly map: FeatureMap;
  /** Its own rows in it. */
  readonly own: FeatureMap;
  /** The first of these in the whole map. */
  readonly firstRow: number;
}

/** How the maps of a pass are cut. */
export interface BandCut {
  /** Rows of the picture where bands begin, from 0 on, and its height. */
  readonly borders: readonly number[];
  /** Resolutions that are cut, from the picture's on; what lies deeper is whole. */
  readonly levels: number;
}

/** A map of a tap, or a band's own rows of it, and its gradient. */
export interface TapPart {
  readonly feature: FeatureMap;
  readonly gradient: FeatureMap;
}

export type Step =
  | {
      readonly kind: 'convForward';
      layer: ConvLayer;
      shape: Conv2dShape;
      input: FeatureMap;
      output: FeatureMap;
      relu: boolean;
    }
  | { readonly kind: 'reluForward'; input: FeatureMap; output: FeatureMap }
  /** With `routes` it notes where the gradient will go. */
  | { readonly kind: 'poolForward'; input: FeatureMap; output: FeatureMap; routes: FeatureMap | undefined }
  /** The losses at a tap write (or add) their gradient; `parts` are the bands' own rows where the map is cut. */
  | {
      readonly kind: 'tapGradient';
      feature: FeatureMap;
      gradient: FeatureMap;
      accumulate: boolean;
      parts?: readonly TapPart[];
    }
  /** Rows of a band that its neighbour keeps beside its own. */
  | { readonly kind: 'copyRows'; input: FeatureMap; output: FeatureMap }
  | { readonly kind: 'reluBackward'; output: FeatureMap; gradient: FeatureMap }
  | {
      readonly kind: 'poolBackward';
      routes: FeatureMap;
      gradOutput: FeatureMap;
      gradInput: FeatureMap;
      accumulate: boolean;
    }
  | {
      readonly kind: 'convBackward';
      layer: ConvLayer;
      shape: Conv2dShape;
      input: FeatureMap;
      gradOutput: FeatureMap;
      gradInput: FeatureMap;
      accumulate: boolean;
      /** The convolution's input is a ReLU's output, whose mask the epilogue applies. */
      mask: boolean;
    };

export interface Pass {
  /** The network's input, [H, W, 4], written before the first step. */
  readonly input: FeatureMap;
  /** The map of each tap, by name. */
  readonly taps: ReadonlyMap<string, FeatureMap>;
  readonly steps: readonly Step[];
  /** The gradient with respect to `input`, which the last step writes; undefined for a pass without backward pass. */
  readonly gradInput: FeatureMap | undefined;
  /** Where maps are cut: how, and the bands of each map that is, by its name; no step names such a map itself. */
  readonly bands?: { readonly cut: BandCut; readonly of: ReadonlyMap<string, readonly Band[]> };
}

/** How activations may be stored. Half as many bytes, and values rounded to 11 bits (docs/decisions/0024-f16-storage.md). */
export type ActivationStorage = Extract<ElementType, 'f32' | 'f16'>;

export interface PassOptions {
  readonly network: NetworkName;
  readonly height: number;
  readonly width: number;
  /** `convX_Y` or `reluX_Y`, at least one. */
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

/** One layer with the maps around it. `activation` is what the next layer reads, `preActivation` exists where it is tapped. */
interface Stage {
  readonly layer: Layer;
  readonly input: FeatureMap;
  readonly activation: FeatureMap;
  readonly preActivation: FeatureMap | undefined;
  /** Of a convolution. */
  readonly shape: Conv2dShape | undefined;
  /** Of a pool, where something goes backward: what it notes, so that its input's life may end there. */
  readonly routes: FeatureMap | undefined;
  /** False where the deepest tap is the convolution itself, so that nobody needs its ReLU. */
  readonly needsActivation: boolean;
}

/** @throws InputError for an unknown tap, or a picture too small for the deepest one. */
export function buildPass(options: PassOptions): Pass {
  const input: FeatureMap = {
    name: 'input',
    height: options.height,
    width: options.width,
    channels: paddedChannels(3),
    element: 'f32',
  };
  const stages = buildStages(options, input);
  const taps = new Map<string, FeatureMap>();
  for (const { layer, activation, preActivation } of stages) {
    if (preActivation !== undefined) taps.set(preActivation.name, preActivation);
    if (layer.kind === 'conv' && options.taps.includes(layer.reluName)) taps.set(layer.reluName, activation);
  }
  const forward = stages.flatMap(forwardSteps);
  if (!options.backward) {
    return { input, taps, steps: forward, gradInput: undefined };
  }
  return { input, taps, steps: [...forward, ...backwardSteps(stages, taps)], gradInput: gradientOf(input) };
}

/** The bands of a map; one that is all of it where it is not cut. */
export function bandsOf({ bands }: Pass, map: FeatureMap): readonly Band[] {
  return bands?.of.get(map.name) ?? [{ map, own: map, firstRow: 0 }];
}

/** The map of a tap. @throws ShapeError when the pass was built without it. */
export function tapMap(pass: Pass, tap: string): FeatureMap {
  const map = pass.taps.get(tap);
  if (map === undefined) throw new ShapeError(`'${tap}' is not among the pass's taps`);
  return map;
}

function buildStages(options: PassOptions, input: FeatureMap): readonly Stage[] {
  const layers = layersUntil(options.network, options.taps);
  const least = leastSideFor(options.network, options.taps);
  if (Math.min(options.height, options.width) < least) {
    throw new InputError(
      `the ${options.picture ?? 'picture'} is ${options.width}x${options.height} pixels; layer ${layers.at(-1)?.name} of ${options.network} needs at least ` +
        `${least} on each side`,
    );
  }
  let current = input;
  const element = options.storage ?? 'f32';
  return layers.map((layer, index): Stage => {
    const stageInput = current;
    if (layer.kind === 'pool') {
      const height = Math.floor(stageInput.height / 2);
      const width = Math.floor(stageInput.width / 2);
      current = { name: layer.name, height, width, channels: layer.channels, element };
      return {
        layer,
        input: stageInput,
        activation: current,
        preActivation: undefined,
        shape: undefined,
        routes: options.backward ? routesOf(layer, stageInput) : undefined,
        needsActivation: true,
      };
    }
    const size = { height: stageInput.height, width: stageInput.width, channels: layer.outChannels, element };
    current = { name: layer.reluName, ...size };
    return {
      layer,
      input: stageInput,
      activation: current,
      preActivation: options.taps.includes(layer.name) ? { name: layer.name, ...size } : undefined,
      shape: conv2dShapeOf(layer, stageInput, index === 0 ? (options.paddingMode ?? 'zeros') : 'zeros'),
      routes: undefined,
      needsActivation: index < layers.length - 1 || options.taps.includes(layer.reluName),
    };
  });
}

function forwardSteps(stage: Stage): readonly Step[] {
  const { layer, input, shape, activation, preActivation } = stage;
  if (layer.kind === 'pool' || shape === undefined) {
    return [{ kind: 'poolForward', input, output: activation, routes: stage.routes }];
  }
  if (preActivation === undefined) {
    return [{ kind: 'convForward', layer, shape, input, output: activation, relu: true }];
  }
  const conv: Step = { kind: 'convForward', layer, shape, input, output: preActivation, relu: false };
  return stage.needsActivation ? [conv, { kind: 'reluForward', input: preActivation, output: activation }] : [conv];
}

/**
 * From the deepest layer to the input. A map's gradient collects, in this order: the losses tapped after the ReLU, the
 * next layer's backward pass, the ReLU's mask, the losses tapped before the ReLU.
 */
function backwardSteps(stages: readonly Stage[], taps: ReadonlyMap<string, FeatureMap>): readonly Step[] {
  const steps: Step[] = [];
  for (let index = stages.length - 1; index >= 0; index--) {
    const stage = stages[index];
    if (stage === undefined) break;
    const { layer, activation, preActivation } = stage;
    const gradient = gradientOf(activation);
    const isDeepest = index === stages.length - 1;
    if (isDeepest && stage.needsActivation) {
      steps.push({ kind: 'tapGradient', feature: activation, gradient, accumulate: false });
      steps.push({ kind: 'reluBackward', output: activation, gradient });
    }
    if (preActivation !== undefined) {
      const accumulate = !(isDeepest && !stage.needsActivation);
      steps.push({ kind: 'tapGradient', feature: preActivation, gradient, accumulate });
    }
    const gradInput = gradientOf(stage.input);
    const accumulate = taps.has(stage.input.name);
    if (accumulate) {
      steps.push({ kind: 'tapGradient', feature: stage.input, gradient: gradInput, accumulate: false });
    }
    const { input, shape, routes } = stage;
    if (layer.kind === 'conv' && shape !== undefined) {
      const mask = stages[index - 1]?.layer.kind === 'conv';
      steps.push({ kind: 'convBackward', layer, shape, input, gradOutput: gradient, gradInput, accumulate, mask });
    } else if (routes !== undefined) {
      steps.push({ kind: 'poolBackward', routes, gradOutput: gradient, gradInput, accumulate });
    }
  }
  return steps;
}

function gradientOf(map: FeatureMap): FeatureMap {
  return { ...map, name: `${gradientPrefix}${map.name}`, element: 'f32' };
}

/** Whether a map, or a band of one, is a gradient. */
export function isGradient({ name }: FeatureMap): boolean {
  return name.startsWith(gradientPrefix);
}

const gradientPrefix = 'gradient of ';

/** A byte a channel, so that one value holds four. */
function routesOf(pool: PoolLayer, input: FeatureMap): FeatureMap {
  const windows = {
    height: Math.ceil(input.height / routedKernelSize),
    width: Math.ceil(input.width / routedKernelSize),
  };
  return { name: `routes of ${pool.name}`, ...windows, channels: pool.channels / 4, element: 'u32' };
}

/** The maps a step reads and writes, in no order: what lifetimes are made of. */
export function mapsOf(step: Step): readonly FeatureMap[] {
  switch (step.kind) {
    case 'convForward':
    case 'reluForward':
    case 'copyRows':
      return [step.input, step.output];
    case 'poolForward':
      return [step.input, step.output, ...(step.routes === undefined ? [] : [step.routes])];
    case 'tapGradient':
      return (step.parts ?? [step]).flatMap(({ feature, gradient }) => [feature, gradient]);
    case 'reluBackward':
      return [step.output, step.gradient];
    case 'poolBackward':
      return [step.routes, step.gradOutput, step.gradInput];
    case 'convBackward':
      return step.mask ? [step.input, step.gradOutput, step.gradInput] : [step.gradOutput, step.gradInput];
  }
}

/** Geometry of a VGG convolution at a map's size. */
export function conv2dShapeOf(
  layer: ConvLayer,
  input: Pick<FeatureMap, 'height' | 'width'>,
  paddingMode: PaddingMode,
): Conv2dShape {
  return {
    inHeight: input.height,
    inWidth: input.width,
    inChannels: layer.inChannels,
    outChannels: layer.outChannels,
    kernelHeight: kernelSize,
    kernelWidth: kernelSize,
    stride: 1,
    padding: 1,
    paddingMode,
  };
}
