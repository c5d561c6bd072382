/** The command line as commander parses it, without running anything; and what becomes of errors. */

import { describe, expect, it } from 'vitest';
import type { CompareArguments } from '../../src/cli/compare.ts';
import type { ConvertArguments } from '../../src/cli/convert.ts';
import type { DoctorArguments } from '../../src/cli/doctor.ts';
import type { EvaluateArguments } from '../../src/cli/evaluate.ts';
import {
  type ReconstructArguments,
  reconstructJob,
  type TextureArguments,
  textureJob,
} from '../../src/cli/experiment-jobs.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { LayersArguments } from '../../src/cli/layers-arguments.ts';
import type { PlanArguments } from '../../src/cli/plan-arguments.ts';
import type { FindRateArguments, ScheduleArguments } from '../../src/cli/plot-arguments.ts';
import { buildProgram } from '../../src/cli/program.ts';
import type { ResumeArguments } from '../../src/cli/resume-job.ts';
import { readPhaseChoice, settingsOf } from '../../src/cli/settings.ts';
import { type StylizeArguments, stylizeJob } from '../../src/cli/stylize-job.ts';
import type { TuneArguments } from '../../src/cli/tune-arguments.ts';
import { DeviceError, FormatError, LimitError, NonFiniteLossError, ShapeError } from '../../src/core/errors.ts';
import { orList } from '../../src/settings/names.ts';
import { totalSteps } from '../../src/settings/phase.ts';
import { choosePhases } from '../../src/settings/phase-choice.ts';
import { presetNames, presetSettings } from '../../src/settings/presets.ts';
import { phasesOf } from '../../src/settings/settings.ts';

interface Parsed {
  stylize?: { content: string | undefined; styles: readonly string[]; given: StylizeArguments };
  reconstruct?: { content: string; given: ReconstructArguments };
  texture?: { style: string; given: TextureArguments };
  resume?: { file: string; given: ResumeArguments };
  plan?: { content: string | undefined; styles: readonly string[]; given: PlanArguments };
  schedule?: { name: string | undefined; given: ScheduleArguments };
  findRate?: { content: string; style: string; given: FindRateArguments };
  evaluate?: EvaluateArguments;
  compare?: CompareArguments;
  convert?: { source: string; given: ConvertArguments };
  layers?: LayersArguments;
  doctor?: DoctorArguments;
  tune?: TuneArguments;
}

async function parse(...args: readonly string[]): Promise<Parsed> {
  const parsed: Parsed = {};
  const program = buildProgram('1.2.3', {
    stylize: async (content, styles, given) => {
      parsed.stylize = { content, styles, given };
    },
    reconstruct: async (content, given) => {
      parsed.reconstruct = { content, given };
    },
    resume: async (file, given) => {
      parsed.resume = { file, given };
    },
    texture: async (style, given) => {
      parsed.texture = { style, given };
    },
    schedule: async (name, given) => {
      parsed.schedule = { name, given };
    },
    plan: async (content, styles, given) => {
      parsed.plan = { content, styles, given };
    },
    layers: async (given) => {
      parsed.layers = given;
    },
    findRate: async (content, style, given) => {
      parsed.findRate = { content, style, given };
    },
    evaluate: async (given) => {
      parsed.evaluate = given;
    },
    compare: async (given) => {
      parsed.compare = given;
    },
    convert: async (source, given) => {
      parsed.convert = { source, given };
    },
    doctor: async (given) => {
      parsed.doctor = given;
    },
    tune: async (given) => {
      parsed.tune = given;
    },
  });
  await program.parseAsync(args, { from: 'user' });
  return parsed;
}

async function stylizeArguments(...args: readonly string[]): Promise<StylizeArguments> {
  const { stylize } = await parse('stylize', ...args);
  if (stylize === undefined) throw new Error('stylize was not called');
  return stylize.given;
}

/** What the program says of the arguments. */
async function failureOf(...args: readonly string[]) {
  return describeFailure(await parse(...args).catch((error: unknown) => error));
}

