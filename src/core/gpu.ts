/**
 * One device and what belongs to it: adapter profile, memory, compiled kernels, submission and readback.
 * The `GPUDevice` is passed in; only a platform's `gpu.ts` knows where it comes from.
 */

import { BufferPool, type BufferSlice, bufferUsage } from './buffers.ts';
import { DeviceError, OutOfMemoryError, oneLine } from './errors.ts';
import { KernelCache, type ShaderSource } from './kernel.ts';
import { Pacer } from './pacer.ts';
import type { Program } from './program.ts';

/** What the engine wants to know of an adapter. */
export interface AdapterProfile {
  readonly vendor: string;
  readonly architecture: string;
  /** The driver's own words, as a person wants to read them. */
  readonly description: string;
  /** True for adapters that run shaders on the CPU (lavapipe, SwiftShader, WARP). */
  readonly isSoftware: boolean;
  /** The one subgroup size of the adapter; undefined where it varies or the device has no subgroups. */
  readonly subgroupSize: number | undefined;
}

/** Reads the profile off an adapter and the device requested from it. */
export function profileAdapter(info: GPUAdapterInfo, device: GPUDevice): AdapterProfile {
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  const isFixed = info.subgroupMinSize === info.subgroupMaxSize && info.subgroupMinSize > 0;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device || `${info.vendor} ${info.architecture}`,
    isSoftware: info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|basic render|\bcpu\b/.test(words),
    subgroupSize: isFixed && device.features.has('subgroups') ? info.subgroupMinSize : undefined,
  };
}

/**
 * The limits that a plan of memory is held against. A binding below WebGPU's default is there for trying, and goes for what grows with the
 * picture alone: weights and scratch have the device's own limit.
 */
export type BufferLimits = Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize' | 'maxBufferSize'>;

/** Limits above WebGPU's defaults that the engine can use, asked for only as far as the adapter has them. */
const wantedLimits = ['maxStorageBufferBindingSize', 'maxBufferSize', 'maxStorageBuffersPerShaderStage'] as const;

const wantedFeatures: readonly GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query'];

/** What to ask an adapter's device for: everything of it that the engine can use. */
export function deviceDescriptorFor(adapter: GPUAdapter): GPUDeviceDescriptor {
  return {
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]])),
  };
}

/** Of a graphics card, of which little is known; a desktop and its windows are to have the rest. */
const usualMemoryBytes = 2 ** 32;

/** Longest wait for the report of a loss; what was another error is told so much later. */
const lossReportMs = 500;

/** Most that is read back at once: pictures beyond it would take as much again while they are read. */
export const readbackBytes = 2 ** 25;

export class Gpu implements Disposable {
  readonly device: GPUDevice;
  readonly profile: AdapterProfile;
  /** The device's, or less where its owner says so. */
  readonly limits: BufferLimits;
  /** Most bytes that a run should plan to take. WebGPU tells nobody how many there are. */
  readonly memoryBytes: number;
  readonly buffers: BufferPool;
  readonly kernels: KernelCache;
  /** What its owner asks of the choice of kernels: a `KernelPreference`, which only `kernels/` looks into. */
  readonly kernelPreference: unknown;
  protected readonly instance: object;
  readonly #pacer: Pacer | undefined;
  #lost: string | undefined;
  #isDisposed = false;
  #uncaptured: string | undefined;
  /** Why memory was refused where nobody was waiting to hear of it. */
  #refused: string | undefined;

