/** What is said of the loss terms: names in errors and on the page, sums in reports, a colour for each; and what they cost. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeviceWeights } from '../../src/models/device-weights.ts';
import { TransferObjective } from '../../src/objective/objective.ts';
import { nonFiniteTerm, reportTerms, sumsByKind } from '../../src/objective/term-sums.ts';
import { labelOf, termName, termsOf } from '../../src/objective/terms.ts';
import { bundledPresetNames } from '../../src/settings/preset-names.ts';
import { presetSettings, resolveSettings } from '../../src/settings/presets.ts';
import { planStylize } from '../../src/transfer/prepare.ts';
import { emptyTrace } from '../../src/web/model/trace.ts';
import { curvesOf } from '../../src/web/view/terms.ts';
import { useGpu } from '../support/gpu.ts';
import { readBundledWeights, readFixturePictures } from '../support/network.ts';

const labelsOf = (...[preset, overrides]: Parameters<typeof resolveSettings>) =>
  termsOf(resolveSettings(preset, overrides).objective).map(labelOf);
const terms = labelsOf('default', {
  objective: {
    contentLayers: [
      { name: 'relu3_2', weight: 1 },
      { name: 'relu4_2', weight: 1 },
    ],
    styleLayers: [
      { name: 'relu1_1', weight: 1 },
      { name: 'relu2_1', weight: 1 },
    ],
  },
});

/** The page's curves of one evaluation, whose terms are 1, 2, 4 and so on. */
const curvesFor = (labels: typeof terms, withLayers: boolean) => {
  const byTerm = labels.map((_, index) => [2 ** index]);
  return curvesOf({ ...emptyTrace, terms: labels, total: [2 ** labels.length - 1], byTerm }, withLayers);
};

describe('loss terms', () => {
  it('are called by kind and layer in errors, in plain words on the page', () => {
    const places = ['content relu3_2', 'content relu4_2', 'style relu1_1', 'style relu2_1'];
    expect(terms.map(termName)).toEqual([...places, 'total variation']);
    const captions = curvesFor(terms, true).map(({ caption }) => caption);
    expect(captions).toEqual(['total', 'content', ...places.slice(0, 2), 'style', ...places.slice(2), 'smoothness']);
  });

  it('are added up by kind, 0 for one that is absent', () => {
    expect(sumsByKind(terms, [1, 2, 4, 8, 16])).toEqual({ content: 3, style: 12, totalVariation: 16 });
    const bare = labelsOf('lecture', {
      objective: { contentLayers: [], styleLayers: [{ name: 'relu1_1', weight: 1 }] },
    });
    expect(sumsByKind(bare, [5])).toEqual({ content: 0, style: 5, totalVariation: 0 });
  });

  it('are three curves on the page, no two dashed alike', () => {
    const curves = curvesFor(terms, false);
    expect(curves.map(({ caption, values }) => [caption, ...values])).toEqual([
      ['total', 31],
      ['content', 3],
      ['style', 12],
    ]);
    expect(new Set(curves.map(({ dash }) => dash.join())).size).toBe(3);
  });

  it('of the style are reported one by one, with their layers', () => {
    const report = reportTerms(terms, [1, 2, 4, 8, 16]);
    const expected = { content: 3, style: [4, 8], taps: ['relu1_1', 'relu2_1'], totalVariation: 16 };
    expect(JSON.stringify(report)).toBe(JSON.stringify(expected));
  });

  it.each([
    [[1, 2, 4, 8, 16], undefined],
    [[1, Number.NaN, Number.NaN, 8, 16], 'content'],
    [[1, 2, 4, Number.POSITIVE_INFINITY, Number.NaN], 'style relu2_1'],
    [[1, 2, 4, 8, Number.NaN], 'total variation'],
  ])('%j: the first that is not finite is %s', (values, name) => {
    expect(nonFiniteTerm(reportTerms(terms, values))).toBe(name);
  });

  it.each(bundledPresetNames)('of preset %s each have a colour of their own on the page, in both schemes', (preset) => {
    const sheet = readFileSync(new URL('../../src/web/style/ground.css', import.meta.url), 'utf8');
    const [light, dark] = sheet.split('prefers-color-scheme: dark');
    const shown = curvesFor(labelsOf(preset), true);
    for (const scheme of [light, dark]) {
      const colours = shown.map(({ colours: names }) => names.find((name) => scheme?.includes(`${name}:`)));
      expect(colours).not.toContain('--quiet-ink');
      expect(new Set(colours).size).toBe(shown.length);
    }
  });
});

describe('the dispatches of an evaluation', () => {
  const gpu = useGpu();

  it('are four for a style layer, one for a content layer, one for total variation', async () => {
    const pictures = await readFixturePictures('odd_51x37');
    const weights = await readBundledWeights();
    const { objective: preset } = presetSettings('gram');
    async function labels(options: typeof preset): Promise<readonly string[]> {
      const settings = { ...presetSettings('gram'), objective: options };
      using onDevice = await DeviceWeights.create(gpu(), weights, planStylize(pictures, settings, gpu()).kernels);
      const request = { gpu: gpu(), weights: onDevice, options, ...pictures, initial: pictures.image };
      using objective = await TransferObjective.create(request);
      return objective.programs.flatMap(({ dispatches }) => dispatches.map(({ label }) => label));
    }
    const ofLosses = (await labels(preset)).filter((label) => /^gram|mse|total_variation/.test(label));
    expect(ofLosses.toSorted()).toEqual(
      [
        ...preset.styleLayers.flatMap(({ name }) =>
          ['partial', 'reduce', 'backward'].map((step) => `gram ${name} ${step}`),
        ),
        ...[...preset.styleLayers, ...preset.contentLayers].map(() => 'mse'),
        'total_variation',
      ].toSorted(),
    );
  });
});