describe('stylize', () => {
  it('without anything has a preset and a seed, and leaves the start to the preset', async () => {
    const { stylize } = await parse('stylize');
    expect(stylize).toEqual({
      content: undefined,
      styles: [],
      given: { preset: 'default', resize: true, seed: 0 },
    });
  });

  it.each(presetNames)('without options is the preset %s, unchanged', async (preset) => {
    expect(settingsOf(await stylizeArguments('--preset', preset))).toEqual(presetSettings(preset));
  });

  it('is told whether pictures are cut into windows: by itself, never, or in steps of so many pixels', async () => {
    expect((await stylizeArguments('--tile', 'none')).tile).toBe('none');
    expect((await stylizeArguments('--tile', '256')).tile).toBe(256);
    expect(
      (await parse('evaluate', '--image', 'x', '--content', 'c', '--style', 's', '--tile', 'auto')).evaluate?.tile,
    ).toBe('auto');
    await expect(parse('stylize', '--tile', 'some')).rejects.toThrow(
      "--tile is 'some'; expected auto, none or a whole number from 16 to 16384",
    );
  });

  it('lays options over the preset', async () => {
    const given = await stylizeArguments(
      ...['--preset', 'lecture', '--style-weight', '1e5', '--tv-weight', '0', '--content-layers', 'relu4_2=2'],
      ...['--network', 'vgg19', '--pooling', 'average', '--iterations', '7', '--line-search', 'strong-wolfe'],
      ...['--storage', 'f16'],
    );
    const settings = settingsOf(given);
    const { objective } = presetSettings('lecture');
    expect(settings).toEqual({
      ...presetSettings('lecture'),
      scales: [{ longestSide: undefined, phases: [{ steps: 7, optimizer: 'lbfgs', learningRate: 1 }] }],
      lbfgs: { history: 10, lineSearch: 'strong-wolfe' },
      objective: {
        ...objective,
        styleWeight: 1e5,
        tvWeight: 0,
        contentLayers: [{ name: 'relu4_2', weight: 2 }],
        network: 'vgg19',
        pooling: 'average',
        storage: 'f16',
      },
    });
  });

  it('gives adam a step of its own, unless told one', async () => {
    const rateOf = async (...args: readonly string[]) =>
      phasesOf(settingsOf(await stylizeArguments('--optimizer', 'adam', ...args))).map((phase) => phase.learningRate);
    expect(await rateOf()).toEqual([0.02]);
    expect(await rateOf('--learning-rate', '0.1')).toEqual([0.1]);
  });

  it('gives sgd a momentum, and a step that suits the weights of the preset', async () => {
    const phase = { steps: 200, optimizer: 'sgd', learningRate: 0.1, momentum: 0.9 };
    expect(phasesOf(settingsOf(await stylizeArguments('--preset', 'gatys', '--optimizer', 'sgd')))).toEqual([phase]);
    const lecture = settingsOf(await stylizeArguments('--preset', 'lecture', '--optimizer', 'sgd', '--momentum', '0'));
    expect(phasesOf(lecture)).toEqual([{ ...phase, steps: 1000, learningRate: 3e-8, momentum: 0 }]);
  });

  it('makes phases of a schedule, and counts their steps', async () => {
    const given = await stylizeArguments('--schedule', 'cosine', '--iterations', '30', '--optimizer', 'rmsprop');
    const phases = phasesOf(settingsOf(given));
    expect(phases).toEqual([{ steps: 30, optimizer: 'rmsprop', learningRate: { start: 0.01, decay: 'cosine' } }]);
    expect(totalSteps(phases)).toBe(30);
  });

  it('runs the schedule at each scale, once the size is known', async () => {
    const given = await stylizeArguments('--scales', '3', '--optimizer', 'adam', '--iterations', '40');
    const phase = { optimizer: 'adam', learningRate: 0.02 };
    const choice = readPhaseChoice(given);
    expect(choosePhases(choice, 'default').phases).toEqual([{ ...phase, steps: 40 }]);
    expect(choosePhases(choice, 'default', { longest: 100 }).phases).toEqual([
      { ...phase, steps: 80, scale: 50 },
      { ...phase, steps: 40, scale: 71 },
      { ...phase, steps: 40, scale: 100 },
    ]);
    // The lecture's are all there are.
    expect(choosePhases(choice, 'lecture', { longest: 100 }).phases).toEqual([
      { ...phase, steps: 20, scale: 50 },
      { ...phase, steps: 10, scale: 71 },
      { ...phase, steps: 10, scale: 100 },
    ]);
  });

  it('refuses scales of pictures that keep their sizes', async () => {
    const given = await stylizeArguments('--scales', '2', '--no-resize');
    expect(() => stylizeJob('a', ['b'], given)).toThrow('--scales and --no-resize contradict each other');
  });

  it.each([
    ['--iterations', '3'],
    ['--optimizer', 'adam'],
    ['--learning-rate', '1'],
    ['--momentum', '0.5'],
    ['--schedule', 'sgdr'],
    ['--scales', '2'],
  ])('refuses %s beside a file of phases', async (option, value) => {
    const given = await stylizeArguments('--phases', 'phases.json', option, value);
    expect(() => settingsOf(given)).toThrow(`--phases and ${option} contradict each other`);
  });

  it('refuses momentum of lbfgs', async () => {
    const given = await stylizeArguments('--momentum', '0.5');
    expect(() => settingsOf(given)).toThrow('phase 1: momentum is 0.5, which lbfgs does not have; leave it out');
  });

  it('names results after the pictures', async () => {
    const given = await stylizeArguments();
    expect(stylizeJob('a/cat.jpg', ['b/wave.png'], given)).toMatchObject({
      paths: { content: 'a/cat.jpg', styles: ['b/wave.png'] },
      output: 'out/cat-wave.png',
    });
    expect(stylizeJob('cat.jpg', ['wave.png', 'b/kahlo.jpg'], given).output).toBe('out/cat-wave-kahlo.png');
    expect(stylizeJob(undefined, [], given)).toMatchObject({
      paths: { content: 'examples/chelsea.png', styles: ['examples/great_wave.jpg'] },
      output: 'out/cat-great-wave.png',
    });
  });

  it('mixes styles by shares, one for each', async () => {
    const { stylize } = await parse('stylize', 'c', 's1', 's2', 's3', '--style-weights', '2, 1,0.5');
    expect(stylize).toMatchObject({ content: 'c', styles: ['s1', 's2', 's3'], given: { styleWeights: [2, 1, 0.5] } });
    const given = await stylizeArguments('--style-weights', '2,1');
    expect(() => stylizeJob('c', ['s'], given)).toThrow('--style-weights has 2 numbers for 1 style picture; expected');
    for (const list of ['', '1,', '1,-1', '1;2']) {
      await expect(parse('stylize', 'c', 's', 's', '--style-weights', list)).rejects.toThrow('--style-weights is');
    }
  });

  it('refuses a line search for adam', async () => {
    const given = await stylizeArguments('--optimizer', 'adam', '--line-search', 'strong-wolfe');
    expect(() => settingsOf(given)).toThrow('line search is strong-wolfe, which adam does not have');
  });

  it('refuses one picture alone, and sizes that contradict each other', async () => {
    const given = await stylizeArguments();
    expect(() => stylizeJob('cat.jpg', [], given)).toThrow('only one picture was given, cat.jpg');
    expect(() => stylizeJob('a', ['b'], { ...given, resize: false, size: 64 })).toThrow('--size and --no-resize');
  });
});

