/** What the kernels stand on: parameters in bytes, programs, the buffer pool. */

import { describe, expect, it } from 'vitest';

import { BufferPool, BufferScope } from '../../src/core/buffers.ts';
import { DeviceError, ShapeError } from '../../src/core/errors.ts';
import { defineKernel, type KernelDefinition, packParams } from '../../src/core/kernel.ts';
import { linearGrid, Program } from '../../src/core/program.ts';
import { elementwiseGrid, paddedChannels, vectorsOf } from '../../src/kernels/elementwise.ts';
import { normaliseForwardKernel, recordNormaliseForward } from '../../src/kernels/normalise.ts';
import { recordReluForward } from '../../src/kernels/relu.ts';
import { decodeFloat16, encodeFloat16 } from '../../src/weights/float16.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();

describe('packParams', () => {
  it('writes the members in the order of the definition, little-endian, each in its type', () => {
    const kernel = defineKernel({ shader: 'a.wgsl', bindings: {}, params: { a: 'u32', b: 'f32', c: 'i32', d: 'u32' } });
    const view = new DataView(packParams(kernel, { d: 0xfffffff0, c: -2, b: 0.1, a: 7 }));
    expect(view.byteLength).toBe(16);
    expect(view.getUint32(0, true)).toBe(7);
    expect(view.getFloat32(4, true)).toBe(Math.fround(0.1));
    expect(view.getInt32(8, true)).toBe(-2);
    expect(view.getUint32(12, true)).toBe(0xfffffff0);
  });

  const kernel: KernelDefinition = defineKernel({
    shader: 'a.wgsl',
    bindings: {},
    params: { count: 'u32', shift: 'i32', scale: 'f32' },
  });
  const right = { count: 1, shift: -1, scale: 0.5 };

  it.each([
    ['is missing', { count: 1, scale: 0.5 }, "'shift' is missing"],
    ['is misspelt', { ...right, skale: 0.5 }, "'skale' is given"],
    ["is the name of every object's property", { ...right, toString: 1 }, "'toString' is given"],
    ['is a fraction where the shader has u32', { ...right, count: 1.5 }, "'count' is 1.5"],
    ['is negative where the shader has u32', { ...right, count: -1 }, "'count' is -1"],
    ['is too large for u32', { ...right, count: 2 ** 32 }, "'count' is 4294967296"],
    ['is no number where the shader has u32', { ...right, count: Number.NaN }, "'count' is NaN"],
    ['is infinite where the shader has i32', { ...right, shift: Number.POSITIVE_INFINITY }, "'shift' is Infinity"],
    ['is a fraction where the shader has i32', { ...right, shift: -0.5 }, "'shift' is -0.5"],
    ['is too low for i32', { ...right, shift: -(2 ** 31) - 1 }, "'shift' is -2147483649"],
  ])('refuses a parameter that %s', (_, values: Readonly<Record<string, number>>, problem) => {
    expect(() => packParams(kernel, values)).toThrow(ShapeError);
    expect(() => packParams(kernel, values)).toThrow(
      `a.wgsl: expected the parameters count: u32, shift: i32, scale: f32, but ${problem}`,
    );
  });

  it('takes the ends of each range', () => {
    const view = new DataView(packParams(kernel, { count: 2 ** 32 - 1, shift: -(2 ** 31), scale: 0 }));
    expect([view.getUint32(0, true), view.getInt32(4, true)]).toEqual([2 ** 32 - 1, -(2 ** 31)]);
  });

  it('refuses any parameter of a kernel that has none', () => {
    const none: KernelDefinition = defineKernel({ shader: 'b.wgsl', bindings: {}, params: {} });
    expect(packParams(none, {}).byteLength).toBe(0);
    expect(() => packParams(none, { count: 1 })).toThrow("b.wgsl: expected no parameters, but 'count' is given");
  });
});

