/** Vectors of the picture's size that are larger than a binding may be: what works on them goes range by range, with the same result. */

import { describe, expect, it } from 'vitest';
import { BufferScope, bytesPerFloat } from '../../src/core/buffers.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { boundRanges } from '../../src/core/ranges.ts';
import { partialsPerTerm } from '../../src/kernels/mse.ts';
import { TotalVariationLoss } from '../../src/losses/total-variation-loss.ts';
import { BandSum, recordPictureLoss } from '../../src/objective/band-losses.ts';
import { adamRule } from '../../src/optimizers/adam.ts';
import { FirstOrderOptimizer } from '../../src/optimizers/first-order.ts';
import type { Evaluator } from '../../src/optimizers/optimizer.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { norm } from '../support/derivatives.ts';
import { runProgram, useGpu } from '../support/gpu.ts';
import { floats, seededRandom, signed } from '../support/random.ts';

const gpu = useGpu();
const [width, height] = [11, 300];
const values = 3 * width * height;
/** Of the picture two and a half make all of it. */
const mostBytes = Math.floor((values * bytesPerFloat) / 2.5);
const random = seededRandom('ranges of a picture');
const picture = floats(values, random);
const old = floats(values, signed(random));

describe('a vector', () => {
  it('is one range where it can be bound, else ranges that begin where a binding may', () => {
    using scope = new BufferScope(gpu().buffers);
    const vector = scope.allocate('vector', values * bytesPerFloat);
    expect(boundRanges(vector, vector.sizeBytes)).toEqual([vector]);
    const ranges = boundRanges(vector, mostBytes);
    expect(ranges).toHaveLength(3);
    expect(ranges.every(({ offsetBytes, sizeBytes }) => offsetBytes % 256 === 0 && sizeBytes <= mostBytes)).toBe(true);
    expect(ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(vector.sizeBytes);
  });

  it('is moved by Adam as it would be in one piece, bit for bit', async () => {
    const moved = async (maxBindingBytes: number | undefined): Promise<Float32Array> => {
      const { device, profile } = gpu();
      const limited = new Gpu({ device, profile, shaders: readShader, instance: device, maxBindingBytes });
      using scope = new BufferScope(limited.buffers);
      const [variable, gradient] = [scope.upload('variable', picture), scope.upload('gradient', old)];
      const objective = { size: values, variable, gradient };
      using optimizer = await FirstOrderOptimizer.create(limited, objective, adamRule, { learningRate: 0.1 });
      const submit = async (after: Parameters<Evaluator['submit']>[0]): Promise<void> => limited.submit(after);
      const none = async (): Promise<number> => 0;
      const evaluator: Evaluator = { remaining: 2, submit, evaluate: none, evaluateTrial: none };
      for (let step = 0; step < 2; step++) await optimizer.step(evaluator);
      return await limited.read(variable);
    };
    const whole = await moved(undefined);
    expect(whole).not.toEqual(picture);
    expect(await moved(mostBytes)).toEqual(whole);
  });
});

describe('total variation in ranges', () => {
  it.each(['four', 'nine'] as const)('of %s points is that of the picture', async (points) => {
    const loss = new TotalVariationLoss({ weight: 1e3, points });
    const seen = async (limit: number) => {
      using scope = new BufferScope(gpu().buffers);
      using bandSum = new BandSum(gpu(), partialsPerTerm * bytesPerFloat);
      const [input, gradient] = [scope.upload('picture', picture), scope.upload('gradient', old)];
      const partial = scope.allocate('partial', partialsPerTerm * bytesPerFloat);
      const at = { whole: { width, height }, picture: input, gradient, partial, channelScale: [1, 1, 1] as const };
      await runProgram(gpu(), 'tv', (program) =>
        recordPictureLoss(program, loss, { ...at, bandSum, mostBytes: limit }),
      );
      const value = (await gpu().read(partial)).reduce((sum, one) => sum + one, 0);
      return { value, gradient: await gpu().read(gradient) };
    };
    const whole = await seen(values * bytesPerFloat);
    // At least two times 64 rows and one more.
    const inRanges = await seen(130 * 3 * width * bytesPerFloat);
    expect(Math.abs(inRanges.value / whole.value - 1)).toBeLessThan(1e-6);
    const difference = whole.gradient.map((value, index) => value - (inRanges.gradient[index] ?? Number.NaN));
    expect(norm(difference)).toBeLessThan(1e-6 * norm(whole.gradient));
  });
});
