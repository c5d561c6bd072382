/** What `bench:quality` is asked, and what it makes of curves. */

import { describe, expect, it } from 'vitest';
import { parseQuality } from '../../tools/bench/quality/arguments.ts';
import {
  type Curve,
  firstWithin,
  qualityPlots,
  qualityTable,
  qualityText,
  yardstickOf,
} from '../../tools/bench/quality/curves.ts';
import { readJob } from '../../tools/bench/quality/ours.ts';

const curve = (name: string, secondsEach: number, w2s: readonly (number | null)[]): Curve => ({
  pair: 'cat+wave',
  name,
  options: ['--preset', 'default'],
  firstLoss: 1,
  points: w2s.map((w2, index) => ({
    fullSize: 10 * (index + 1),
    seconds: secondsEach * (index + 1),
    measures: { lpips: 0.1 * (index + 1), gram: 0.5, w2, colour: 0.1, totalVariation: 1, clamped: 0 },
  })),
});

const curves = [curve('ours', 3, [0.5, 0.2, 0.1]), curve('slow', 9, [0.9, 0.8]), curve('theirs', 4, [0.6, 0.4, 0.2])];

describe('options', () => {
  it('are our presets, the old default and PyTorch with the same objective', () => {
    const { recipes, peer, pairs } = parseQuality([]);
    expect(recipes.map(({ name }) => name)).toEqual(['sketch', 'default', 'fine', 'gram', 'old default']);
    expect(peer?.options).toEqual(recipes.at(-1)?.options);
    expect(pairs).toMatchObject([{ name: 'chelsea+great_wave' }]);
    expect(parseQuality(['--no-peer']).peer).toBeUndefined();
  });

  it('name runs by options of stylize, which its own parser reads', async () => {
    const { recipes, pairs } = parseQuality(['--presets', 'none', '--run', 'long one: --iterations 400 --scales 2']);
    const [recipe, ...more] = recipes;
    const [pair] = pairs;
    if (recipe === undefined || pair === undefined) throw new Error('there is a run');
    expect([recipe.name, more]).toEqual(['long one', []]);
    const { given, command } = await readJob(pair, recipe, 96);
    expect({ command, ...given }).toMatchObject({ command: 'stylize', size: 96, iterations: 400, scales: 2 });
  });

  it('of the old default make sense', async () => {
    const { recipes, pairs } = parseQuality(['--presets', 'none']);
    const [[recipe], [pair]] = [recipes, pairs];
    if (recipe === undefined || pair === undefined) throw new Error('there is a run');
    const { settings } = await readJob(pair, recipe, 96);
    expect(settings.objective).toMatchObject({
      ...{ contentWeight: 1, styleWeight: 2e6, tvWeight: 50, styleLoss: 'gram', tvLoss: 'four' },
      ...{ gramFactor: 1, pooling: 'average', paddingMode: 'replicate', variable: 'pixels' },
    });
    expect(settings.scales.map(({ phases }) => phases.map(({ steps }) => steps))).toEqual([[200]]);
    expect(settings).toMatchObject({ styleFit: 'longest-side' });
  });

  it.each([
    [['--presets', 'nothing'], /--presets is 'nothing'; expected sketch, default, fine, gram, gatys or lecture/],
    [['--pairs', 'chelsea'], /--pairs has 'chelsea'; expected PHOTOGRAPH\+PAINTING/],
    [['--run', 'nameless'], /--run is 'nameless'; expected 'NAME: OPTIONS'/],
  ])('refuse %j', (args, words) => {
    expect(() => parseQuality(args)).toThrow(words);
  });
});

describe('curves', () => {
  it('are held against the last of their pair, by the first point that is as near', () => {
    expect(yardstickOf(curves, 'cat+wave')?.name).toBe('theirs');
    const [ours, slow] = curves;
    expect(ours && firstWithin(ours, 'w2', 0.2)?.seconds).toBe(6);
    expect(slow && firstWithin(slow, 'w2', 0.2)).toBeUndefined();
    expect(firstWithin(curve('blank', 1, [null]), 'w2', 0.2)).toBeUndefined();
  });

  it('make a table that says who never came there', () => {
    const rows = qualityTable(curves).rows.map((row) => row.slice(8));
    expect(rows).toEqual([
      ['theirs', '20.0', '6.00', '0.500x', '0.200'],
      ['theirs', 'never', 'never', '–', '–'],
      ['theirs', '30.0', '12.0', '1.00x', '0.300'],
    ]);
    expect(qualityText(curves, { markdown: true })).toMatch(/^\| pair \| run \|/);
  });

  it('are drawn by seconds and by evaluations', () => {
    const plots = qualityPlots(curves, 'cat+wave');
    expect([...plots.keys()]).toHaveLength(6);
    for (const svg of plots.values()) {
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toContain('NaN');
    }
  });
});
