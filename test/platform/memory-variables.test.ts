/** The variables of the environment that say how much memory is used. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';

const variable = 'IMPASTO_MAX_BINDING_MIB';
afterEach(() => vi.unstubAllEnvs());

describe('IMPASTO_MAX_BINDING_MIB', () => {
  it('lowers the limit to so many MiB', async () => {
    vi.stubEnv(variable, '0.5');
    using gpu = await openGpu();
    expect(gpu.limits.maxStorageBufferBindingSize).toBe(2 ** 19);
  });

  it('raises nothing', async () => {
    vi.stubEnv(variable, '1e9');
    using gpu = await openGpu();
    expect(gpu.limits.maxStorageBufferBindingSize).toBe(gpu.device.limits.maxStorageBufferBindingSize);
  });
});

describe('IMPASTO_DEVICE_MEMORY_MIB', () => {
  it('says how much a run may plan to take, in place of a share of what is free', async () => {
    using usual = await openGpu();
    expect(usual.memoryBytes).toBeGreaterThanOrEqual(2 ** 30);
    vi.stubEnv('IMPASTO_DEVICE_MEMORY_MIB', '300');
    using told = await openGpu();
    expect(told.memoryBytes).toBe(300 * 2 ** 20);
  });
});

it.each([variable, 'IMPASTO_DEVICE_MEMORY_MIB'])('%s is refused where it is no number above 0', async (name) => {
  for (const text of ['0', '-1', 'much']) {
    vi.stubEnv(name, text);
    await expect(openGpu()).rejects.toThrow(InputError);
    await expect(openGpu()).rejects.toThrow(name);
  }
});