describe('Program', () => {
  const plain = { scale: [1, 1, 1], offset: [0, 0, 0] } as const;

  it('keeps the parameters of each of its dispatches apart, past a page of them', async () => {
    const count = 150;
    using buffers = new BufferScope(gpu().buffers);
    using program = new Program(gpu(), 'many');
    const input = buffers.upload('input', Float32Array.of(1, 1, 1));
    const outputs = Array.from({ length: count }, (_, i) => buffers.allocate(`output ${i}`, 16));
    await gpu().checked('many', () => {
      outputs.forEach((output, i) => {
        recordNormaliseForward(program, { input, output, pixels: 1, scale: [i, i + 0.25, i + 0.5], offset: [0, 0, 0] });
      });
      gpu().submit([program]);
    });
    for (const [i, output] of outputs.entries()) {
      expect([...(await gpu().read(output))]).toEqual([i, i + 0.25, i + 0.5, 0]);
    }
  });

  it('reads and writes a binding in the type of its slice', async () => {
    using buffers = new BufferScope(gpu().buffers);
    using program = new Program(gpu(), 'halves');
    const halves = encodeFloat16(Float32Array.of(1.5, -2, 0.1, 65504));
    const input = {
      ...buffers.upload('input', Uint32Array.from(new Uint32Array(halves.buffer))),
      element: 'f16',
    } as const;
    const output = buffers.allocate('output', 16);
    recordReluForward(program, { input, output, values: 4 });
    gpu().submit([program]);
    expect([...(await gpu().read(output))]).toEqual([1.5, 0, ...decodeFloat16(halves.slice(2))]);
  });

  it('refuses a binding stored as f16 that the module cannot read so', () => {
    using buffers = new BufferScope(gpu().buffers);
    using program = new Program(gpu(), 'refused');
    const input = { ...buffers.allocate('input', 12), element: 'f16' } as const;
    const output = buffers.allocate('output', 16);
    const record = (): void => recordNormaliseForward(program, { input, output, pixels: 1, ...plain });
    expect(record).toThrow(/normalise_forward\.wgsl: .*'alias Input = f32;'/);
  });

  it('runs as often as it is submitted, with the parameters of the last update', async () => {
    using buffers = new BufferScope(gpu().buffers);
    using program = new Program(gpu(), 'update');
    const input = buffers.upload('input', Float32Array.of(1, 2, 3));
    const output = buffers.allocate('output', 16);
    const params = { pixels: 1, scale0: 1, scale1: 1, scale2: 1, offset0: 0, offset1: 0, offset2: 0, first: 0 };
    const dispatch = program.dispatch(normaliseForwardKernel, { bindings: { input, output }, params, grid: [1] });
    gpu().submit([program]);
    expect([...(await gpu().read(output))]).toEqual([1, 2, 3, 0]);
    program.update(dispatch, { ...params, scale1: 10, offset2: 0.5 });
    gpu().submit([program]);
    expect([...(await gpu().read(output))]).toEqual([1, 20, 3.5, 0]);
  });

  it('orders the programs of a submit: a later one sees what an earlier one wrote', async () => {
    using buffers = new BufferScope(gpu().buffers);
    using first = new Program(gpu(), 'first');
    using second = new Program(gpu(), 'second');
    const input = buffers.upload('input', Float32Array.of(1, 2, 3));
    const between = buffers.allocate('between', 16);
    const output = buffers.allocate('output', 16);
    recordNormaliseForward(first, { input, output: between, pixels: 1, ...plain, scale: [2, 2, 2] });
    recordNormaliseForward(second, { input: between, output, pixels: 1, ...plain, offset: [1, 1, 1] });
    gpu().submit([first, second]);
    expect([...(await gpu().read(output))]).toEqual([3, 5, 7, 0]);
  });

  it.each([
    ['x', [65536, 1, 1]],
    ['y', [1, 65536, 1]],
    ['z', [1, 1, 65536]],
    ['nothing along x', [0, 1, 1]],
  ] as const)('refuses a grid too large, or empty, along %s', (_, grid) => {
    using buffers = new BufferScope(gpu().buffers);
    using program = new Program(gpu(), 'grid');
    const [input, output] = [buffers.allocate('input', 12), buffers.allocate('output', 16)];
    const params = { pixels: 1, scale0: 1, scale1: 1, scale2: 1, offset0: 0, offset1: 0, offset2: 0, first: 0 };
    const record = (): unknown =>
      program.dispatch(normaliseForwardKernel, { bindings: { input, output }, params, grid });
    expect(record).toThrow(ShapeError);
    expect(record).toThrow(`normalise_forward: grid ${grid.join('x')} is not within 1 and 65535`);
  });
});

