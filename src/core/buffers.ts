/**
 * Device memory with an owner: every buffer of the engine comes from a pool that knows how many bytes are out and
 * how many were at most. Tests end with an empty pool.
 */

import { DeviceError } from './errors.ts';

/** How a value lies in memory. Arithmetic is f32, whatever is stored. */
export type ElementType = 'f32' | 'f16' | 'u32';

/** A range of a buffer, as kernels bind it. */
export interface BufferSlice {
  readonly buffer: GPUBuffer;
  /** A multiple of 256, the largest alignment any adapter may ask for. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** What its values are; kernels must know of f16 only, and take everything else for what they say themselves. */
  readonly element?: ElementType;
}

/** Offsets of bound ranges are multiples of this on every adapter (WebGPU's default limit). */
export const bindingAlignmentBytes = 256;

/** What every adapter binds at once (WebGPU's default limit). */
export const defaultBindingBytes = 2 ** 27;

export const bytesPerFloat = 4;

/** Bytes of a value. */
export function bytesPerElement(element: ElementType = 'f32'): number {
  return element === 'f16' ? 2 : 4;
}

/** Rounds up to a multiple. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The numeric values of `GPUBufferUsage`, which Node does not define globally. */
export const bufferUsage = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
} as const;

const storageUsage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

/** Allocates and frees buffers, and counts. */
export class BufferPool implements Disposable {
  readonly #device: GPUDevice;
  readonly #live = new Set<GPUBuffer>();
  readonly #meters = new Set<{ peakBytes: number }>();
  #bytesInUse = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of the buffers that are out. */
  get bytesInUse(): number {
    return this.#bytesInUse;
  }

  get count(): number {
    return this.#live.size;
  }

  /** Watches the largest `bytesInUse` from now until it is disposed. */
  meter(): { readonly peakBytes: number } & Disposable {
    const meter = { peakBytes: this.#bytesInUse, [Symbol.dispose]: () => void this.#meters.delete(meter) };
    this.#meters.add(meter);
    return meter;
  }

  /** A zeroed buffer of at least `sizeBytes`; the caller owns it and gives it back with `release`. */
  allocate(label: string, sizeBytes: number, usage: number = storageUsage): BufferSlice {
    const size = Math.max(roundUp(sizeBytes, 4), 4);
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#live.add(buffer);
    this.#bytesInUse += size;
    for (const meter of this.#meters) {
      meter.peakBytes = Math.max(meter.peakBytes, this.#bytesInUse);
    }
    return { buffer, offsetBytes: 0, sizeBytes: size };
  }

  /** A storage buffer that holds `values`; the caller owns it. */
  upload(label: string, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): BufferSlice {
    const slice = this.allocate(label, values.byteLength);
    this.#device.queue.writeBuffer(slice.buffer, 0, values);
    return slice;
  }

  /** Frees the buffer of a slice. @throws DeviceError when it is not this pool's or was released before. */
  release(slice: BufferSlice): void {
    const { buffer } = slice;
    if (!this.#live.delete(buffer)) {
      throw new DeviceError(`buffer '${buffer.label}' was released twice, or belongs to another pool`);
    }
    this.#bytesInUse -= buffer.size;
    buffer.destroy();
  }

  /** Frees whatever is still out. */
  [Symbol.dispose](): void {
    for (const buffer of this.#live) {
      buffer.destroy();
    }
    this.#live.clear();
    this.#bytesInUse = 0;
  }
}

/** Buffers that live and die together; the scope frees them in one call. */
export class BufferScope implements Disposable {
  readonly #pool: BufferPool;
  readonly #slices: BufferSlice[] = [];

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  allocate(label: string, sizeBytes: number, usage?: number): BufferSlice {
    return this.#keep(this.#pool.allocate(label, sizeBytes, usage));
  }

  upload(label: string, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): BufferSlice {
    return this.#keep(this.#pool.upload(label, values));
  }

  [Symbol.dispose](): void {
    for (const slice of this.#slices.splice(0)) {
      this.#pool.release(slice);
    }
  }

  #keep(slice: BufferSlice): BufferSlice {
    this.#slices.push(slice);
    return slice;
  }
}
