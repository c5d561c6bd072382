/** The network at windows of several sizes, over buffers that all of them share: one window is at work at a time. */

import { BufferScope } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { DeviceWeights } from '../models/device-weights.ts';
import { NetworkExecutor } from '../models/executor.ts';
import type { Pass } from '../models/pass.ts';
import { planActivations } from '../models/plan.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { PictureSize } from '../settings/sizes.ts';
import { sharedSlots } from './tiled-plan.ts';
import { sizeKey, type Tiling, type WindowPassKind, windowPasses } from './tiling.ts';

/** A pass at a size of window, ready to be recorded. */
export interface WindowRun {
  readonly pass: Pass;
  readonly executor: NetworkExecutor;
}

export class WindowNetwork implements Disposable {
  readonly #scope: BufferScope;
  readonly #runs: ReadonlyMap<string, WindowRun>;

  private constructor(scope: BufferScope, runs: ReadonlyMap<string, WindowRun>) {
    this.#scope = scope;
    this.#runs = runs;
  }

  /** Allocates the buffers; the caller owns the result. */
  static async create(
    gpu: Gpu,
    weights: DeviceWeights,
    options: ObjectiveOptions,
    tiling: Tiling,
  ): Promise<WindowNetwork> {
    const scope = new BufferScope(gpu.buffers);
    try {
      const passes = windowPasses(options, tiling);
      const slots = sharedSlots(passes.map(({ pass }) => planActivations(pass, weights.kernels)));
      const buffers = await gpu.checked('allocating the feature maps', () =>
        slots.map(({ name, sizeBytes }) => scope.allocate(name, sizeBytes)),
      );
      const runs = new Map<string, WindowRun>();
      for (const { kind, size, pass } of passes) {
        // Of the executors nothing is to be freed: the buffers are the scope's.
        const executor = await NetworkExecutor.create(gpu, weights, { pass, pooling: options.pooling, buffers });
        runs.set(`${kind} ${sizeKey(size)}`, { pass, executor });
      }
      return new WindowNetwork(scope, runs);
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  /** @throws ShapeError for what no window of the tiling goes through. */
  at(kind: WindowPassKind, size: PictureSize): WindowRun {
    const run = this.#runs.get(`${kind} ${sizeKey(size)}`);
    if (run === undefined) throw new ShapeError(`no window of ${sizeKey(size)} goes through the network (${kind})`);
    return run;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}
