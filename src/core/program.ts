/**
 * A program: dispatches recorded once (pipelines, bind groups and parameters made up front) and encoded as often as
 * wanted. WebGPU orders the dispatches of a pass and inserts the barriers, so one pass holds them all.
 */

import { BufferScope, type BufferSlice, bindingAlignmentBytes, bufferUsage, roundUp } from './buffers.ts';
import { ShapeError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { type CompiledKernel, type KernelDefinition, packParams } from './kernel.ts';
import { type HeaderConstants, storedTypeAlias } from './shader.ts';

export type Grid = readonly [x: number, y?: number, z?: number];

export interface DispatchOptions<Binding extends string, Parameter extends string> {
  readonly bindings: Readonly<Record<Binding, BufferSlice>>;
  readonly params: Readonly<Record<Parameter, number>>;
  /** Workgroups along x, y and z. */
  readonly grid: Grid;
  /** Values for the module's header constants. */
  readonly constants?: HeaderConstants;
  /** How timings name it; the shader's name when absent. */
  readonly label?: string;
}

/** One recorded dispatch. */
export interface Dispatch {
  readonly label: string;
  readonly compiled: CompiledKernel;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number, number];
  readonly kernel: KernelDefinition;
  readonly uniform: BufferSlice;
}

/** Parameters live in pages of this size, each dispatch's at a multiple of `bindingAlignmentBytes`. */
export const parameterPageBytes = 16384;

export class Program implements Disposable {
  readonly gpu: Gpu;
  readonly label: string;
  readonly #dispatches: Dispatch[] = [];
  readonly #pages: BufferSlice[] = [];
  /** Asked for before every submit, made once. */
  #ready: Promise<void> | undefined;
  #pageUsed = parameterPageBytes;

  constructor(gpu: Gpu, label: string) {
    this.gpu = gpu;
    this.label = label;
  }

  get dispatches(): readonly Dispatch[] {
    return this.#dispatches;
  }

