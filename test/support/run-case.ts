/** Runs a variant of a case with every buffer lying between guards, and reports what it left and what it should not have touched. */

import { type BufferSlice, bytesPerFloat, roundUp } from '../../src/core/buffers.ts';
import type { Gpu } from '../../src/core/gpu.ts';
import { Program } from '../../src/core/program.ts';
import { decodeFloat16, encodeFloat16 } from '../../src/weights/float16.ts';
import type { CaseValues, KernelCase, KernelVariant, Recording } from '../cases/kernel-case.ts';
import { storedAsHalf, unwritten } from '../cases/kernel-case.ts';
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
}

/** The buffers of one run. The caller disposes it. */
class GuardedBuffers implements Disposable {
  readonly #gpu: Gpu;
  readonly #buffers = new Map<string, GuardedBuffer>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Values, stored as `element` says, or so many bytes of scratch. */
  add(name: string, content: Float32Array | number, element: 'f32' | 'f16' = 'f32'): BufferSlice {
    const words = typeof content === 'number' ? scratchWords(content) : wordsOf(content, element);
    const guarded = new Float32Array(words.length + 2 * guardValues).fill(guardValue);
    guarded.set(words, guardValues);
    const whole = this.#gpu.buffers.upload(name, guarded);
    const offsetBytes = guardValues * bytesPerFloat;
    const bound = { buffer: whole.buffer, offsetBytes, sizeBytes: whole.sizeBytes - offsetBytes, element };
    this.#buffers.set(name, { whole, bound });
    return bound;
  }

  bound(name: string): BufferSlice {
    const found = this.#buffers.get(name);
    if (found === undefined) throw new Error(`the case has no buffer '${name}'`);
    return found.bound;
  }

  /** The middle of a buffer. */
  async read(name: string): Promise<Float32Array> {
    const { buffer, offsetBytes, sizeBytes, element } = this.bound(name);
    const words = await this.#gpu.read({ buffer, offsetBytes, sizeBytes: sizeBytes - guardValues * bytesPerFloat });
    return element === 'f16' ? decodeFloat16(new Uint16Array(words.buffer)) : words;
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

function scratchWords(sizeBytes: number): Float32Array {
  return new Float32Array(roundUp(sizeBytes, bytesPerFloat) / bytesPerFloat).fill(unwritten);
}

/** What lies in memory, four bytes at a time. */
function wordsOf(values: Float32Array, element: 'f32' | 'f16'): Float32Array {
  return element === 'f16' ? new Float32Array(encodeFloat16(values).buffer) : values;
}

/** Records and runs a variant once, the buffers named in `halves` stored as f16. */
export async function runVariant(
  gpu: Gpu,
  values: CaseValues,
  variant: KernelVariant,
  halves: readonly string[] = [],
): Promise<VariantRun> {
  using buffers = new GuardedBuffers(gpu);
  const add = (name: string, content: Float32Array): void => {
    buffers.add(name, content, halves.includes(name) ? 'f16' : 'f32');
  };
  for (const [name, content] of Object.entries(values.inputs)) add(name, content);
  for (const [name, { initial }] of Object.entries(values.outputs)) add(name, initial);
  using preparation = new Program(gpu, 'preparation');
  using program = new Program(gpu, variant.name);
  const recording: Recording = {
    preparation,
    program,
    buffer: (name) => buffers.bound(name),
    host: (name) => {
      const found = values.host?.[name];
      if (found === undefined) throw new Error(`the case has no values '${name}' on the host`);
      return found;
    },
    upload: (label, content) => buffers.add(`upload ${label}`, content),
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

/** Runs a variant and compares each of its outputs; those named in `halves` lie in memory as f16. */
export async function checkVariant(
  gpu: Gpu,
  values: CaseValues,
  variant: KernelVariant,
  halves: readonly string[] = [],
): Promise<VariantCheck> {
  const run = await runVariant(gpu, values, variant, halves);
  const problems = run.damaged.map((name) => `[${variant.name}] wrote outside its range, beside ${name}`);
  const errors = new Map<string, Errors>();
  for (const [name, output] of Object.entries(values.outputs)) {
    const needed = variant.tolerance ?? output.tolerance;
    const tolerance = halves.includes(name) ? storedAsHalf(needed) : needed;
    const comparison = compareOutput(output, run.outputs.get(name) ?? new Float32Array(0), tolerance);
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

/** The same with f16 for every buffer that may be; nothing where the adapter has no f16. */
export async function checkCaseInHalves(gpu: Gpu, kernelCase: KernelCase): Promise<readonly string[]> {
  const { halves = [] } = kernelCase;
  if (!gpu.device.features.has('shader-f16') || halves.length === 0) return [];
  const values = kernelCase.make((content) => Float32Array.from(decodeFloat16(encodeFloat16(content))));
  const problems: string[] = [];
  for (const variant of kernelCase.variants(gpu)) {
    if (variant.makesNoHalf === true) continue;
    problems.push(...(await checkVariant(gpu, values, variant, halves)).problems);
  }
  return problems.map((problem) => `${kernelCase.name} (${halves.join(', ')} f16) ${problem}`);
}
