/** Tuning on this adapter, at a size where it takes seconds; and with kernels that compute wrong values or do not compile. */

import { describe, expect, it } from 'vitest';
import { DeviceError, LimitError } from '../../src/core/errors.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { lanesOf } from '../../src/kernels/family.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { checkTuneSize, type OperationReport, tune } from '../../src/tuning/tune.ts';
import { tuneSubjects } from '../../src/tuning/tune-problems.ts';
import { measuredOn } from '../../src/tuning/tuning.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();

/** The same device with one shader's text changed. */
function withShader(file: string, from: string, to: string): Gpu {
  const { device, profile } = gpu();
  const shaders = (name: string): string => {
    const source = readShader(name);
    if (name !== file) return source;
    expect(source).toContain(from);
    return source.replace(from, to);
  };
  return new Gpu({ device, profile, shaders, instance: device });
}

async function tuneOnly(on: Gpu, filter: (operation: string) => boolean) {
  const reports: OperationReport[] = [];
  const onOperation = (report: OperationReport): void => void reports.push(report);
  const tuning = await tune({ gpu: on, size: 16, today: '2026-11-24', filter, onOperation });
  expect(on.buffers.count).toBe(0);
  return { tuning, reports };
}

const isFirst = (operation: string): boolean => operation.endsWith('conv1_1') || operation === 'gram 64';

describe('tune', () => {
  it('checks and times every variant that the adapter can run', async () => {
    const { tuning, reports } = await tuneOnly(gpu(), isFirst);
    expect(reports.map(({ operations }) => operations)).toEqual([
      ['conv2d_forward conv1_1'],
      ['conv2d_backward conv1_1'],
      ['gram 64'],
    ]);
    for (const { variants } of reports) {
      expect(variants.filter(({ problem }) => problem !== '')).toEqual([]);
      expect(variants.map(({ variant }) => variant)).toEqual(expect.arrayContaining(['direct', 'tiles 64x64']));
    }
    const families = reports.flatMap(({ variants }) => variants.map(({ variant }) => variant));
    expect(families.includes('lanes')).toBe(lanesOf(gpu().profile) !== undefined);
    const best = measuredOn([tuning], gpu().profile);
    expect([...(best?.keys() ?? [])]).toEqual(['conv2d_forward conv1_1', 'conv2d_backward conv1_1', 'gram 64']);
    for (const { times } of tuning.operations) {
      expect(times.map(({ milliseconds }) => milliseconds)).toEqual(
        times.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b),
      );
    }
  });

  const forwardOnly = (operation: string): boolean => operation === 'conv2d_forward conv1_1';

  it('leaves out a variant that computes wrong values', async () => {
    const broken = withShader('conv2d.tiles.wgsl', 'sum[i][v] += value;', 'sum[i][v] -= value;');
    const { tuning, reports } = await tuneOnly(broken, forwardOnly);
    const wrong = reports[0]?.variants.filter(({ variant }) => variant.startsWith('tiles')) ?? [];
    expect(wrong.map(({ milliseconds }) => milliseconds)).toEqual([undefined, undefined, undefined]);
    for (const { problem } of wrong) expect(problem).toMatch(/^it errs by \S+ \(rms\) and \S+ \(largest\)/);
    expect(tuning.operations[0]?.times.filter(({ variant }) => variant.startsWith('tiles'))).toEqual([]);
  });

  it('leaves out a variant that the adapter refuses', async () => {
    const broken = withShader('conv2d.tiles.wgsl', 'workgroupBarrier();', 'noSuchBarrier();');
    const { reports } = await tuneOnly(broken, forwardOnly);
    const refused = reports[0]?.variants.find(({ variant }) => variant === 'tiles 64x64');
    expect(refused?.milliseconds).toBeUndefined();
    expect(refused?.problem).toContain('the variant tiles 64x64 was refused by WebGPU');
  });

  it('ends where even direct is wrong', async () => {
    const broken = withShader('conv2d_forward.direct.wgsl', 'var sum = bias[block];', 'var sum = -bias[block];');
    await expect(tuneOnly(broken, forwardOnly)).rejects.toThrow(DeviceError);
    expect(broken.buffers.count).toBe(0);
  });
});

it('refuses maps above the binding limit, with the largest size that fits', () => {
  const limits = { maxStorageBufferBindingSize: 2 ** 27 };
  expect(() => checkTuneSize(724, limits)).not.toThrow();
  expect(() => checkTuneSize(725, limits)).toThrow(LimitError);
  expect(() => checkTuneSize(725, limits)).toThrow(
    '--size 725 is more than the adapter binds at once; expected at most 724',
  );
});

describe('the subjects of tuning', () => {
  it("are every convolution of both networks in both directions, and the blocks' Gram matrices", () => {
    const operations = tuneSubjects(64).flatMap((subject) => subject.operations);
    expect(new Set(operations).size).toBe(operations.length);
    expect(operations.filter((operation) => operation.startsWith('conv2d_forward'))).toHaveLength(16);
    expect(operations.filter((operation) => operation.startsWith('conv2d_backward'))).toHaveLength(16);
    expect(operations.slice(-4)).toEqual(['gram 64', 'gram 128', 'gram 256', 'gram 512']);
  });

  it('measure layers of one shape once', () => {
    const [shared] = tuneSubjects(64).filter(({ operations }) => operations.includes('conv2d_forward conv3_2'));
    expect(shared?.operations).toEqual(['conv2d_forward conv3_2', 'conv2d_forward conv3_3', 'conv2d_forward conv3_4']);
    expect(shared?.shape).toBe('256 to 256, 16x16');
  });
});