  /**
   * Appends a dispatch of the variant that reads and writes each binding in its slice's type.
   *
   * @throws ShapeError when the grid is empty or passes the adapter's limit, a binding of the module cannot be f16, or the parameters
   *   are not the kernel's.
   */
  dispatch<Binding extends string, Parameter extends string>(
    kernel: KernelDefinition<Binding, Parameter>,
    options: DispatchOptions<Binding, Parameter>,
  ): Dispatch {
    const label = options.label ?? kernel.shader.replace('.wgsl', '');
    const [x, y = 1, z = 1] = options.grid;
    const most = this.gpu.device.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > most || Math.min(x, y, z) < 1) {
      throw new ShapeError(`${label}: grid ${x}x${y}x${z} is not within 1 and ${most} workgroups a dimension`);
    }
    const names: readonly Binding[] = bindingNames(kernel);
    const slices = names.map((name) => options.bindings[name]);
    const halves = names.filter((name) => options.bindings[name].element === 'f16');
    const storedTypes = Object.fromEntries(halves.map((name) => [storedTypeAlias(name), 'f16'] as const));
    const compiled = this.gpu.kernels.get(kernel, { ...options.constants, ...storedTypes });
    const uniform = this.#uniform(kernel, options.params);
    if (Object.keys(kernel.params).length > 0) {
      slices.push(uniform);
    }
    const bindGroup = this.gpu.device.createBindGroup({
      label,
      layout: compiled.layout,
      entries: slices.map((slice, binding) => ({ binding, resource: bindingOf(slice) })),
    });
    const dispatch: Dispatch = { label, compiled, bindGroup, grid: [x, y, z], kernel, uniform };
    this.#dispatches.push(dispatch);
    this.#ready = undefined;
    return dispatch;
  }

  /** Rewrites the parameters of a dispatch; takes effect for submits after it. @throws ShapeError where they are not the kernel's. */
  update(dispatch: Dispatch, params: Readonly<Record<string, number>>): void {
    const { buffer, offsetBytes } = dispatch.uniform;
    this.gpu.device.queue.writeBuffer(buffer, offsetBytes, packParams(dispatch.kernel, params));
  }

  /** Resolves when every kernel is compiled. @throws DeviceError with the driver's message. */
  ready(): Promise<void> {
    this.#ready ??= this.#compile();
    return this.#ready;
  }

  async #compile(): Promise<void> {
    await Promise.all([...new Set(this.#dispatches.map(({ compiled }) => compiled))].map((kernel) => kernel.ready()));
  }

  /** Encodes every dispatch into an open pass, or those from `from` to before `to`. */
  encode(pass: GPUComputePassEncoder, from = 0, to = this.#dispatches.length): void {
    for (const { compiled, bindGroup, grid } of this.#dispatches.slice(from, to)) {
      pass.setPipeline(compiled.pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...grid);
    }
  }

  [Symbol.dispose](): void {
    this.#dispatches.length = 0;
    for (const page of this.#pages.splice(0)) {
      this.gpu.buffers.release(page);
    }
  }

  #uniform(kernel: KernelDefinition, params: Readonly<Record<string, number>>): BufferSlice {
    const bytes = packParams(kernel, params);
    const room = roundUp(Math.max(bytes.byteLength, 1), bindingAlignmentBytes);
    let page = this.#pages.at(-1);
    if (page === undefined || this.#pageUsed + room > parameterPageBytes) {
      const usage = bufferUsage.uniform | bufferUsage.copyDestination;
      page = this.gpu.buffers.allocate(`${this.label} parameters`, parameterPageBytes, usage);
      this.#pages.push(page);
      this.#pageUsed = 0;
    }
    const slice = { buffer: page.buffer, offsetBytes: this.#pageUsed, sizeBytes: Math.max(bytes.byteLength, 4) };
    this.#pageUsed += room;
    this.gpu.device.queue.writeBuffer(slice.buffer, slice.offsetBytes, bytes);
    return slice;
  }
}

/** Buffers and programs that live and die together. */
export class ProgramScope extends BufferScope {
  readonly gpu: Gpu;
  readonly #programs: Program[] = [];

  constructor(gpu: Gpu) {
    super(gpu.buffers);
    this.gpu = gpu;
  }

  /** A program that the scope owns. */
  program(label: string): Program {
    const program = new Program(this.gpu, label);
    this.#programs.push(program);
    return program;
  }

  override [Symbol.dispose](): void {
    for (const program of this.#programs.splice(0)) program[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

/**
 * What `build` makes of a scope, which it owns from then on. Where it throws, or WebGPU refuses what it recorded, everything in the scope is
 * freed.
 *
 * @throws DeviceError as `Gpu.checked`.
 */
export async function buildInScope<Result>(
  gpu: Gpu,
  what: string,
  build: (scope: ProgramScope) => Result,
): Promise<Result> {
  const scope = new ProgramScope(gpu);
  try {
    return await gpu.checked(what, () => build(scope));
  } catch (error) {
    scope[Symbol.dispose]();
    throw error;
  }
}

/** How a range of a buffer is bound. */
export function bindingOf({ buffer, offsetBytes, sizeBytes }: BufferSlice): GPUBufferBinding {
  return { buffer, offset: offsetBytes, size: sizeBytes };
}

function bindingNames<Binding extends string>(kernel: KernelDefinition<Binding, string>): readonly Binding[] {
  const isBinding = (name: string): name is Binding => name in kernel.bindings;
  return Object.keys(kernel.bindings).filter(isBinding);
}

/** Workgroups of a one-dimensional dispatch, folded into y past the limit: index = id.x + id.y * groups.x * size. */
export function linearGrid(gpu: Gpu, invocations: number, workgroupSize: number): Grid {
  const groups = Math.max(Math.ceil(invocations / workgroupSize), 1);
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  const x = Math.min(groups, most);
  return [x, Math.ceil(groups / x)];
}
