/** Names of files in what the program says: as they are, but for what acts on a terminal. */

import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { impasto, workFolder } from './program.ts';

const { folder, path } = workFolder();
const phases = JSON.stringify([{ optimizer: 'adam', steps: 2, learningRate: 0.1 }]);
/** Ends the line, colours the next one red, and writes backwards. */
const hostile = 'a\n\u001b[31m\u202egnp.json';
const shown = String.raw`a\u000a\u001b[31m\u202egnp.json`;

describe('a name is printed', () => {
  it('with its joiners, in a result', async () => {
    const run = await impasto(folder, ['schedule', 'constant', '-o', 'می\u200cروم.csv']);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^می\u200cروم\.csv {2}1 phase/);
  });

  it('with its joiners, in a refusal', async () => {
    const run = await impasto(folder, ['schedule', '--phases', 'می\u200cروم.json']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: می\u200cروم\.json: [^\n]+\n$/);
  });

  it('without doing anything to the terminal', async () => {
    const missing = await impasto(folder, ['schedule', '--phases', hostile]);
    expect(missing).toMatchObject({ status: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(missing.stderr).toContain(shown);
    const unknown = await impasto(folder, ['schedule', hostile]);
    expect(unknown.stderr).toContain(`the schedule is '${shown}'`);
  });

  it('in a plot that stays well-formed', async () => {
    await writeFile(path(hostile), phases);
    const run = await impasto(folder, ['schedule', '--phases', hostile, '-o', 'plot.png']);
    expect(run.status, run.stderr).toBe(0);
    const svg = await impasto(folder, ['schedule', '--phases', hostile, '-o', 'plot.svg']);
    expect(svg.status, svg.stderr).toBe(0);
    expect(await readFile(path('plot.svg'), 'utf8')).toContain(`<title>${shown}</title>`);
  });
});
