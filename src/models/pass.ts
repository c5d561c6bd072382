/**
 * What an evaluation of a network does, as a list of steps over named feature maps: forward to the taps and no further, backward from them to
 * the network's input. Pure data: the activation plan reads lifetimes off it, the executor records it. `build-pass.ts` makes it of a table.
 */

import type { ElementType } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { ChannelPlace, Conv2dShape } from '../kernels/conv2d-shape.ts';
import type { ConvLayer, PoolLayer } from './layers.ts';

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
  /** With `routes` it notes where the gradient will go; `place` is where its output lies in a map of more channels. */
  | {
      readonly kind: 'poolForward';
      layer: PoolLayer;
      input: FeatureMap;
      output: FeatureMap;
      routes: FeatureMap | undefined;
      place?: ChannelPlace | undefined;
    }
  /** Some channels of a map as one of its own, for the losses at a branch. */
  | { readonly kind: 'cropChannels'; input: FeatureMap; output: FeatureMap; place: ChannelPlace }
  /** Adds the gradient of such a map to that of the map that it is of. */
  | { readonly kind: 'addChannels'; gradOutput: FeatureMap; gradInput: FeatureMap; place: ChannelPlace }
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
      layer: PoolLayer;
      input: FeatureMap;
      routes: FeatureMap | undefined;
      gradOutput: FeatureMap;
      gradInput: FeatureMap;
      accumulate: boolean;
      /** As of a convolution. */
      mask: boolean;
      place?: ChannelPlace | undefined;
    }
  | {
      readonly kind: 'convBackward';
      layer: ConvLayer;
      shape: Conv2dShape;
      input: FeatureMap;
      gradOutput: FeatureMap;
      gradInput: FeatureMap;
      accumulate: boolean;
      /** The input is a ReLU's output, whose mask the epilogue applies: what reads it first does, since that goes back last. */
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

/** The gradient with respect to a map, always f32. */
export function gradientOf(map: FeatureMap): FeatureMap {
  return { ...map, name: `${gradientPrefix}${map.name}`, element: 'f32' };
}

/** Whether a map, or a band of one, is a gradient. */
export function isGradient({ name }: FeatureMap): boolean {
  return name.startsWith(gradientPrefix);
}

const gradientPrefix = 'gradient of ';

/** The maps a step reads and writes, in no order: what lifetimes are made of. */
export function mapsOf(step: Step): readonly FeatureMap[] {
  switch (step.kind) {
    case 'convForward':
    case 'reluForward':
    case 'copyRows':
    case 'cropChannels':
      return [step.input, step.output];
    case 'addChannels':
      return [step.gradOutput, step.gradInput];
    case 'poolForward':
      return [step.input, step.output, ...(step.routes === undefined ? [] : [step.routes])];
    case 'tapGradient':
      return (step.parts ?? [step]).flatMap(({ feature, gradient }) => [feature, gradient]);
    case 'reluBackward':
      return [step.output, step.gradient];
    case 'poolBackward':
      return [
        ...(step.routes === undefined ? [] : [step.routes]),
        ...(step.mask ? [step.input] : []),
        step.gradOutput,
        step.gradInput,
      ];
    case 'convBackward':
      return step.mask ? [step.input, step.gradOutput, step.gradInput] : [step.gradOutput, step.gradInput];
  }
}
