/** Pictures as frequencies: the map from them, its adjoint and its inverse, and the objective that is seen through it. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/core/gpu.ts';
import { ProgramScope } from '../../src/core/program.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { KernelFamily } from '../../src/kernels/preference.ts';
import { DeviceWeights, type HostWeights } from '../../src/models/device-weights.ts';
import { FourierVariable, fourierMap } from '../../src/objective/fourier-variable.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { resolveSettings } from '../../src/settings/presets.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { planStylize } from '../../src/transfer/prepare.ts';
import { cosineTransformOfPlanes, planesJoin, planesSplit } from '../reference/planes.ts';
import { dot, largestRelativeDifference, norm } from '../support/derivatives.ts';
import { useGpu, withKernels } from '../support/gpu.ts';
import { floats, seededRandom, signed, widen } from '../support/random.ts';
import { seededPicture, seededWeights } from '../support/tiling.ts';

const gpu = useGpu();

type Floats = Float32Array<ArrayBuffer>;
type Way = 'recordPicture' | 'recordGradient' | 'recordVariable';

const size = { width: 45, height: 34 };
const shape = { ...size, paddedWidth: size.width, paddedHeight: size.height };
const values = 3 * size.width * size.height;
const whole = { shape, weight: { stepX: 0, stepY: 0, floor: 1, rise: 0, level: 1, fall: 0 } };
const same = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

/** What a way of the map makes of values on the device. */
async function through(on: Gpu, way: Way, input: Floats): Promise<Float32Array> {
  using scope = new ProgramScope(on);
  using fourier = new FourierVariable(on, size);
  const [from, to] = [scope.upload('input', input), scope.allocate('output', input.byteLength)];
  const program = scope.program(way);
  fourier[way](program, way === 'recordPicture' ? { variable: from, picture: to } : { variable: to, picture: from });
  await on.submitPaced([program]);
  return await on.read(to);
}

/** A z in f64. */
function pictureOf(z: Float64Array): Float64Array {
  const { weight, colours } = fourierMap(size);
  const planes = planesSplit(z, { shape, weight, matrix: colours });
  return planesJoin(cosineTransformOfPlanes(planes, shape, 'synthesis'), { ...whole, matrix: same });
}

describe('the map from frequencies', () => {
  const families: readonly (KernelFamily | 'usual')[] = ['usual', 'tiles'];

  it.each(families)('has its adjoint and its inverse, and is what f64 says, with %s kernels', async (family) => {
    const on = family === 'usual' ? gpu() : withKernels(gpu(), family);
    const random = signed(seededRandom('fourier'));
    const [z, v] = [floats(values, random), floats(values, random)];
    const picture = await through(on, 'recordPicture', z);
    expect(largestRelativeDifference(picture, pictureOf(widen(z)))).toBeLessThan(2e-6);
    const adjoint = await through(on, 'recordGradient', v);
    expect(Math.abs(dot(picture, v) - dot(z, adjoint)) / (norm(picture) * norm(v))).toBeLessThan(1e-6);
    const photograph = seededPicture(size.width, size.height, 'photograph').pixels;
    const spectrum = await through(on, 'recordVariable', Float32Array.from(photograph));
    const back = await through(on, 'recordPicture', Float32Array.from(spectrum));
    expect(largestRelativeDifference(back, photograph)).toBeLessThan(2e-6);
    expect(on.buffers.count).toBe(0);
  });

  it('moves a picture, in rms over all directions, as far as its frequencies move', () => {
    // The squares of A's columns are those of its weights and mixtures: a transform keeps lengths.
    const { weight, colours } = fourierMap(size);
    let squares = 0;
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const frequency = Math.max(Math.hypot(x * weight.stepX, y * weight.stepY), weight.floor);
        squares += (weight.fall / frequency ** 0.75) ** 2;
      }
    }
    expect((squares / (values / 3)) * (colours.flat().reduce((sum, entry) => sum + entry ** 2, 0) / 3)).toBeCloseTo(1);
  });
});

