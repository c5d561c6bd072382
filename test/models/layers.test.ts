/** Tables of layers: what follows from their rows, held to figures that were traced from torchvision's modules. */

import { describe, expect, it } from 'vitest';
import { convolutionsIn, fieldOf, leastSideOf, mapSizesOf, viewsOf } from '../../src/models/layers.ts';
import { layersOf, layersUntil, leastSideFor, type NetworkName, tapNamesOf } from '../../src/models/networks.ts';

const picture = { height: 299, width: 299 };

function mapOf(network: NetworkName, name: string) {
  const layers = layersOf(network);
  const view = viewsOf(layers).get(name);
  const size = mapSizesOf(layers, picture).get(name);
  if (view === undefined || size === undefined) throw new Error(`${network} has no ${name}`);
  const field = fieldOf(view);
  return [size.height, size.width, field.height, field.width, view.jump];
}

/** Values of all kernels, in millions, to two digits. */
function millionsOf(network: NetworkName, tap: string): number {
  const layers = convolutionsIn(layersUntil(network, [tap]));
  const values = layers.map(({ inChannels, outChannels, kernel: [height, width] }) => {
    return inChannels * outChannels * height * width;
  });
  return Math.round(values.reduce((sum, value) => sum + value, 0) / 1e4) / 100;
}

describe('Inception v3', () => {
  it.each([
    ['Conv2d_1a_3x3', [149, 149, 3, 3, 2]],
    ['Conv2d_2b_3x3', [147, 147, 11, 11, 2]],
    ['maxpool1', [73, 73, 15, 15, 4]],
    ['Conv2d_4a_3x3', [71, 71, 23, 23, 4]],
    ['Mixed_5b', [35, 35, 63, 63, 8]],
    ['Mixed_5b.branch1x1', [35, 35, 31, 31, 8]],
    ['Mixed_5b.branch_pool', [35, 35, 47, 47, 8]],
    ['Mixed_6a', [17, 17, 159, 159, 16]],
    ['Mixed_6b', [17, 17, 351, 351, 16]],
    ['Mixed_6b.branch7x7_2', [17, 17, 159, 255, 16]],
    ['Mixed_6e', [17, 17, 927, 927, 16]],
    ['Mixed_7c', [8, 8, 1311, 1311, 32]],
  ] as const)('%s has so many positions, sees so far, one every so many pixels', (name, expected) => {
    expect(mapOf('inception_v3', name)).toEqual(expected);
  });

  it("has 94 convolutions with torchvision's parameters", () => {
    expect(convolutionsIn(layersOf('inception_v3'))).toHaveLength(94);
    const millions = ['Mixed_6b', 'Mixed_6e', 'Mixed_7c'].map((tap) => millionsOf('inception_v3', tap));
    expect(millions).toEqual([3.43, 8.95, 21.75]);
  });

  it('wants pictures of 75 pixels a side for all of it, of 43 to Mixed_6a', () => {
    expect(leastSideOf(layersOf('inception_v3'))).toBe(75);
    expect(leastSideFor('inception_v3', ['Mixed_6a'])).toBe(43);
  });
});

describe('GoogLeNet', () => {
  it.each([
    ['conv1', [150, 150, 7, 7, 2]],
    ['maxpool1', [75, 75, 11, 11, 4]],
    ['inception3a', [37, 37, 43, 43, 8]],
    ['maxpool3', [18, 18, 75, 75, 16]],
    ['inception4e', [18, 18, 235, 235, 16]],
    ['inception5b', [9, 9, 379, 379, 32]],
  ] as const)('%s has so many positions, sees so far, one every so many pixels', (name, expected) => {
    expect(mapOf('googlenet', name)).toEqual(expected);
  });

  it("has 57 convolutions with torchvision's parameters", () => {
    expect(convolutionsIn(layersOf('googlenet'))).toHaveLength(57);
    expect(millionsOf('googlenet', 'inception5b')).toBe(5.59);
  });
});

describe('a tap', () => {
  it('before a ReLU is offered where the convolution has a map of its own', () => {
    const names = tapNamesOf('inception_v3');
    expect(names).toContain('Mixed_5b.branch5x5_1.conv');
    expect(names).toContain('Mixed_5b.branch5x5_2');
    expect(names).not.toContain('Mixed_5b.branch5x5_2.conv');
    expect(names.at(-1)).toBe('Mixed_7c');
  });

  it('within a block needs the rows of its own branch alone', () => {
    const names = layersUntil('inception_v3', ['Mixed_5b.branch5x5_1']).map(({ name }) => name);
    expect(names.slice(-2)).toEqual(['maxpool2', 'Mixed_5b.branch5x5_1.conv']);
  });

  it('that no table has is refused by name', () => {
    expect(() => layersUntil('googlenet', ['relu1_1'])).toThrow(
      /googlenet has no layer 'relu1_1'; expected one of the names from conv1\.conv to inception5b/,
    );
  });
});
