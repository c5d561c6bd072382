/** The adapter's limit of a binding, lowered by a variable of the environment. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { Program } from '../../src/core/program.ts';
import { recordReluForward } from '../../src/kernels/relu.ts';
import { openGpu } from '../../src/platform/node/gpu.ts';

const variable = 'IMPASTO_MAX_BINDING_MIB';
afterEach(() => vi.unstubAllEnvs());

describe('IMPASTO_MAX_BINDING_MIB', () => {
  it('lowers the limit to so many MiB, and what binds more is refused', async () => {
    vi.stubEnv(variable, '0.5');
    using gpu = await openGpu();
    expect(gpu.limits.maxStorageBufferBindingSize).toBe(2 ** 19);
    using program = new Program(gpu, 'too large');
    const [input, output] = ['input', 'output'].map((label) => gpu.buffers.allocate(label, 2 ** 19 + 256));
    if (input === undefined || output === undefined) throw new Error('no buffers');
    expect(() => recordReluForward(program, { input, output, values: 64 })).toThrow(
      "relu_forward: input binds 524544 bytes, more than the adapter's 524288",
    );
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
