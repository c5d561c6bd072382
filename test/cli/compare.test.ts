/** `compare`, end to end. */

import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolutionsOf } from '../../src/models/networks.ts';
import { writeFileAtomically } from '../../src/platform/node/atomic-file.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { impasto, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();
const pictures = ['--image', 'image.png', '--content', 'content.png', '--style', 'style.png'];

beforeAll(async () => {
  await writePng(path('image.png'), 40, 32, 2);
  await writePng(path('content.png'), 80, 64);
  await writePng(path('style.png'), 24, 30, 1);
  await writePng(path('small.png'), 12, 32);
  await writePng(path('other.png'), 40, 32, 3);
  await copyFile(path('image.png'), path('same.png'));
});

describe('compare', () => {
  it('prints the measures as a table, and writes them as JSON, with what was resized', async () => {
    const run = await impasto(folder, ['compare', ...pictures, '--json', 'measures.json']);
    expect(run.status, run.stderr).toBe(0);
    const measures = JSON.parse(await readFile(path('measures.json'), 'utf8'));
    const layer = { gram: expect.any(Number), w2: expect.any(Number) };
    expect(measures).toMatchObject({
      lpips: expect.any(Number),
      gram: expect.any(Number),
      w2: expect.any(Number),
      colour: expect.any(Number),
      totalVariation: expect.any(Number),
      clamped: 0,
      layers: { relu2_2: layer, relu3_3: layer, relu4_3: layer },
      pictures: {
        image: { file: { width: 40, height: 32 }, compared: { width: 40, height: 32 } },
        content: { file: { width: 80, height: 64 }, compared: { width: 40, height: 32 } },
        style: { file: { width: 24, height: 30 }, compared: { width: 32, height: 40 } },
      },
      adapter: expect.any(String),
    });
    const { gram, layers } = measures;
    expect((layers.relu2_2.gram + layers.relu3_3.gram + layers.relu4_3.gram) / 3).toBeCloseTo(gram, 12);
    expect(run.stdout.split('\n').slice(0, 4)).toEqual([
      'image    image.png  40x32',
      'content  content.png  80x64, resized to 40x32',
      'style    style.png  24x30, resized to 32x40',
      '',
    ]);
    expect(run.stdout).toMatch(new RegExp(`^LPIPS to the photograph +${measures.lpips.toFixed(4)}$`, 'm'));
    expect(run.stdout).toMatch(/^W2 distance to the painting +\S+ +relu2_2 \S+, relu3_3 \S+, relu4_3 \S+$/m);
    expect(run.stdout).toMatch(/^clamped values +0\.0 %$/m);
  });

  it('shows a dash where nothing can be said: the photograph is the painting', async () => {
    const of = ['--image', 'other.png', '--content', 'same.png', '--style', 'image.png'];
    const run = await impasto(folder, ['compare', ...of, '--json', 'same.json']);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^W2 distance to the painting +– +relu2_2 –, relu3_3 –, relu4_3 –$/m);
    expect(JSON.parse(await readFile(path('same.json'), 'utf8'))).toMatchObject({ w2: null, gram: expect.any(Number) });
  });

  it('refuses weights of another network, and says which it needs', async () => {
    const zeros = convolutionsOf('vgg19').flatMap(({ name, inChannels, outChannels }) => [
      {
        name: `${name}.weight`,
        dtype: 'F16' as const,
        shape: [outChannels, inChannels, 3, 3],
        values: new Float32Array(outChannels * inChannels * 9),
      },
      { name: `${name}.bias`, dtype: 'F16' as const, shape: [outChannels], values: new Float32Array(outChannels) },
    ]);
    const metadata = { format_version: '1', network: 'vgg19', dtype: 'f16' };
    await writeFileAtomically(path('vgg19.safetensors'), encodeSafetensors(zeros, metadata));
    const run = await impasto(folder, ['compare', ...pictures, '--weights', 'vgg19.safetensors']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(
      /^impasto: vgg19\.safetensors holds vgg19, but pictures are measured with vgg16; [^\n]+\n$/,
    );
  });

  it.each([
    [
      ['--image', 'small.png', '--content', 'content.png', '--style', 'style.png'],
      /the image is 12x32 pixels; .*at least 16/,
    ],
    [['--image', 'none.png', '--content', 'content.png', '--style', 'style.png'], /none\.png: .*it does not exist/],
    [[...pictures, '--json', 'style.png'], /style\.png: would be written over style\.png, which is read/],
    [[...pictures, '--json', 'none/measures.json'], /none\/measures\.json/],
    [[...pictures, '--weights', 'content.png'], /content\.png: is not a converted weight file/],
    [['--image', 'image.png', '--content', 'content.png'], /--style/],
    [[...pictures, '--size', '64'], /--size/],
  ])('refuses %j', async (args, line) => {
    const run = await impasto(folder, ['compare', ...args]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('none'))).toBe(false);
  });
});