  constructor(options: {
    readonly device: GPUDevice;
    readonly profile: AdapterProfile;
    readonly shaders: ShaderSource;
    /** The object the adapter came from: Dawn in Node crashes when it is collected before the device. */
    readonly instance: object;
    readonly kernelPreference?: unknown;
    /** Compiles kernels beside other work, where the GPU's process has other things to do. */
    readonly compileAside?: boolean;
    /** What one submit should take at most, where others share the GPU; undefined never splits work. */
    readonly submitGoalMs?: number | undefined;
    /** Most bytes of a binding of what grows with the picture; the device's limit when absent. */
    readonly maxBindingBytes?: number | undefined;
    /** Most bytes that a run should plan to take; what a usual graphics card has to spare when absent. */
    readonly memoryBytes?: number | undefined;
  }) {
    this.kernelPreference = options.kernelPreference;
    this.instance = options.instance;
    this.device = options.device;
    this.profile = options.profile;
    const { maxStorageBufferBindingSize, maxBufferSize } = options.device.limits;
    this.limits = {
      maxStorageBufferBindingSize: Math.min(options.maxBindingBytes ?? Infinity, maxStorageBufferBindingSize),
      maxBufferSize,
    };
    this.memoryBytes = options.memoryBytes ?? usualMemoryBytes;
    this.buffers = new BufferPool(options.device);
    this.kernels = new KernelCache(options.device, options.shaders, options.compileAside);
    this.#pacer = options.submitGoalMs === undefined ? undefined : new Pacer(this, options.submitGoalMs);
    this.device.lost.then(({ message }) => {
      if (!this.#isDisposed) this.#lost = oneLine(message);
    });
    this.device.addEventListener('uncapturederror', (event) => {
      if (isOutOfMemory(event.error)) this.#refused ??= oneLine(event.error.message);
      this.#uncaptured ??= oneLine(event.error.message);
      // Says more, a little later, where it was a shader.
      this.#shaderProblem().then((problem) => {
        this.#uncaptured = problem ?? this.#uncaptured;
      });
    });
  }

  /**
   * Runs `build` and turns a validation error or refused memory inside it into an exception; a result that can be disposed
   * is disposed then.
   *
   * @throws DeviceError with the driver's message, or the place in a shader that does not compile.
   */
  async checked<Result>(what: string, build: () => Result | Promise<Result>): Promise<Result> {
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('out-of-memory');
    let outcome: { readonly result: Result } | { readonly thrown: unknown };
    try {
      outcome = { result: await build() };
    } catch (thrown) {
      outcome = { thrown };
    }
    const outOfMemory = await this.device.popErrorScope();
    const invalid = await this.device.popErrorScope();
    const error = outOfMemory ?? invalid;
    if (error !== null) {
      // The device's error explains whatever `build` threw after it.
      if ('result' in outcome && isDisposable(outcome.result)) outcome.result[Symbol.dispose]();
      if (outOfMemory !== null) {
        throw new OutOfMemoryError(`${what} needs more memory than the adapter gives: ${oneLine(error.message)}`);
      }
      // What is invalid may be a buffer that was refused before.
      this.#assertNothingRefused();
      const problem = (await this.#shaderProblem()) ?? oneLine(error.message);
      throw new DeviceError(`${what} was refused by WebGPU: ${problem}`);
    }
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.result;
  }

  /** A lost device has no more to say. */
  async #shaderProblem(): Promise<string | undefined> {
    // Dawn tells an error while the kernel is still being made.
    await Promise.resolve();
    return await this.kernels.problem().catch(() => undefined);
  }

  /** Whether the device is gone, and not because it was disposed. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** The same after an error: the device's own report comes later than what its loss causes, on a busy machine by several tasks. */
  async provesLost(): Promise<boolean> {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, lossReportMs))]);
    return this.isLost;
  }

  /** @throws DeviceError when the device was lost or reported an error nobody was waiting for; OutOfMemoryError where that was memory. */
  assertHealthy(): void {
    if (this.#lost !== undefined) {
      throw new DeviceError(`the GPU device was lost: ${this.#lost}`);
    }
    this.#assertNothingRefused();
    if (this.#uncaptured !== undefined) {
      throw new DeviceError(`WebGPU reported an error: ${this.#uncaptured}`);
    }
  }

  #assertNothingRefused(): void {
    if (this.#refused === undefined) return;
    throw new OutOfMemoryError(`more memory is needed than the adapter gives: ${this.#refused}`);
  }

  /** Submits programs in order, in one pass, and whatever `finish` encodes after it. */
  submit(programs: readonly Program[], finish?: (encoder: GPUCommandEncoder) => void): void {
    this.submitEncoded((pass) => {
      for (const program of programs) program.encode(pass);
    }, finish);
  }

  /**
   * As `submit`, for work that may take long: where the owner gave a `submitGoalMs`, in pieces of about that time. Resolves when
   * all of it is submitted.
   */
  async submitPaced(programs: readonly Program[], finish?: (encoder: GPUCommandEncoder) => void): Promise<void> {
    for (const program of programs) await program.ready();
    if (this.#pacer === undefined) this.submit(programs, finish);
    else await this.#pacer.submit(programs, finish);
  }

  /** Submits one compute pass and whatever `finish` encodes after it. */
  submitEncoded(encode: (pass: GPUComputePassEncoder) => void, finish?: (encoder: GPUCommandEncoder) => void): void {
    this.assertHealthy();
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    finish?.(encoder);
    this.device.queue.submit([encoder.finish()]);
  }

  /** Resolves when everything submitted so far is done. Repeated work is better waited for with `Patience`. */
  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
    this.assertHealthy();
  }

  /**
   * Copies a range of floats to the host, a long one in pieces, between which nothing should write it. Waits for the queue; not for the step
   * loop.
   */
  async read(slice: BufferSlice): Promise<Float32Array> {
    const bytes = new Uint8Array(slice.sizeBytes);
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    const staging = this.buffers.allocate('readback', Math.min(slice.sizeBytes, readbackBytes), usage);
    try {
      for (let from = 0; from < slice.sizeBytes; from += readbackBytes) {
        const sizeBytes = Math.min(readbackBytes, slice.sizeBytes - from);
        const encoder = this.device.createCommandEncoder();
        encoder.copyBufferToBuffer(slice.buffer, slice.offsetBytes + from, staging.buffer, 0, sizeBytes);
        this.device.queue.submit([encoder.finish()]);
        await staging.buffer.mapAsync(1);
        bytes.set(new Uint8Array(staging.buffer.getMappedRange(0, sizeBytes)), from);
        staging.buffer.unmap();
      }
      return new Float32Array(bytes.buffer);
    } catch (error) {
      this.assertHealthy();
      throw error;
    } finally {
      this.buffers.release(staging);
    }
  }

  /** Frees all memory and destroys the device. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.buffers[Symbol.dispose]();
    this.device.destroy();
  }
}

/** The class is no global everywhere that a device comes from. */
function isOutOfMemory(error: GPUError): boolean {
  return error.constructor.name === 'GPUOutOfMemoryError';
}

function isDisposable(value: unknown): value is Disposable {
  return typeof value === 'object' && value !== null && Symbol.dispose in value;
}
