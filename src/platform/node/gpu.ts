/** WebGPU in Node through Dawn: the only file that touches the npm package `webgpu`. */

import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { create, globals } from 'webgpu';
import { DeviceError, InputError } from '../../core/errors.ts';
import { type AdapterProfile, deviceDescriptorFor, Gpu, profileAdapter } from '../../core/gpu.ts';
import { parseNumber } from '../../core/numbers.ts';
import { type KernelFamily, KernelPreference, type MeasuredVariants } from '../../kernels/preference.ts';
import { widenVectors } from './vector-width.ts';

/** Below so much free memory an adapter that is the CPU gets small weights: VGG16's fast ones take 340 MiB, and a run needs its own. */
const shortOfMemoryBytes = 2 ** 30;

/** The rest is for pictures and weights on the host, and for other programs. */
const softwareShare = 0.75;
const leastSoftwareBytes = 2 ** 30;

export interface OpenGpuOptions {
  /** Part of an adapter's name, for example `llvmpipe`; the driver's first choice when absent. */
  readonly adapter?: string;
  /** The family of hot kernels; the engine's choice when absent. */
  readonly kernelFamily?: KernelFamily | undefined;
  /** Looks up what was measured on the adapter (`measuredOn` in `tuning/tuning.ts`). */
  readonly measured?: (profile: AdapterProfile) => MeasuredVariants | undefined;
  /** Prefers kernels whose weights take little memory; when absent, where the adapter is the CPU and the machine is short of it. */
  readonly lowMemory?: boolean;
  /** Exact timestamps, for benchmarks: Dawn rounds them to 65 µs otherwise. */
  readonly exactTimestamps?: boolean;
}

/**
 * Opens an adapter and a device on it. The caller disposes the result.
 *
 * The returned `Gpu` holds the only references that keep Dawn alive: while it is not disposed, Node does not exit.
 *
 * @throws DeviceError where no adapter can run shaders. InputError for an adapter that is not there, or a limit that is no number.
 */
export async function openGpu(options: OpenGpuOptions = {}): Promise<Gpu> {
  Object.assign(globalThis, globals);
  widenVectors();
  const maxBindingBytes = mebibytesOf('IMPASTO_MAX_BINDING_MIB');
  const memoryBytes = mebibytesOf('IMPASTO_DEVICE_MEMORY_MIB');
  const flags: string[] = [];
  if (options.exactTimestamps === true) flags.push('disable-dawn-features=timestamp_quantization');
  if (options.adapter !== undefined) flags.push(`adapter=${options.adapter}`);
  const instance = create(flags);
  const adapter = await requestAdapter(instance, options.adapter);
  const device = await adapter.requestDevice(deviceDescriptorFor(adapter));
  const profile = profileAdapter(adapter.info, device);
  return new Gpu({
    device,
    profile,
    shaders: readShader,
    instance,
    maxBindingBytes,
    memoryBytes: memoryBytes ?? memoryOf(profile),
    kernelPreference: new KernelPreference({
      family: options.kernelFamily,
      measured: options.measured?.(profile),
      lowMemory: options.lowMemory ?? (profile.isSoftware && freemem() < shortOfMemoryBytes),
    }),
  });
}

/** Variables of the environment that change what of an adapter is used. */
type MemoryVariable = 'IMPASTO_MAX_BINDING_MIB' | 'IMPASTO_DEVICE_MEMORY_MIB';

/**
 * Bytes that a variable gives in MiB; undefined where it is not set. The one lowers the limit of a binding, so that what larger pictures are done
 * with can be tried at small ones; the other says how much a run may plan to take.
 *
 * @throws InputError where it is no number above 0.
 */
function mebibytesOf(variable: MemoryVariable): number | undefined {
  const text = process.env[variable];
  return text === undefined || text === ''
    ? undefined
    : Math.floor(parseNumber(variable, text, { above: 0 }) * 2 ** 20);
}

/** Of an adapter that is the CPU: a share of what the machine has free now. Of another nothing is known. */
function memoryOf({ isSoftware }: AdapterProfile): number | undefined {
  return isSoftware ? Math.max(leastSoftwareBytes, softwareShare * freemem()) : undefined;
}

async function requestAdapter(instance: GPU, wanted: string | undefined): Promise<GPUAdapter> {
  let adapter: GPUAdapter | null = null;
  try {
    adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    if (wanted === undefined) throw error;
    throw new InputError(`adapter '${wanted}' was not found; leave --adapter out to take the driver's first choice`);
  }
  // Dawn's null backend accepts every call and computes nothing; taking it for an adapter would give a black picture.
  if (adapter === null || adapter.info.device === 'null-backend') {
    const name = wanted === undefined ? 'no WebGPU adapter was found' : `adapter '${wanted}' was not found`;
    throw new DeviceError(`${name}; a Vulkan driver is needed (on Debian or Ubuntu: mesa-vulkan-drivers)`);
  }
  return adapter;
}

const shaderFolder = new URL('../../../shaders/', import.meta.url);

/** The text of a file in `shaders/`. */
export function readShader(fileName: string): string {
  return readFileSync(new URL(fileName, shaderFolder), 'utf8');
}
