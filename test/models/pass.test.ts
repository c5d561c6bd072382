/** The pass of an evaluation: order of steps, taps before and after ReLUs, refusals. */

import { describe, expect, it } from 'vitest';
import { buildPass } from '../../src/models/build-pass.ts';
import { convolutionsOf, layersOf, leastSideFor, tapNamesOf } from '../../src/models/networks.ts';
import { mapsOf, type Step } from '../../src/models/pass.ts';
import { torchvisionIndices } from '../../src/models/vgg.ts';

const vgg16 = { network: 'vgg16', height: 32, width: 48 } as const;

function kinds(steps: readonly Step[]): readonly string[] {
  return steps.map((step) => step.kind);
}

describe('VGG tables', () => {
  it('have 13 and 16 convolutions and five pools', () => {
    expect(convolutionsOf('vgg16')).toHaveLength(13);
    expect(convolutionsOf('vgg19')).toHaveLength(16);
    expect(layersOf('vgg19').filter((layer) => layer.kind === 'pool')).toHaveLength(5);
  });

  it("place convolutions where torchvision's features list has them", () => {
    const plain = torchvisionIndices('vgg16', false);
    const batchNorm = torchvisionIndices('vgg16', true);
    expect([plain.get('conv1_1'), plain.get('conv2_1'), plain.get('conv5_3')]).toEqual([0, 5, 28]);
    expect([batchNorm.get('conv1_2'), batchNorm.get('conv3_1'), batchNorm.get('conv5_3')]).toEqual([3, 14, 40]);
    expect(torchvisionIndices('vgg19', false).get('conv5_4')).toBe(34);
  });

  it('offer every convolution and ReLU as a tap', () => {
    expect(tapNamesOf('vgg16')).toHaveLength(26);
    expect(tapNamesOf('vgg19').at(-1)).toBe('relu5_4');
  });
});

describe('a pass', () => {
  it('goes forward to the deepest tap and no further', () => {
    const { steps, gradInput } = buildPass({ ...vgg16, taps: ['relu2_1', 'relu1_1'], backward: false });
    expect(kinds(steps)).toEqual(['convForward', 'convForward', 'poolForward', 'convForward']);
    expect(gradInput).toBeUndefined();
  });

  it('goes backward from the deepest tap to the input', () => {
    const { steps, gradInput } = buildPass({ ...vgg16, taps: ['relu2_1', 'relu1_1'], backward: true });
    expect(kinds(steps.slice(4))).toEqual([
      'tapGradient',
      'reluBackward',
      'convBackward',
      'poolBackward',
      'tapGradient',
      'convBackward',
      'convBackward',
    ]);
    expect(gradInput).toMatchObject({ height: 32, width: 48, channels: 4 });
  });

  it('adds to the gradient at a tap that a loss has written first, and masks by ReLUs only', () => {
    const { steps } = buildPass({ ...vgg16, taps: ['relu1_1', 'relu1_2'], backward: true });
    const [second, first] = steps.filter((step) => step.kind === 'convBackward');
    expect(second).toMatchObject({ accumulate: true, mask: true });
    expect(first).toMatchObject({ accumulate: false, mask: false });
  });

  it('does not compute the ReLU after a deepest tap before it', () => {
    const { steps, taps } = buildPass({ ...vgg16, taps: ['conv1_2'], backward: true });
    expect(kinds(steps)).toEqual(['convForward', 'convForward', 'tapGradient', 'convBackward', 'convBackward']);
    expect(taps.get('conv1_2')).toMatchObject({ height: 32, width: 48, channels: 64 });
  });

  it('adds the gradient of a tap before a ReLU after that ReLU has masked', () => {
    const { steps } = buildPass({ ...vgg16, taps: ['conv1_1', 'relu1_2'], backward: true });
    expect(kinds(steps)).toEqual([
      'convForward',
      'reluForward',
      'convForward',
      'tapGradient',
      'reluBackward',
      'convBackward',
      'tapGradient',
      'convBackward',
    ]);
    expect(steps[6]).toMatchObject({ feature: { name: 'conv1_1' }, accumulate: true });
  });

  it.each([
    ['relu1_2', 1],
    ['relu2_1', 2],
    ['conv5_3', 16],
  ])('needs sides of at least what the pools before %s halve: %i', (tap, least) => {
    expect(leastSideFor('vgg16', [tap])).toBe(least);
    const small = { network: 'vgg16', height: 64, width: least - 1, taps: [tap], backward: true } as const;
    if (least > 1) expect(() => buildPass(small)).toThrow(`needs at least ${least} on each side`);
    expect(buildPass({ ...small, width: least }).taps.get(tap)?.width).toBe(1);
  });

  it('stores activations as asked for, and never the picture, a gradient or a route', () => {
    const { steps } = buildPass({ ...vgg16, taps: ['relu2_1', 'conv1_2'], backward: true, storage: 'f16' });
    const elements = new Map(steps.flatMap(mapsOf).map(({ name, element }) => [name, element]));
    const halves = [...elements].filter(([, element]) => element === 'f16').map(([name]) => name);
    expect(halves).toEqual(['relu1_1', 'conv1_2', 'relu1_2', 'pool1', 'relu2_1']);
    expect(elements.get('input')).toBe('f32');
    expect(elements.get('gradient of relu1_1')).toBe('f32');
    expect(elements.get('routes of pool1')).toBe('u32');
  });

  it('refuses an unknown tap by name, and none at all', () => {
    expect(() => buildPass({ ...vgg16, taps: ['relu6_1'], backward: false })).toThrow("no layer 'relu6_1'");
    expect(() => buildPass({ ...vgg16, taps: [], backward: false })).toThrow('no layer was named');
  });
});
