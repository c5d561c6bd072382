/** `layers`, as a person gets it. */

import { expect, it } from 'vitest';
import { impasto, workFolder } from './program.ts';

const { folder } = workFolder();

it('lists what losses may look at, with sizes, reach and cost, as a table and as JSON', async () => {
  const table = await impasto(folder, ['layers', '--network', 'inception_v3', '--size', '299']);
  expect(table.status, table.stderr).toBe(0);
  expect(table.stdout).toMatch(/^Mixed_6b\.branch7x7_2 +conv 1x7 +128 +17x17 +255x159 +16 /m);
  expect(table.stdout).toMatch(/^Mixed_6b +concat +768 +17x17 +351x351 +16 /m);
  const { stdout } = await impasto(folder, ['layers', '--size', '64', '--json']);
  const { network, taps } = JSON.parse(stdout);
  expect(network).toBe('vgg16');
  // A 3x3 from 3 to 64 channels at every pixel.
  const first = { name: 'relu1_1', height: 64, width: 64, receptiveField: [3, 3], jump: 1, multiplications: 1728 };
  expect(taps[1]).toMatchObject(first);
});
