/**
 * A kernel: one WGSL module, its bindings in order and its parameters, described once in TypeScript and checked against
 * the module by a reflection test. Pipelines are made on first use and kept per device.
 */

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

/** A compiled kernel. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each variant of each kernel once. */
export class KernelCache {
  readonly #device: GPUDevice;
  readonly #source: ShaderSource;
  readonly #compiled = new Map<string, CompiledKernel>();

  constructor(device: GPUDevice, source: ShaderSource) {
    this.#device = device;
    this.#source = source;
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
    const pipeline = this.#device.createComputePipeline({
      label,
      layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ label, code }), entryPoint: 'main' },
    });
    return { pipeline, layout };
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
