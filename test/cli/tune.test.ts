/** `tune`, end to end: what it measures is kept and used; what is kept and damaged is ignored. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseTuning } from '../../src/tuning/tuning.ts';
import { impasto, workFolder } from './program.ts';

const { folder, path } = workFolder();

describe('tune', () => {
  it('measures, keeps the result, and later runs go by it', async () => {
    const env = { XDG_CACHE_HOME: path('cache') };
    const run = await impasto(folder, ['tune', '--size', '16', '--only', 'gram 64'], env);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/^adapter .*: measuring VGG's layers for a picture of 16x16\n$/);
    expect(run.stdout).toMatch(/^gram 64 \(64, 16x16\): .*direct \S+ ms.*\nwrote .*tuning\.json\n$/);
    const file = path('cache/impasto/tuning.json');
    const [entry] = parseTuning(file, await readFile(file, 'utf8'));
    expect(entry?.operations).toMatchObject([{ operation: 'gram 64', size: 16 }]);
    const doctor = await impasto(folder, ['doctor'], env);
    expect(doctor.stdout).toMatch(/^kernels +\w+.*; chosen by what `impasto tune` measured here$/m);
    expect(doctor.stderr).toBe('');
  });

  it('whose file is damaged is ignored with one line', async () => {
    const env = { XDG_CACHE_HOME: path('damaged') };
    await mkdir(path('damaged/impasto'), { recursive: true });
    await writeFile(path('damaged/impasto/tuning.json'), '{');
    const doctor = await impasto(folder, ['doctor'], env);
    expect(doctor.status, doctor.stderr).toBe(0);
    expect(doctor.stderr).toMatch(/^ignored: \S+tuning\.json: is not JSON; run `impasto tune` to measure again\n$/);
  });

  it('refuses an operation that is none', async () => {
    const run = await impasto(folder, ['tune', '--only', 'conv9_9'], { XDG_CACHE_HOME: path('refused') });
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/impasto: --only is 'conv9_9'; expected part of a name such as conv2d_forward conv3_1/);
  });
});
