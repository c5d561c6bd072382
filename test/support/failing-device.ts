/** A device that refuses memory at one allocation, or wherever it is told to, as WebGPU does: the buffer is invalid, and the error goes to its scope or to nobody. */

import { Gpu } from '../../src/core/gpu.ts';
import { readShader } from '../../src/platform/node/gpu.ts';

/** No adapter has a buffer that is mapped to be read and bound to kernels. */
const invalidUsage = 0x0001 | 0x0080;

interface Scope {
  readonly filter: GPUErrorFilter;
  refused: GPUOutOfMemoryError | undefined;
}

/** Disposing it lets go of the real device, which others may go on with. */
export class FailingDevice implements Disposable {
  /** Labels of the buffers that were asked for, in order. */
  readonly asked: string[] = [];
  readonly gpu: Gpu;
  readonly #device: GPUDevice;
  readonly #refuses: (sizeBytes: number, site: number) => boolean;
  #hasFailed = false;
  readonly #scopes: Scope[] = [];
  readonly #listeners: Parameters<GPUDevice['addEventListener']>[] = [];

  /** @param refuses At which allocation, counted from 0; or whether one of so many bytes is refused. */
  constructor({ device, profile, kernelPreference }: Gpu, refuses: number | ((sizeBytes: number) => boolean)) {
    this.#device = device;
    this.#refuses = typeof refuses === 'number' ? (_, site) => site === refuses : refuses;
    const proxy = new Proxy(device, { get: (target, name) => this.#get(target, name) });
    this.gpu = new Gpu({ device: proxy, profile, shaders: readShader, instance: device, kernelPreference });
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  [Symbol.dispose](): void {
    this.gpu.buffers[Symbol.dispose]();
    for (const [type, listener] of this.#listeners) this.#device.removeEventListener(type, listener);
  }

  #listen(listener: Parameters<GPUDevice['addEventListener']>): void {
    this.#listeners.push(listener);
    this.#device.addEventListener(...listener);
  }

  #get(device: GPUDevice, name: string | symbol): unknown {
    if (name === 'addEventListener')
      return (...listener: Parameters<GPUDevice['addEventListener']>) => this.#listen(listener);
    if (name === 'createBuffer') return (wanted: GPUBufferDescriptor) => this.#createBuffer(wanted);
    if (name === 'pushErrorScope') return (filter: GPUErrorFilter) => this.#push(filter);
    if (name === 'popErrorScope') return () => this.#pop();
    const value: unknown = Reflect.get(device, name, device);
    return typeof value === 'function' ? value.bind(device) : value;
  }

  #createBuffer(wanted: GPUBufferDescriptor): GPUBuffer {
    this.asked.push(wanted.label ?? '');
    if (!this.#refuses(wanted.size, this.asked.length - 1)) return this.#device.createBuffer(wanted);
    this.#hasFailed = true;
    const error = new GPUOutOfMemoryError(`refused ${wanted.size} bytes`);
    const scope = this.#scopes.findLast(({ filter }) => filter === 'out-of-memory');
    if (scope === undefined) {
      this.#device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
    } else {
      scope.refused ??= error;
    }
    this.#device.pushErrorScope('validation');
    const buffer = this.#device.createBuffer({ ...wanted, usage: invalidUsage });
    this.#device.popErrorScope();
    return buffer;
  }

  #push(filter: GPUErrorFilter): void {
    this.#scopes.push({ filter, refused: undefined });
    this.#device.pushErrorScope(filter);
  }

  async #pop(): Promise<GPUError | null> {
    const scope = this.#scopes.pop();
    return (await this.#device.popErrorScope()) ?? scope?.refused ?? null;
  }
}
