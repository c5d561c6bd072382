/** The scripts of package.json, called from elsewhere: paths are meant from where the user stands. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { type Finished, impasto, loader, main, workFolder } from './program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { folder, path } = workFolder();

/** Runs npm in a folder. */
function npm(cwd: string, args: readonly string[]): Promise<Finished> {
  const child = spawn('npm', args, { cwd, env: { ...process.env, IMPASTO_NO_INSTALL: '1' } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ status: code ?? signal, stdout, stderr }));
  });
}

const ours = ['--prefix', root, 'run', '-s', 'impasto', '--'];

beforeAll(async () => {
  await mkdir(path('sub'));
  const scripts = {
    nested: `npm ${ours.join(' ')} schedule constant -o nested.csv`,
    plain: `node --import ${loader} ${main} schedule constant -o plain.csv`,
  };
  await writeFile(path('package.json'), JSON.stringify({ name: 'elsewhere', scripts }));
});

describe('a result lies in the folder', () => {
  it('from which `npm --prefix DIR run impasto` was called', async () => {
    const run = await npm(path('sub'), [...ours, 'schedule', 'constant', '-o', 'called.csv']);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^called\.csv {2}1 phase/);
    expect(existsSync(path('sub/called.csv'))).toBe(true);
  });

  it("of another package's script that calls it", async () => {
    const run = await npm(path('sub'), ['run', '-s', 'nested']);
    expect(run.status, run.stderr).toBe(0);
    expect([existsSync(path('nested.csv')), existsSync(path('sub/nested.csv'))]).toEqual([true, false]);
  });

  it('of a script that calls the program itself, wherever npm was called', async () => {
    const run = await npm(path('sub'), ['run', '-s', 'plain']);
    expect(run.status, run.stderr).toBe(0);
    expect([existsSync(path('plain.csv')), existsSync(path('sub/plain.csv'))]).toEqual([true, false]);
  });

  it('in which the program was started by one of our own scripts', async () => {
    const inherited = {
      INIT_CWD: path('sub'),
      npm_package_json: `${root}package.json`,
      npm_lifecycle_event: 'impasto',
    };
    const run = await impasto(folder, ['schedule', 'constant', '-o', 'inherited.csv'], inherited);
    expect(run.status, run.stderr).toBe(0);
    expect([existsSync(path('inherited.csv')), existsSync(path('sub/inherited.csv'))]).toEqual([true, false]);
  });
});

it.each(['start', 'impasto', 'convert', 'lecture', 'gallery', 'bench', 'bench:peers', 'bench:quality'] as const)(
  '`npm run %s` begins where the user stands',
  (name) => {
    expect(packageFile.scripts[name]).toContain(' --import ./tools/user-folder.mjs ');
  },
);