describe('Gpu.checked', () => {
  it('passes on what is thrown inside, and stays usable', async () => {
    const failing = gpu().checked('a failure', () => {
      throw new RangeError('from inside');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await expect(gpu().checked('nothing', () => 7)).resolves.toBe(7);
  });

  it("turns WebGPU's refusal into a DeviceError that names what was being done", async () => {
    const kernel = defineKernel({ shader: 'relu_forward.wgsl', bindings: { input: 'read' }, params: {} });
    const wrong = gpu().checked('a layout without the output', () => gpu().kernels.get(kernel));
    await expect(wrong).rejects.toThrow(/^a layout without the output was refused by WebGPU: /);
    await expect(wrong).rejects.toThrow(DeviceError);
  });

  it('disposes what was built where WebGPU refuses it', async () => {
    const scope = new BufferScope(gpu().buffers);
    const refused = gpu().checked('a buffer of no usage and its scope', () => {
      scope.allocate('good', 256);
      scope.allocate('without usage', 256, 0);
      return scope;
    });
    await expect(refused).rejects.toThrow(DeviceError);
    expect(gpu().buffers.count).toBe(0);
  });
});

describe('grids', () => {
  it('linear: fold into y past the limit, and cover every invocation', () => {
    const most = gpu().device.limits.maxComputeWorkgroupsPerDimension;
    expect(linearGrid(gpu(), 0, 64)).toEqual([1, 1]);
    expect(linearGrid(gpu(), 65, 64)).toEqual([2, 1]);
    expect(linearGrid(gpu(), most * 64, 64)).toEqual([most, 1]);
    expect(linearGrid(gpu(), most * 64 + 1, 64)).toEqual([most, 2]);
  });

  it('elementwise: one workgroup at least, 1024 at most', () => {
    expect([0, 1, 64, 65, 65_536, 1e9].map((count) => elementwiseGrid(count)[0])).toEqual([1, 1, 1, 2, 1024, 1024]);
  });

  it('vectors: refuse a count that is not a multiple of 4', () => {
    expect(vectorsOf('relu', 12)).toBe(3);
    expect(() => vectorsOf('relu', 10)).toThrow('relu: 10 values are not a multiple of 4');
  });

  it('channels: round up to a multiple of 4', () => {
    expect([1, 3, 4, 5, 64].map(paddedChannels)).toEqual([4, 4, 4, 8, 64]);
  });
});

describe('BufferPool', () => {
  it('counts the buffers and bytes that are out', () => {
    using pool = new BufferPool(gpu().device);
    const first = pool.allocate('first', 100);
    const second = pool.allocate('second', 6);
    expect([pool.count, pool.bytesInUse]).toEqual([2, 108]);
    pool.release(first);
    expect([pool.count, pool.bytesInUse]).toEqual([1, 8]);
    pool.release(second);
    expect([pool.count, pool.bytesInUse]).toEqual([0, 0]);
  });

  it('meters the most bytes that were out, from when the meter began', () => {
    using pool = new BufferPool(gpu().device);
    pool.release(pool.allocate('before', 1000));
    const kept = pool.allocate('kept', 100);
    using meter = pool.meter();
    expect(meter.peakBytes).toBe(100);
    pool.release(pool.allocate('passing', 40));
    pool.release(kept);
    pool.allocate('small', 20);
    expect(meter.peakBytes).toBe(140);
  });

  it('refuses a second release, and buffers of another pool', () => {
    using pool = new BufferPool(gpu().device);
    using other = new BufferPool(gpu().device);
    const slice = pool.allocate('twice', 16);
    expect(() => other.release(slice)).toThrow(DeviceError);
    pool.release(slice);
    expect(() => pool.release(slice)).toThrow("buffer 'twice' was released twice, or belongs to another pool");
    expect(pool.bytesInUse).toBe(0);
  });

  it('hands out zeroed memory, and reads parts of it back', async () => {
    using buffers = new BufferScope(gpu().buffers);
    const empty = buffers.allocate('empty', 8);
    expect([...(await gpu().read(empty))]).toEqual([0, 0]);
    const { buffer } = buffers.upload('numbers', Float32Array.of(1, 2, 3, 4));
    expect([...(await gpu().read({ buffer, offsetBytes: 4, sizeBytes: 8 }))]).toEqual([2, 3]);
  });

  it('turns memory that the adapter refuses into a DeviceError', async () => {
    using pool = new BufferPool(gpu().device);
    const tooMuch = gpu().device.limits.maxBufferSize + 4;
    await expect(gpu().checked('a huge buffer', () => pool.allocate('huge', tooMuch))).rejects.toThrow(DeviceError);
  });
});
