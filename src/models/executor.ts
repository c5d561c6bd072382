/** Records a pass on a device: buffers from the plan, weights from the device, one call per step. No losses, no optimiser. */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { type ChannelPlace, type Direction, type Epilogue, recordConv2d } from '../kernels/conv2d.ts';
import { type Pooling, recordPool2dBackward, recordPool2dForward } from '../kernels/pool2d.ts';
import { recordRectangleCrop, recordRectanglePlace } from '../kernels/rectangle.ts';
import { recordReluBackward, recordReluForward } from '../kernels/relu.ts';
import { recordVectorCopy } from '../kernels/vector-copy.ts';
import { recordWindowPoolBackward, recordWindowPoolForward, type WindowPoolShape } from '../kernels/window-pool2d.ts';
import { isRouted } from './build-pass.ts';
import type { DeviceWeights } from './device-weights.ts';
import type { FeatureMap, Pass, Step, TapPart } from './pass.ts';
import {
  type ActivationPlan,
  bytesBefore,
  type ConvStep,
  directionOf,
  mapBytes,
  mapValues,
  planActivations,
  scratchName,
} from './plan.ts';

/** What stands at a tap: writes the gradient of its loss with respect to the tap's feature map. */
export interface TapLoss {
  /** Records `gradient = old + dLoss/dFeature`, old being 0 unless `accumulate`. */
  record(
    program: Program,
    options: { readonly feature: BufferSlice; readonly gradient: BufferSlice; readonly accumulate: boolean },
  ): void;
  /** The same of a map that is cut into bands; absent where that does not happen. */
  recordParts?(
    program: Program,
    options: { readonly parts: readonly PartSlices[]; readonly accumulate: boolean },
  ): void;
}

/** A band's own rows of a tap's map and of its gradient. */
export interface PartSlices {
  readonly positions: number;
  readonly feature: BufferSlice;
  readonly gradient: BufferSlice;
}

export interface ExecutorOptions {
  readonly pass: Pass;
  /** Of the pools that the network leaves open. */
  readonly pooling: Pooling;
  /** For the slots of the pass's plan, at least as large, and the caller's; absent, it allocates its own. */
  readonly buffers?: readonly BufferSlice[];
}

export class NetworkExecutor implements Disposable {
  readonly #weights: DeviceWeights;
  readonly #options: ExecutorOptions;
  readonly #plan: ActivationPlan;
  readonly #scope: BufferScope;
  readonly #buffers: readonly BufferSlice[];

  private constructor(gpu: Gpu, weights: DeviceWeights, options: ExecutorOptions) {
    this.#weights = weights;
    this.#options = options;
    this.#plan = planActivations(options.pass, weights.kernels);
    this.#scope = new BufferScope(gpu.buffers);
    this.#buffers =
      options.buffers ?? this.#plan.slots.map((slot) => this.#scope.allocate(slot.names.join(', '), slot.sizeBytes));
  }

  /** Allocates the plan's buffers; runs the kernels that the weights were made for. The caller owns the result; `weights` stay the caller's. */
  static async create(gpu: Gpu, weights: DeviceWeights, options: ExecutorOptions): Promise<NetworkExecutor> {
    return gpu.checked('allocating the feature maps', () => new NetworkExecutor(gpu, weights, options));
  }

  /** The network's input, [H, W, 4]. @throws ShapeError where it is cut into bands. */
  get input(): BufferSlice {
    return this.slice(this.#options.pass.input);
  }

  /** The gradient with respect to the input, [H, W, 4]. @throws ShapeError for a pass without backward pass. */
  get gradInput(): BufferSlice {
    const { gradInput } = this.#options.pass;
    if (gradInput === undefined) {
      throw new ShapeError('this executor was built without a backward pass');
    }
    return this.slice(gradInput);
  }

  /** The feature map of a tap, [h, w, C], in the pass's storage; valid after a forward-only run. */
  tap(name: string): BufferSlice {
    const map = this.#options.pass.taps.get(name);
    if (map === undefined) {
      throw new ShapeError(`'${name}' is not among this executor's taps`);
    }
    return this.slice(map);
  }

  /** Where a map of the pass, a band of one or some rows of either lie. @throws ShapeError for what no step has, as a map that is cut. */
  slice(map: FeatureMap): BufferSlice {
    const { buffer, offsetBytes } = this.#named(map.name);
    return { buffer, offsetBytes: offsetBytes + bytesBefore(map), sizeBytes: mapBytes(map), element: map.element };
  }

  /** Records every step of the pass; `losses` by tap name. */
  record(program: Program, losses: ReadonlyMap<string, readonly TapLoss[]> = new Map()): void {
    for (const step of this.#options.pass.steps) {
      this.#recordStep(program, step, losses);
    }
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }

  #recordStep(program: Program, step: Step, losses: ReadonlyMap<string, readonly TapLoss[]>): void {
    switch (step.kind) {
      case 'convForward':
      case 'convBackward':
        this.#recordConvolution(program, step);
        break;
      case 'reluForward': {
        const values = mapValues(step.input);
        recordReluForward(program, { input: this.slice(step.input), output: this.slice(step.output), values });
        break;
      }
      case 'reluBackward': {
        const values = mapValues(step.output);
        recordReluBackward(program, { output: this.slice(step.output), gradient: this.slice(step.gradient), values });
        break;
      }
      case 'poolForward':
      case 'poolBackward':
        if (isRouted(step.layer)) this.#recordPool(program, step);
        else this.#recordWindowPool(program, step);
        break;
      case 'cropChannels':
        recordRectangleCrop(program, {
          input: this.slice(step.input),
          output: this.slice(step.output),
          ...asRectangle(step.output, step.place),
        });
        break;
      case 'addChannels': {
        const { height, width } = step.gradOutput;
        recordRectanglePlace(program, {
          values: this.slice(step.gradOutput),
          gradient: this.slice(step.gradInput),
          ...asRectangle(step.gradOutput, step.place),
          accumulate: true,
          rows: { from: 0, to: height * width },
        });
        break;
      }
      case 'copyRows': {
        const [input, output] = [this.slice(step.input), this.slice(step.output)];
        recordVectorCopy(program, { label: 'copy_rows', input, output, words: input.sizeBytes / bytesPerFloat });
        break;
      }
      case 'tapGradient':
        (losses.get(step.feature.name) ?? []).forEach((loss, index) => {
          this.#recordLoss(program, step, loss, step.accumulate || index > 0);
        });
    }
  }