describe('the experiments', () => {
  it('start from noise, and leave out the other loss', async () => {
    const { reconstruct, texture } = await parse('reconstruct', 'a/cat.jpg');
    if (reconstruct === undefined || texture !== undefined) throw new Error('reconstruct alone was expected');
    expect(reconstruct).toEqual({
      content: 'a/cat.jpg',
      given: { preset: 'gatys', resize: true, init: 'lecture-noise', seed: 0 },
    });
    const job = reconstructJob(reconstruct.content, reconstruct.given);
    expect(job).toMatchObject({ paths: { content: 'a/cat.jpg' }, output: 'out/cat-reconstruction.png' });
    expect(job.settings.objective).toEqual({ ...presetSettings('gatys').objective, styleLayers: [] });
    expect(job.settings.lbfgs.lineSearch).toBe('strong-wolfe');
  });

  it('search along the direction of L-BFGS unless told otherwise', async () => {
    const lineSearchOf = async (...args: readonly string[]) => {
      const { texture } = await parse('texture', 'wave.png', ...args);
      return texture && textureJob(texture.style, texture.given).settings.lbfgs.lineSearch;
    };
    expect(await lineSearchOf()).toBe('strong-wolfe');
    expect(await lineSearchOf('--line-search', 'none')).toBe('none');
    expect(await lineSearchOf('--optimizer', 'adam')).toBe('none');
  });

  it('texture takes both sides, and fits the style picture', async () => {
    const args = ['--size', '64x32', '--style-fit', 'cover', '--style-scale', '0.5', '--enlarge-style'];
    const { texture } = await parse('texture', 'b/wave.png', ...args);
    if (texture === undefined) throw new Error('texture was not called');
    expect(texture.given.size).toEqual({ width: 64, height: 32 });
    const { output, settings } = textureJob(texture.style, texture.given);
    expect(output).toBe('out/wave-texture.png');
    const fitting = { styleFit: 'cover', styleScale: 0.5, enlargeStyle: true };
    expect(settings).toMatchObject({ ...fitting, objective: { contentLayers: [] } });
  });
});