describe('an objective whose variable is frequencies', () => {
  let weights: HostWeights;
  let pictures: { readonly content: RgbImage; readonly style: RgbImage; readonly initial: RgbImage };
  beforeAll(() => {
    weights = seededWeights('vgg16');
    const picture = (seed: string): RgbImage => seededPicture(size.width, size.height, seed);
    pictures = { content: picture('content'), style: picture('style'), initial: picture('start') };
  });

  const settingsOf = (variable: 'pixels' | 'fourier'): Settings =>
    resolveSettings('gram', {
      variable,
      contentLayers: [{ name: 'relu2_2', weight: 1 }],
      styleLayers: ['relu1_1', 'relu2_1'].map((name) => ({ name, weight: 1 })),
    });

  /** Evaluates, in windows where a step is given, and lets the caller look. */
  async function at<Seen>(
    variable: 'pixels' | 'fourier',
    see: (objective: TransferObjective) => Promise<Seen>,
    tile?: number,
  ): Promise<Seen> {
    const settings = settingsOf(variable);
    const { kernels, tiling } = planStylize(pictures, settings, gpu(), { tile });
    using on = await DeviceWeights.create(gpu(), weights, kernels);
    const request = { gpu: gpu(), weights: on, options: settings.objective, ...pictures, tiling };
    using objective = await TransferObjective.create(request);
    await gpu().submitPaced(objective.programs);
    return await see(objective);
  }

  const lossOf = async ({ losses }: TransferObjective): Promise<number> => (await gpu().read(losses.values))[0] ?? 0;

  it.each([undefined, 32])('starts at the picture, with the loss and gradient of pixels, windows: %s', async (tile) => {
    const seen = async (objective: TransferObjective) => ({
      loss: await lossOf(objective),
      gradient: await gpu().read(objective.gradient),
      pictureGradient: await gpu().read(objective.pictureGradient),
      picture: await objective.readPicture(),
      best: await objective.readPicture('best'),
    });
    const pixels = await at('pixels', seen, tile);
    const fourier = await at('fourier', seen, tile);
    expect(largestRelativeDifference(fourier.picture.pixels, pictures.initial.pixels)).toBeLessThan(2e-6);
    expect(largestRelativeDifference(fourier.best.pixels, pictures.initial.pixels)).toBeLessThan(2e-6);
    expect(Math.abs(fourier.loss / pixels.loss - 1)).toBeLessThan(1e-5);
    expect(largestRelativeDifference(fourier.pictureGradient, pixels.gradient)).toBeLessThan(1e-3);
    const expected = await through(gpu(), 'recordGradient', Float32Array.from(fourier.pictureGradient));
    expect(fourier.gradient).toEqual(expected);
    expect(gpu().buffers.count).toBe(0);
  });

  it('has the gradient that differences of its loss have', async () => {
    const random = signed(seededRandom('direction'));
    const direction = floats(values, random);
    const length = norm(direction);
    await at('fourier', async (objective) => {
      const slope = dot(await gpu().read(objective.gradient), direction) / length;
      const { variable, ...state } = await objective.readState();
      const lossAt = async (step: number): Promise<number> => {
        const moved = variable.map((value, index) => value + (step * (direction[index] ?? 0)) / length);
        objective.restore({ ...state, variable: moved });
        await gpu().submitPaced(objective.programs);
        return await lossOf(objective);
      };
      const step = 0.05;
      const found = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      expect(Math.abs(found / slope - 1)).toBeLessThan(1e-2);
    });
  });

  it('goes back to its best picture and shows what a step has moved', async () => {
    await at('fourier', async (objective) => {
      const before = await objective.readState();
      objective.restore({ ...before, variable: before.variable.map((value) => 0.5 * value) });
      const moved = await objective.readPicture();
      const expected = pictures.initial.pixels.map((value) => 0.5 * value);
      expect(largestRelativeDifference(moved.pixels, expected)).toBeLessThan(2e-6);
      objective.returnToBest();
      const { variable } = await objective.readState();
      expect(largestRelativeDifference(variable, before.variable)).toBeLessThan(2e-6);
    });
  });
});
