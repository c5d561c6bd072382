/** Who records frees what was taken so far, where recording throws or WebGPU refuses it. */

import { describe, expect, it } from 'vitest';
import { BufferScope } from '../../src/core/buffers.ts';
import { DeviceError } from '../../src/core/errors.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { defineKernel } from '../../src/core/kernel.ts';
import { buildInScope } from '../../src/core/program.ts';
import { adamRule } from '../../src/optimizers/adam.ts';
import { FirstOrderOptimizer } from '../../src/optimizers/first-order.ts';
import { Lbfgs } from '../../src/optimizers/lbfgs.ts';
import type { DeviceObjective } from '../../src/optimizers/optimizer.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import { evaluate } from '../../src/transfer/evaluate.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const gpu = useGpu();

/** The same device without one shader. */
function without(missing: string): Gpu {
  const { device, profile } = gpu();
  const shaders = (fileName: string): string => {
    if (fileName === missing) throw new Error(`no ${missing}`);
    return readShader(fileName);
  };
  return new Gpu({ device, profile, shaders, instance: device });
}

const size = 1000;

/** What an optimiser needs to record. */
function objectiveIn(scope: BufferScope): DeviceObjective {
  return { size, variable: scope.allocate('variable', size * 4), gradient: scope.allocate('gradient', size * 4) };
}

describe('nothing is left behind where recording throws', () => {
  it.each([
    ['L-BFGS', 'lbfgs_update.wgsl', (on: Gpu, x: DeviceObjective) => Lbfgs.create(on, x)],
    [
      'L-BFGS with a line search',
      'lbfgs_accept.wgsl',
      (on: Gpu, x: DeviceObjective) => Lbfgs.create(on, x, { lineSearch: 'strong-wolfe' }),
    ],
    ['Adam', 'adam.wgsl', (on: Gpu, x: DeviceObjective) => FirstOrderOptimizer.create(on, x, adamRule)],
  ])('%s', async (_, missing, create) => {
    const on = without(missing);
    {
      using scope = new BufferScope(on.buffers);
      const objective = objectiveIn(scope);
      await expect(create(on, objective)).rejects.toThrow(`no ${missing}`);
      expect(on.buffers.count).toBe(2);
    }
    expect(on.buffers.count).toBe(0);
  });

  it.each(['normalise_forward.wgsl', 'keep_best.wgsl'])('an objective, at %s', async (missing) => {
    const on = without(missing);
    const settings = resolveSettings('lecture', {
      objective: { contentLayers: [{ name: 'relu1_1', weight: 1 }], styleLayers: [{ name: 'relu1_1', weight: 1 }] },
    });
    const pictures = await readFixturePictures('odd_51x37');
    const evaluation = evaluate({ gpu: on, weights: await readBundledWeights(), ...pictures, settings, repeat: 1 });
    await expect(evaluation).rejects.toThrow(`no ${missing}`);
    expect(on.buffers.count).toBe(0);
  });

  it('what WebGPU refuses', async () => {
    const kernel = defineKernel({ shader: 'relu_forward.wgsl', bindings: { input: 'read' }, params: {} });
    const refused = buildInScope(gpu(), 'a kernel without its output', (scope) => {
      const input = scope.allocate('input', 16);
      scope.program('refused').dispatch(kernel, { bindings: { input }, params: {}, grid: [1] });
    });
    await expect(refused).rejects.toThrow(DeviceError);
    expect(gpu().buffers.count).toBe(0);
  });
});
