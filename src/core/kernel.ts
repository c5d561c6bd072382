/**
 * A kernel: one WGSL module, its bindings in order and its parameters, described once in TypeScript and checked against
 * the module by a reflection test. Pipelines are made on first use and kept per device.
 */

import { DeviceError, messageOf, ShapeError } from './errors.ts';
import { type HeaderConstants, specialiseShader } from './shader.ts';
import { shaderProblem } from './shader-problem.ts';

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
  /** What is wrong with its source; undefined where nothing is. */
  readonly problem: () => Promise<string | undefined>;
  readonly #compile: () => GPUComputePipeline;
  readonly #compiling: Promise<GPUComputePipeline> | undefined;
  #pipeline: GPUComputePipeline | undefined;

  constructor(
    device: GPUDevice,
    made: {
      readonly layout: GPUBindGroupLayout;
      readonly pipeline: GPUComputePipelineDescriptor;
      readonly problem: () => Promise<string | undefined>;
      /** Compiles beside other work. */
      readonly aside: boolean;
    },
  ) {
    this.layout = made.layout;
    this.problem = made.problem;
    this.#compile = () => device.createComputePipeline(made.pipeline);
    this.#compiling = made.aside ? device.createComputePipelineAsync(made.pipeline) : undefined;
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
      throw new DeviceError(`a kernel could not be compiled: ${(await this.problem()) ?? messageOf(error)}`);
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

  /** What is wrong with the source of a kernel that was asked for; undefined where nothing is. Compiles all of them once more. */
  async problem(): Promise<string | undefined> {
    for (const kernel of this.#compiled.values()) {
      const problem = await kernel.problem();
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #compile(label: string, definition: KernelDefinition, constants: HeaderConstants): CompiledKernel {
    const { shader: fileName } = definition;
    const code = specialiseShader(fileName, this.#source(fileName), constants);
    const layout = this.#device.createBindGroupLayout({ label, entries: layoutEntries(definition) });
    const pipeline: GPUComputePipelineDescriptor = {
      label,
      layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ label, code }), entryPoint: 'main' },
    };
    const problem = () => shaderProblem(this.#device, { fileName, source: this.#source(fileName), constants });
    return new CompiledKernel(this.#device, { layout, pipeline, problem, aside: this.#aside });
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

/** Whole numbers from and to which a type goes; f32 takes any number, whatever becomes of it. */
const integerRanges = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1], f32: undefined } as const;

/**
 * Packs parameters into the bytes of `struct Params` (scalars only, so no padding rules apply).
 *
 * @throws ShapeError where one is missing, is none of the kernel's, or is no number of its type.
 */
export function packParams<Parameter extends string>(
  definition: KernelDefinition<string, Parameter>,
  values: Readonly<Record<NoInfer<Parameter>, number>>,
): ArrayBuffer {
  const types: Readonly<Record<string, ScalarType>> = definition.params;
  const given: Readonly<Record<string, number>> = values;
  const entries = Object.entries(types);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(types, name)) throw wrongParameter(definition, `'${name}' is given`);
  }
  const view = new DataView(new ArrayBuffer(entries.length * 4));
  entries.forEach(([name, type], index) => {
    const value = given[name];
    if (value === undefined) throw wrongParameter(definition, `'${name}' is missing`);
    const range = integerRanges[type];
    if (range !== undefined && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) {
      throw wrongParameter(definition, `'${name}' is ${value}`);
    }
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else if (type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return view.buffer;
}

function wrongParameter({ shader, params }: KernelDefinition, problem: string): ShapeError {
  const names = Object.entries(params).map(([name, type]) => `${name}: ${type}`);
  const expected = names.length === 0 ? 'no parameters' : `the parameters ${names.join(', ')}`;
  return new ShapeError(`${shader}: expected ${expected}, but ${problem}`);
}
