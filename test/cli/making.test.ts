/** The command that a picture's file names: read again, it is the one that made the picture. */

import { describe, expect, it } from 'vitest';
import { reconstructJob, textureJob } from '../../src/cli/experiment-jobs.ts';
import type { Job } from '../../src/cli/job.ts';
import { commandOf } from '../../src/cli/making.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { stylizeJob } from '../../src/cli/stylize-job.ts';

const size = { width: 64, height: 48 };

/** The job of a command line, nothing of it done. */
async function jobOf(words: readonly string[]): Promise<Job> {
  let job: Job | undefined;
  const ignore = async () => {};
  const program = buildProgram('1.2.3', {
    stylize: async (content, styles, given) => {
      job = stylizeJob(content, styles, given);
    },
    reconstruct: async (content, given) => {
      job = reconstructJob(content, given);
    },
    texture: async (style, given) => {
      job = textureJob(style, given);
    },
    resume: ignore,
    plan: ignore,
    layers: ignore,
    schedule: ignore,
    findRate: ignore,
    evaluate: ignore,
    compare: ignore,
    convert: ignore,
    doctor: ignore,
    tune: ignore,
  });
  await program.parseAsync(words, { from: 'user' });
  if (job === undefined) throw new Error(`${words.join(' ')} makes no picture`);
  return job;
}

describe('the command in a picture', () => {
  it.each<[string, string]>([
    ['stylize in/cat.jpg wave.png', 'impasto stylize cat.jpg wave.png -o cat-wave.png --size 64'],
    [
      'stylize cat.jpg a.png b.png -o my/out.png --style-weights 2,1 --no-resize --init noise --seed 7',
      'impasto stylize cat.jpg a.png b.png -o out.png --style-weights 2,1 --no-resize --init noise --seed 7',
    ],
    [
      'stylize cat.jpg wave.png --enlarge-style --style-fit cover --init my/start.png',
      'impasto stylize cat.jpg wave.png -o cat-wave.png --size 64 --style-fit cover --init start.png',
    ],
    [
      'stylize cat.jpg wave.png --preset lecture --optimizer adam --learning-rate 0.02 --iterations 30 --scales 2 --size 64',
      'impasto stylize cat.jpg wave.png -o cat-wave.png --size 64 --preset lecture --iterations 30 --optimizer adam --scales 2',
    ],
    [
      'stylize cat.jpg wave.png --style-layers relu1_1,relu2_1=0.5 --tv-weight 0 --pooling average --weights v.safetensors',
      'impasto stylize cat.jpg wave.png -o cat-wave.png --size 64 --style-layers relu1_1,relu2_1=0.5 --tv-weight 0 --pooling average',
    ],
    [
      'reconstruct cat.jpg --init lecture-noise --content-layers relu3_3',
      'impasto reconstruct cat.jpg -o cat-reconstruction.png --size 64 --content-layers relu3_3',
    ],
    [
      'reconstruct cat.jpg --line-search none',
      'impasto reconstruct cat.jpg -o cat-reconstruction.png --size 64 --line-search none',
    ],
    ['texture wave.png --size 64x48', 'impasto texture wave.png -o wave-texture.png --size 64x48'],
  ])('%s', async (given, made) => {
    const job = await jobOf(given.split(' '));
    const command = commandOf(job, size);
    expect(command).toBe(made);
    const again = await jobOf(command.split(' ').slice(1));
    expect(again.settings).toEqual(job.settings);
    expect(commandOf(again, size)).toBe(command);
  });

  it('is quoted for the shell', async () => {
    const job = await jobOf(['stylize', "it's.jpg", 'wave.png']);
    expect(commandOf(job, size)).toBe(`impasto stylize 'it'\\''s.jpg' wave.png -o 'it'\\''s-wave.png' --size 64`);
  });
});