describe('--kernels', () => {
  it('is a family, or auto', async () => {
    for (const kernels of ['auto', 'direct', 'lanes', 'tiles'] as const) {
      expect((await stylizeArguments('--kernels', kernels)).kernels).toBe(kernels);
    }
    const pictures = ['--image', 'x.png', '--content', 'c.png', '--style', 's.png'];
    expect((await parse('evaluate', ...pictures, '--kernels', 'tiles')).evaluate?.kernels).toBe('tiles');
  });
});

describe('the other commands', () => {
  it('parse', async () => {
    const pictures = ['--image', 'x.png', '--content', 'c.png', '--style', 's.png'];
    expect((await parse('evaluate', ...pictures)).evaluate).toEqual({
      image: 'x.png',
      content: 'c.png',
      style: 's.png',
      repeat: 3,
      preset: 'default',
    });
    expect((await parse('convert', 'in.pth', '-o', 'out.safetensors')).convert).toEqual({
      source: 'in.pth',
      given: { output: 'out.safetensors', dtype: 'f16' },
    });
    const told = ['--input', 'unit', '--average-pool', 'exclude'];
    expect((await parse('convert', 'model.json', '-o', 'out.safetensors', ...told)).convert?.given).toMatchObject({
      input: 'unit',
      averagePool: 'exclude',
    });
    expect((await parse('doctor', '--json')).doctor).toEqual({ json: true });
    expect((await parse('tune', '--size', '64')).tune).toEqual({ size: 64 });
  });
});

describe('usage errors', () => {
  it.each([
    [['stylise'], "unknown command 'stylise'; did you mean 'stylize'?"],
    [['stylize', '--sise', '3'], "unknown option '--sise'; did you mean '--size'?"],
    [['stylize', '--size'], "option '--size <pixels>' argument missing"],
    [['stylize', '--size', '-5'], "--size is '-5'; expected a whole number from 16 to 16384"],
    [['stylize', '--seed', '4294967296'], "--seed is '4294967296'; expected a whole number from 0 to 4294967295"],
    [['convert', 'a', 'b', '-o', 'c'], "too many arguments for 'convert'; expected 1 argument but got 2"],
    [
      ['stylize', '--preset', 'lectre'],
      `--preset is 'lectre'; expected ${orList(presetNames)}; did you mean 'lecture'?`,
    ],
    [
      ['stylize', '--network', 'vgg'],
      "--network is 'vgg'; expected vgg16, vgg19, googlenet or inception_v3; did you mean 'vgg16'?",
    ],
    [
      ['stylize', '--kernels', 'tile'],
      "--kernels is 'tile'; expected auto, direct, lanes or tiles; did you mean 'tiles'?",
    ],
    [['convert', 'x', '-o', 'y', '--dtype', 'fp16'], "--dtype is 'fp16'; expected f16 or f32; did you mean 'f16'?"],
    [
      ['convert', 'x', '-o', 'y', '--average-pool', 'exclud'],
      "--average-pool is 'exclud'; expected include or exclude; did you mean 'exclude'?",
    ],
    [['tune', '--size', '8'], "--size is '8'; expected a whole number from 16 to 1024"],
    [['convert', 'x'], "required option '-o, --output <file>' not specified"],
    [['evaluate'], "required option '--image <file>' not specified"],
  ])('%j: %s', async (args, message) => {
    expect(await failureOf(...args)).toEqual({ status: 2, message });
  });
});

describe('errors', () => {
  it('of the user are one sentence and status 2', () => {
    expect(describeFailure(new FormatError('a.png', 'picture-format', 'is not one'))).toEqual({
      status: 2,
      message: 'a.png: is not one',
    });
    expect(describeFailure(new NonFiniteLossError('style', 'it became NaN')).status).toBe(2);
    const limit = new LimitError({ limit: 'maxBufferSize', needed: 2, available: 1, message: 'too large' });
    expect(describeFailure(limit)).toEqual({ status: 2, message: 'too large' });
  });

  it('of the device have status 1 and a remedy', () => {
    expect(describeFailure(new DeviceError('it was lost'))).toEqual({
      status: 1,
      message: 'it was lost; `impasto doctor` says what the adapter offers',
    });
    expect(describeFailure(new DeviceError('none; install one')).message).toBe('none; install one');
  });

  it('of our own are called a defect, with a stack only where asked for', () => {
    for (const error of [new TypeError('x is undefined'), new ShapeError('x does not fit y'), 'two\n lines']) {
      const { status, message } = describeFailure(error);
      expect(status).toBe(70);
      expect(message).toContain('this is a defect in Impasto');
      expect(message).not.toContain('\n');
    }
    expect(describeFailure(new TypeError('x is undefined'), true).message).toContain('arguments.test.ts');
  });
});
