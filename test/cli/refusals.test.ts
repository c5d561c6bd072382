/** Bad input of every kind: status 2, one line on stderr, no stack, no output file. The real program is run. */

import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { impasto, texture, weightsPath, workFolder, writePng } from './program.ts';

const { folder, path } = workFolder();

beforeAll(async () => {
  await writePng(path('content.png'), 40, 32);
  await writePng(path('style.png'), 32, 32, 1);
  await writePng(path('tiny.png'), 8, 8);
  const png = await readFile(path('content.png'));
  await writeFile(path('truncated.png'), png.subarray(0, Math.floor(png.length * 0.6)));
  await writeFile(path('text.png'), 'this is not a picture');
  await writeFile(path('forged.png'), withSize(png, 40_000, 40_000));
  const line = sharp(texture(1, 40, 3), { raw: { width: 1, height: 40, channels: 3 } });
  await writeFile(path('line.png'), await line.png().toBuffer());
  await writeWeights();
});

/** The PNG with another size in its header, its checksum made right. */
function withSize(png: Buffer, width: number, height: number): Buffer {
  const forged = Buffer.from(png);
  forged.writeUInt32BE(width, 16);
  forged.writeUInt32BE(height, 20);
  forged.writeUInt32BE(crc32(forged.subarray(12, 29)), 29);
  return forged;
}

/** Damaged copies of the bundled weights. Replaced texts have the length of the old ones, so offsets stay right. */
async function writeWeights(): Promise<void> {
  const good = await readFile(weightsPath);
  const headerBytes = Number(good.readBigUInt64LE(0));
  const header = good.toString('latin1', 8, 8 + headerBytes);
  const write = (name: string, text: string) =>
    writeFile(
      path(name),
      Buffer.concat([good.subarray(0, 8), Buffer.from(text, 'latin1'), good.subarray(8 + headerBytes)]),
    );
  await writeFile(path('cut.safetensors'), good.subarray(0, 1 << 20));
  await write('shape.safetensors', header.replace('[64,3,3,3]', '[3,64,3,3]'));
  await write('layer.safetensors', header.replace('conv3_2.bias', 'conv3_9.bias'));
  const long = Buffer.from(good.subarray(0, 4096));
  long.writeBigUInt64LE(100_000n, 0);
  await writeFile(path('long.safetensors'), long);
  await writeFile(path('other.safetensors'), 'PK\x03\x04, as PyTorch begins');
  await writeFile(path('note.safetensors'), 'no weights at all');
}

const pictures = ['content.png', 'style.png'];

/** Arguments after `stylize … -o result.png`, and what the line must say. */
const cases: readonly (readonly [readonly string[], RegExp])[] = [
  [[...pictures, '--storage', 'f16'], /--storage f16 makes nothing faster on a CPU adapter.*add --low-memory/],
  [['missing.png', 'style.png'], /missing\.png: .*does not exist/],
  [['text.png', 'style.png'], /text\.png: expected PNG, JPEG, WebP, TIFF or AVIF, got text/],
  [['truncated.png', 'style.png'], /truncated\.png: .*truncated/],
  [['line.png', 'style.png'], /line\.png: expected a picture of at least 2x2 pixels, got 1x40/],
  [['forged.png', 'style.png'], /forged\.png: .*40000x40000/],
  [['content.png', '.'], /it is a folder/],
  [['content.png'], /only one picture was given/],
  [[...pictures, '--style-layers', 'relu3_9'], /did you mean 'relu3_1'\?/],
  [[...pictures, '--preset', 'lectures'], /did you mean 'lecture'\?/],
  [[...pictures, '--optimizer', 'lbgfs'], /did you mean 'lbfgs'\?/],
  [[...pictures, '--itterations', '3'], /unknown option '--itterations'; did you mean '--iterations'\?/],
  [[...pictures, '--init', 'nois'], /--init is 'nois'; .*did you mean 'noise'\?/],
  [[...pictures, '--style-weight', '-1'], /--style-weight is '-1'; expected a number from 0 to 1e10/],
  [[...pictures, '--learning-rate', 'NaN'], /--learning-rate is 'NaN'; expected a number above 0/],
  [[...pictures, '--content-layers', 'none', '--style-layers', 'none'], /no layer is left/],
  [[...pictures, '--weights', 'cut.safetensors'], /cut\.safetensors: .*truncated/],
  [[...pictures, '--weights', 'shape.safetensors'], /'conv1_1\.weight' of vgg16 is F16 \[3, 64, 3, 3\], expected/],
  [[...pictures, '--weights', 'layer.safetensors'], /lacks tensor 'conv3_2\.bias'/],
  [[...pictures, '--weights', 'long.safetensors'], /the header needs 100000 bytes .*but the file has 4096/],
  [[...pictures, '--weights', 'other.safetensors'], /not a converted weight file; .*`impasto convert`/],
  [[...pictures, '--weights', 'note.safetensors'], /expected a converted weight file, got text; read it/],
  [[...pictures, '--network', 'vgg19'], /weights of vgg19 are not bundled; download https:.*impasto convert/],
  [
    [...pictures, '--network', 'googlenet', '--content-layers', 'inception3a', '--style-layers', 'inception3a'],
    /run `impasto convert googlenet-1378be20\.pth -o googlenet\.safetensors`, then add --weights googlenet\.safetensors/,
  ],
  [[...pictures, '--bit-depth', '12'], /--bit-depth is '12'; expected 8 or 16$/m],
  [[...pictures, '--trace', 'nowhere/trace.json'], /nowhere\/trace\.json: .*folder nowhere does not exist/],
  [[...pictures, '--trace', 'result.png'], /named for two outputs/],
  [[...pictures, '--adapter', 'nosuch'], /adapter 'nosuch' was not found/],
  [['tiny.png', 'style.png'], /the picture is 8x8 pixels; layer conv5_1 of vgg16 needs at least 16/],
];

describe.concurrent('stylize refuses', () => {
  it.each(cases)('%j', async (args, line) => {
    const run = await impasto(folder, ['stylize', ...args, '-o', 'result.png']);
    expect(run, run.stderr).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(run.stderr).toMatch(line);
    expect(existsSync(path('result.png'))).toBe(false);
  });

  it.each([
    [['-o', 'nowhere/result.png'], /nowhere\/result\.png: .*folder nowhere does not exist/],
    [['-o', 'result.gif'], /result\.gif: expected an output name that ends in \.png, \.jpg or \.webp, got \.gif/],
    [
      ['-o', 'result.jpg', '--bit-depth', '16'],
      /result\.jpg: a JPEG picture has 8 bits a sample, got .* of 16; name a \.png/,
    ],
    [['-o', 'content.png'], /content\.png: would be written over content\.png, which is read/],
    [['-o', '.'], /expected an output name/],
  ] as const)('%j', async (args, line) => {
    const before = await stat(path('content.png'));
    const run = await impasto(folder, ['stylize', ...pictures, ...args]);
    expect(run, run.stderr).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(/^impasto: [^\n]+\n$/);
    expect(run.stderr).toMatch(line);
    expect((await stat(path('content.png'))).mtimeMs).toBe(before.mtimeMs);
  });
});
