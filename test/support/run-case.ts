/** Runs a variant of a case with every buffer lying between guards, and reports what it left and what it should not have touched. */

import { type BufferSlice, bytesPerFloat, roundUp } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { Program } from '../../src/core/program.ts';
import type { CaseValues, KernelCase, KernelVariant, Recording } from '../cases/kernel-case.ts';
import { unwritten } from '../cases/kernel-case.ts';
import { compareOutput, type Errors } from './compare.ts';

/** Floats before and after each range: 256 bytes, so that the range keeps the alignment of bindings. */
const guardValues = 64;

/** Large, so that a guard that is read shows in any sum; not a NaN, which WGSL may assume away. */
const guardValue = Math.fround(-3e30);

/** What one run left behind. */
export interface VariantRun {
  readonly outputs: ReadonlyMap<string, Float32Array>;
  /** Names of buffers whose guards changed. */
  readonly damaged: readonly string[];
}

/**
 * A buffer of which the middle belongs to the kernel. The binding also covers the guard behind: WebGPU clamps indices
 * past a binding's end to its last element, so a write too far would otherwise hide inside the output.
 */
interface GuardedBuffer {
  readonly whole: BufferSlice;
  readonly bound: BufferSlice;
  readonly values: number;
}

/** The buffers of one run. The caller disposes it. */
class GuardedBuffers implements Disposable {
  readonly #gpu: Gpu;
  readonly #buffers = new Map<string, GuardedBuffer>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  add(name: string, content: Float32Array | number): BufferSlice {
    const values = typeof content === 'number' ? roundUp(content, bytesPerFloat) / bytesPerFloat : content.length;
    const floats = new Float32Array(values + 2 * guardValues).fill(guardValue);
    if (typeof content === 'number') floats.fill(unwritten, guardValues, guardValues + values);
    else floats.set(content, guardValues);
    const whole = this.#gpu.buffers.upload(name, floats);
    const offsetBytes = guardValues * bytesPerFloat;
    const bound = { buffer: whole.buffer, offsetBytes, sizeBytes: whole.sizeBytes - offsetBytes };
    this.#buffers.set(name, { whole, bound, values });
    return bound;
  }

  bound(name: string): BufferSlice {
    const found = this.#buffers.get(name);
    if (found === undefined) throw new Error(`the case has no buffer '${name}'`);
    return found.bound;
  }

  /** The middle of a buffer. */
  async read(name: string): Promise<Float32Array> {
    const { buffer, offsetBytes, sizeBytes } = this.bound(name);
    return this.#gpu.read({ buffer, offsetBytes, sizeBytes: sizeBytes - guardValues * bytesPerFloat });
  }

  /** Names of the buffers whose guards are not as they were made. */
  async damaged(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const [name, { whole }] of this.#buffers) {
      const sizeBytes = guardValues * bytesPerFloat;
      for (const offsetBytes of [0, whole.sizeBytes - sizeBytes]) {
        const guard = await this.#gpu.read({ buffer: whole.buffer, offsetBytes, sizeBytes });
        if (guard.some((value) => value !== guardValue))
          names.push(`${name} (${offsetBytes === 0 ? 'before' : 'after'})`);
      }
    }
    return names;
  }

  [Symbol.dispose](): void {
    for (const { whole } of this.#buffers.values()) this.#gpu.buffers.release(whole);
  }
}

/** Records and runs a variant once. */
export async function runVariant(gpu: Gpu, values: CaseValues, variant: KernelVariant): Promise<VariantRun> {
  using buffers = new GuardedBuffers(gpu);
  for (const [name, content] of Object.entries(values.inputs)) buffers.add(name, content);
  for (const [name, { initial }] of Object.entries(values.outputs)) buffers.add(name, initial);
  using preparation = new Program(gpu, 'preparation');
  using program = new Program(gpu, variant.name);
  const recording: Recording = {
    preparation,
    program,
    buffer: (name) => buffers.bound(name),
    scratch: (label, sizeBytes) => buffers.add(`scratch ${label}`, sizeBytes),
  };
  await gpu.checked(variant.name, () => {
    variant.record(recording);
    gpu.submit([preparation, program]);
  });
  const outputs = new Map<string, Float32Array>();
  for (const name of Object.keys(values.outputs)) outputs.set(name, await buffers.read(name));
  return { outputs, damaged: await buffers.damaged() };
}

/** What a variant did wrong, and how exact it was. */
export interface VariantCheck {
  /** One text for each wrong output or damaged buffer. */
  readonly problems: readonly string[];
  readonly errors: ReadonlyMap<string, Errors>;
}

/** Runs a variant and compares each of its outputs. */
export async function checkVariant(gpu: Gpu, values: CaseValues, variant: KernelVariant): Promise<VariantCheck> {
  const run = await runVariant(gpu, values, variant);
  const problems = run.damaged.map((name) => `[${variant.name}] wrote outside its range, beside ${name}`);
  const errors = new Map<string, Errors>();
  for (const [name, output] of Object.entries(values.outputs)) {
    const comparison = compareOutput(output, run.outputs.get(name) ?? new Float32Array(0), variant.tolerance);
    errors.set(name, comparison.errors);
    if (comparison.problem !== '') problems.push(`[${variant.name}] ${name}: ${comparison.problem}`);
  }
  return { problems, errors };
}

/** Every variant that the adapter can run, against the reference. The texts of what is wrong, empty when nothing is. */
export async function checkCase(gpu: Gpu, kernelCase: KernelCase): Promise<readonly string[]> {
  const values = kernelCase.make();
  const problems: string[] = [];
  for (const variant of kernelCase.variants(gpu)) {
    problems.push(...(await checkVariant(gpu, values, variant)).problems);
  }
  return problems.map((problem) => `${kernelCase.name} ${problem}`);
}
