/**
 * A kernel: one WGSL module, its bindings in order and its parameters, described once in TypeScript and checked against
 * the module by a reflection test. Pipelines are made on first use and kept per device.
 */

import { DeviceError, messageOf } from './errors.ts';
import { type HeaderConstants, specialiseShader } from './shader.ts';

export type BindingAccess = 'read' | 'readWrite';
export type ScalarType = 'u32' | 'i32' | 'f32';

/** What the host knows of one file in `shaders/`. */
export interface KernelDefinition<Binding extends string = string, Parameter extends string = string> {
  /** File name in `shaders/`. */
  readonly shader: string;
  /** Storage bindings in the order of their numbers. */
  readonly bindings: Readonly<Record<Binding, BindingAccess>>;
  /** Members of `struct Params`, in order; the uniform is the last binding. */
  readonly params: Readonly<Record<Parameter, ScalarType>>;
}

/** Keeps the literal names of bindings and parameters in the type. */
export function defineKernel<const Binding extends string, const Parameter extends string>(
  definition: KernelDefinition<Binding, Parameter>,
): KernelDefinition<Binding, Parameter> {
  return definition;
}

/** The text of a file in `shaders/`; each platform brings its own way of reading. */
export type ShaderSource = (fileName: string) => string;

/** A compiled kernel, or one that is being compiled. */
export class CompiledKernel {
  readonly layout: GPUBindGroupLayout;
  readonly #compile: () => GPUComputePipeline;
  readonly #compiling: Promise<GPUComputePipeline> | undefined;
  #pipeline: GPUComputePipeline | undefined;

  constructor(device: GPUDevice, layout: GPUBindGroupLayout, descriptor: GPUComputePipelineDescriptor, aside: boolean) {
    this.layout = layout;
    this.#compile = () => device.createComputePipeline(descriptor);
    this.#compiling = aside ? device.createComputePipelineAsync(descriptor) : undefined;
    if (this.#compiling === undefined) this.#pipeline = this.#compile();
    this.#compiling?.then(
      (pipeline) => {
        this.#pipeline ??= pipeline;
      },
      // `ready` throws it for whoever asks.
      () => {},
    );
  }

  /** The pipeline; compiled on the spot where nobody waited for `ready`. */
  get pipeline(): GPUComputePipeline {
    this.#pipeline ??= this.#compile();
    return this.#pipeline;
  }

  /** Resolves when the pipeline is compiled. @throws DeviceError with the driver's message. */
  async ready(): Promise<void> {
    try {
      await this.#compiling;
    } catch (error) {
      throw new DeviceError(`a kernel could not be compiled: ${messageOf(error)}`);
    }
  }
}

/** Compiles each variant of each kernel once. */
export class KernelCache {
  readonly #device: GPUDevice;
  readonly #source: ShaderSource;
  readonly #aside: boolean;
  readonly #compiled = new Map<string, CompiledKernel>();

  /** @param aside compiles beside other work, several kernels at a time; who submits waits for `ready`. */
  constructor(device: GPUDevice, source: ShaderSource, aside = false) {
    this.#device = device;
    this.#source = source;
    this.#aside = aside;
  }

  /** The pipeline of a kernel with these header constants. Validation errors surface in the caller's error scope. */
  get(definition: KernelDefinition, constants: HeaderConstants = {}): CompiledKernel {
    const key = `${definition.shader} ${JSON.stringify(constants)}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) {
      return known;
    }
    const made = this.#compile(key, definition, constants);
    this.#compiled.set(key, made);
    return made;
  }

  #compile(label: string, definition: KernelDefinition, constants: HeaderConstants): CompiledKernel {
    const code = specialiseShader(definition.shader, this.#source(definition.shader), constants);
    const layout = this.#device.createBindGroupLayout({ label, entries: layoutEntries(definition) });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ label, code }), entryPoint: 'main' },
    };
    return new CompiledKernel(this.#device, layout, descriptor, this.#aside);
  }
}

/** `GPUShaderStage.COMPUTE`, which Node does not define globally. */
const computeStage = 4;

function layoutEntries(definition: KernelDefinition): GPUBindGroupLayoutEntry[] {
  const types: GPUBufferBindingType[] = Object.values(definition.bindings).map((access) =>
    access === 'read' ? 'read-only-storage' : 'storage',
  );
  if (Object.keys(definition.params).length > 0) {
    types.push('uniform');
  }
  return types.map((type, binding) => ({ binding, visibility: computeStage, buffer: { type } }));
}

/** Packs parameters into the bytes of `struct Params` (scalars only, so no padding rules apply). */
export function packParams(definition: KernelDefinition, values: Readonly<Record<string, number>>): ArrayBuffer {
  const entries = Object.entries(definition.params);
  const bytes = new ArrayBuffer(entries.length * 4);
  const view = new DataView(bytes);
  entries.forEach(([name, type], index) => {
    const value = values[name] ?? Number.NaN;
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else if (type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return bytes;
}
