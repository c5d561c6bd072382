/** The adapter's limit of a binding, lowered by a variable of the environment. */

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

  it('is refused where it is no number above 0', async () => {
    for (const text of ['0', '-1', 'much']) {
      vi.stubEnv(variable, text);
      await expect(openGpu()).rejects.toThrow(InputError);
      await expect(openGpu()).rejects.toThrow(variable);
    }
  });
});
