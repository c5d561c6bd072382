/** `evaluate`, `convert`, `doctor` and the help, end to end. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundledWeights } from '../../src/weights/bundled.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { readSafetensorsHeader, readTensor } from '../../src/weights/safetensors.ts';
import { impasto, weightsPath, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();
const pictures = ['--image', 'image.png', '--content', 'content.png', '--style', 'style.png'];

beforeAll(async () => {
  await writePng(path('image.png'), 40, 32, 2);
  await writePng(path('content.png'), 40, 32);
  await writePng(path('style.png'), 40, 32, 1);
});

describe('evaluate', () => {
  it('writes losses and times as JSON, and the gradient as safetensors', async () => {
    const results = ['--json', 'losses.json', '--gradient', 'gradient.safetensors', '--repeat', '2'];
    const run = await impasto(folder, ['evaluate', ...pictures, '--preset', 'lecture', ...results]);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^losses\.json {2}total \S+, \S+ ms an evaluation \(median of 2\)\n$/);
    const losses: Record<string, unknown> = JSON.parse(await readFile(path('losses.json'), 'utf8'));
    const { total, content, style } = losses;
    if (typeof total !== 'number' || typeof content !== 'number' || !Array.isArray(style)) throw new Error('no losses');
    expect(losses['taps']).toEqual(['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3']);
    expect(style).toHaveLength(5);
    expect(Math.abs(content + style.reduce((a: number, b: number) => a + b, 0) - total) / total).toBeLessThan(1e-5);
    expect(losses).toMatchObject({
      evaluationMs: { count: 2 },
      firstMs: expect.any(Number),
      adapter: expect.any(String),
    });
    expect(losses).not.toHaveProperty('gradient');

    const source = bytesSource('gradient', await readFile(path('gradient.safetensors')));
    const entry = (await readSafetensorsHeader(source)).tensors.get('gradient');
    expect(entry).toMatchObject({ dtype: 'F32', shape: [3, 32, 40] });
    if (entry === undefined) throw new Error('no gradient');
    const values = await readTensor(source, entry);
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
    expect(values.some((value) => value !== 0)).toBe(true);
  });

  it('writes every term of the total', async () => {
    const run = await impasto(folder, [
      'evaluate',
      ...pictures,
      '--style-layers',
      'relu1_1',
      '--content-layers',
      'relu2_1',
    ]);
    expect(run.status, run.stderr).toBe(0);
    const { total, content, style, totalVariation } = JSON.parse(run.stdout);
    expect(totalVariation).toBeGreaterThan(0);
    expect((content + style[0] + totalVariation) / total).toBeCloseTo(1, 5);
  });

  it('refuses pictures of different sizes', async () => {
    await writePng(path('other.png'), 32, 32);
    const args = ['evaluate', '--image', 'other.png', '--content', 'content.png', '--style', 'style.png'];
    const run = await impasto(folder, [...args, '--json', 'none.json']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: image, content and style are 32x32, 40x32; .*\n$/);
    expect(existsSync(path('none.json'))).toBe(false);
  });
});

describe('convert', () => {
  it('goes from f16 to f32 and back to the same values', async () => {
    const wide = await impasto(folder, ['convert', weightsPath, '-o', 'wide.safetensors', '--dtype', 'f32']);
    expect(wide.status, wide.stderr).toBe(0);
    const back = await impasto(folder, ['convert', 'wide.safetensors', '-o', 'back.safetensors', '--network', 'vgg16']);
    expect(back.status, back.stderr).toBe(0);
    expect(back.stdout).toMatch(/^recognised {2}safetensors, vgg16 plain, .*torchvision/);
    expect(back.stdout).toMatch(/^layers {6}conv1_1 3→64, conv1_2 64→64\n/m);
    expect(back.stdout).toMatch(/^wrote {7}back\.safetensors {2}\d+ bytes, f16, sha256 [0-9a-f]{64}\n/m);
    // The headers name different sources; the tensors after them are the same.
    const valueBytes = 2 * 14_714_688;
    const [before, after] = [await readFile(weightsPath), await readFile(path('back.safetensors'))];
    expect(before.subarray(-valueBytes).equals(after.subarray(-valueBytes))).toBe(true);
  });

  it('does not write over the shards of a model, nor take files from elsewhere', async () => {
    const weights = [{ name: 'conv2d_1/kernel', shape: [1], dtype: 'float32' }];
    const model = (shard: string) => JSON.stringify({ weightsManifest: [{ paths: [shard], weights }] });
    await Promise.all([writeFile(path('shard.bin'), 'four'), mkdir(path('below'))]);
    await Promise.all([
      writeFile(path('model.json'), model('shard.bin')),
      writeFile(path('below/model.json'), model('../shard.bin')),
    ]);
    const over = await impasto(folder, ['convert', 'model.json', '-o', 'shard.bin']);
    expect(over).toMatchObject({ status: 2, stdout: '' });
    expect(over.stderr).toMatch(/^impasto: shard\.bin: would be written over shard\.bin, which is read; [^\n]+\n$/);
    expect(await readFile(path('shard.bin'), 'utf8')).toBe('four');
    const above = await impasto(folder, ['convert', 'below/model.json', '-o', 'x.safetensors']);
    expect(above).toMatchObject({ status: 2, stdout: '' });
    expect(above.stderr).toMatch(
      /^impasto: below\/model\.json: names the shard "\.\.\/shard\.bin", expected [^\n]+\n$/,
    );
  });

  it.each([
    [[weightsPath, '-o', 'x.safetensors', '--network', 'vgg19'], /vgg19/],
    [['content.png', '-o', 'x.safetensors'], /content\.png: is none of safetensors, a PyTorch state dict/],
    [['missing.pth', '-o', 'x.safetensors'], /missing\.pth: there is no such file/],
    [['content.png', '-o', 'content.png'], /would be written over/],
  ])('refuses %j', async (args, line) => {
    const run = await impasto(folder, ['convert', ...args]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('x.safetensors'))).toBe(false);
  });
});

describe('doctor', () => {
  it('finds everything, as JSON and in words', async () => {
    const [json, words] = await Promise.all([impasto(folder, ['doctor', '--json']), impasto(folder, ['doctor'])]);
    expect(json.status, json.stderr).toBe(0);
    const report: unknown = JSON.parse(json.stdout);
    expect(report).toMatchObject({
      versions: {
        node: process.versions.node,
        webgpu: expect.stringMatching(/^\d/),
        sharp: expect.stringMatching(/^\d/),
      },
      adapter: { features: expect.any(Array), limits: { maxStorageBufferBindingSize: expect.any(Number) } },
      weights: { file: `weights/${bundledWeights.fileName}`, checksum: 'ok' },
      problems: [],
    });
    expect(words.stdout).toMatch(/^adapter +\S/m);
    expect(words.stdout).toMatch(/a square picture may have \d{3,5} pixels a side/);
    expect(words.stdout).toMatch(/conv2d forward: \w+/);
  });

  it('without an adapter ends with status 1 and a remedy', async () => {
    const env = { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' };
    const run = await impasto(folder, ['doctor'], env);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/^adapter +none$/m);
    expect(run.stderr).toMatch(/^impasto: no WebGPU adapter was found; .*mesa-vulkan-drivers/);
  });
});

describe('help', () => {
  it('is printed on stdout, with status 0', async () => {
    const [alone, help, version] = await Promise.all([
      impasto(folder, []),
      impasto(folder, ['stylize', '--help']),
      impasto(folder, ['--version']),
    ]);
    expect(alone).toMatchObject({ status: 0, stderr: '' });
    for (const command of ['stylize', 'evaluate', 'convert', 'doctor']) expect(alone.stdout).toContain(command);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Example:\n  impasto stylize ');
    expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