  #recordLoss(program: Program, step: Step & { kind: 'tapGradient' }, loss: TapLoss, accumulate: boolean): void {
    const slicesOf = ({ feature, gradient }: TapPart): PartSlices => ({
      positions: feature.height * feature.width,
      feature: this.slice(feature),
      gradient: this.slice(gradient),
    });
    if (step.parts === undefined) {
      loss.record(program, { ...slicesOf(step), accumulate });
      return;
    }
    if (loss.recordParts === undefined) throw new ShapeError(`a loss at ${step.feature.name} cannot see it in bands`);
    loss.recordParts(program, { parts: step.parts.map(slicesOf), accumulate });
  }

  #recordConvolution(program: Program, step: ConvStep): void {
    const { layer, shape } = step;
    const direction = directionOf(step);
    const variant = this.#weights.kernels.conv2d(layer.name, direction);
    const weightsOf = (which: Direction | 'bias'): BufferSlice => this.#weights.layer(layer.name, which);
    const scratch = variant.scratchBytes({ shape, direction }).map((_, index) => this.#named(scratchName(step, index)));
    const epilogue: Epilogue =
      step.kind === 'convForward'
        ? { direction: 'forward', bias: weightsOf('bias'), relu: step.relu }
        : {
            direction: 'backward',
            accumulate: step.accumulate,
            activation: step.mask ? this.slice(step.input) : undefined,
          };
    const [source, output] =
      step.kind === 'convForward' ? [step.input, step.output] : [step.gradOutput, step.gradInput];
    recordConv2d(program, variant, {
      label: `${layer.name} ${direction}`,
      shape,
      source: this.slice(source),
      output: this.slice(output),
      weight: weightsOf(direction),
      scratch,
      epilogue,
    });
  }

  #recordPool(program: Program, step: Step & { kind: 'poolForward' | 'poolBackward' }): void {
    const pooling = step.layer.pooling ?? this.#options.pooling;
    const map = step.kind === 'poolForward' ? step.input : step.gradInput;
    const { height: inHeight, width: inWidth, channels } = map;
    const shape = { inHeight, inWidth, channels, kernelSize: step.layer.kernelSize };
    if (step.kind === 'poolForward') {
      const routes = step.routes && this.slice(step.routes);
      const maps = { input: this.slice(step.input), output: this.slice(step.output) };
      recordPool2dForward(program, { pooling, shape, ...maps, routes });
      return;
    }
    recordPool2dBackward(program, {
      pooling,
      shape,
      routes: this.slice(routesOf(step)),
      gradOutput: this.slice(step.gradOutput),
      gradInput: this.slice(step.gradInput),
      accumulate: step.accumulate,
    });
  }

  #recordWindowPool(program: Program, step: Step & { kind: 'poolForward' | 'poolBackward' }): void {
    const { layer, input, place, routes } = step;
    const { kernelSize, stride, padding, ceil } = layer;
    const { averageCountsPadding: countsPadding } = this.#weights;
    const { height: inHeight, width: inWidth, channels } = input;
    const shape: WindowPoolShape = {
      inHeight,
      inWidth,
      channels,
      kernelSize,
      stride,
      padding,
      ceil,
      countsPadding,
      place,
    };
    const common = { pooling: layer.pooling ?? this.#options.pooling, shape, routes: routes && this.slice(routes) };
    if (step.kind === 'poolForward') {
      recordWindowPoolForward(program, { ...common, input: this.slice(input), output: this.slice(step.output) });
      return;
    }
    recordWindowPoolBackward(program, {
      ...common,
      gradOutput: this.slice(step.gradOutput),
      gradInput: this.slice(step.gradInput),
      accumulate: step.accumulate,
      activation: step.mask ? this.slice(input) : undefined,
    });
  }

  /** From a map's place to the end of its buffer. */
  #named(name: string): BufferSlice {
    const place = this.#plan.places.get(name);
    const buffer = this.#buffers[place?.slot ?? -1];
    if (place === undefined || buffer === undefined) {
      throw new ShapeError(`'${name}' has no place in the activation plan`);
    }
    const { offsetBytes } = place;
    return { ...buffer, offsetBytes, sizeBytes: buffer.sizeBytes - offsetBytes };
  }
}

/** Some channels of a map as a rectangle: positions are its rows, vectors of four channels its columns. */
function asRectangle({ height, width, channels }: FeatureMap, { first, of }: ChannelPlace) {
  const rectangle = { left: first / 4, top: 0, width: channels / 4, height: height * width };
  return { pitch: of / 4, channels: 4, rectangle };
}

function routesOf({ layer, routes }: Step & { kind: 'poolBackward' }): FeatureMap {
  if (routes === undefined) throw new ShapeError(`${layer.name} noted no routes`);
  return routes;
}
