/** Settings as a caller of the library says them: what goes together is found in one place. */

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { optimizerNames } from '../../src/settings/optimizers.ts';
import { options } from '../../src/settings/options.ts';
import type { ListedPhase } from '../../src/settings/phase.ts';
import { choosePhases, type PhaseChoice } from '../../src/settings/phase-choice.ts';
import {
  flatSettings,
  type PresetName,
  parseSettings,
  presetNames,
  presetSettings,
  resolveSettings,
  type SettingsOverrides,
} from '../../src/settings/presets.ts';
import { phasesOf } from '../../src/settings/settings.ts';

describe('parseSettings', () => {
  it.each(presetNames)('reads what flatSettings wrote: %s, through JSON', (preset) => {
    const phases: readonly ListedPhase[] = [
      { steps: 2, optimizer: 'adam', learningRate: 0.1, scale: 64 },
      { steps: 3, optimizer: 'lbfgs', learningRate: { start: 1, decay: 'linear' } },
    ];
    const settings = resolveSettings(preset, { phases, styleWeight: 1 / 3 });
    expect(parseSettings(JSON.parse(JSON.stringify(flatSettings(settings))))).toEqual(settings);
  });

  it('refuses what is missing, not known, or makes no sense', () => {
    const flat = flatSettings(presetSettings('default'));
    expect(() => parseSettings({ ...flat, brush: 2 })).toThrow("a setting is called 'brush', which is not known");
    expect(() => parseSettings({ ...flat, history: undefined })).toThrow('history is missing; expected a whole number');
    expect(() => parseSettings({ ...flat, lineSearch: 'weak' })).toThrow("lineSearch is 'weak'");
    expect(() => parseSettings(null)).toThrow('is missing');
  });
});

describe('resolveSettings', () => {
  it.each(presetNames)('without overrides is the preset %s', (preset) => {
    expect(resolveSettings(preset)).toEqual(presetSettings(preset));
    expect(resolveSettings(preset, { iterations: undefined, optimizer: undefined })).toEqual(presetSettings(preset));
  });

  it('gives an optimiser the rate and the momentum that go together, as the command line does', () => {
    const phasesWith = (overrides: SettingsOverrides) => phasesOf(resolveSettings('gatys', overrides));
    expect(phasesWith({ optimizer: 'sgd' })).toEqual([
      { steps: 200, optimizer: 'sgd', learningRate: 0.1, momentum: 0.9 },
    ]);
    expect(phasesWith({ optimizer: 'sgd', momentum: 0, iterations: 5 })).toEqual([
      { steps: 5, optimizer: 'sgd', learningRate: 0.1, momentum: 0 },
    ]);
    for (const optimizer of optimizerNames) {
      expect(phasesWith({ optimizer })).toEqual(choosePhases({ optimizer }, 'gatys').phases);
    }
  });

  it('gives another loss of style the weights that it is used with, however it is said', () => {
    const { styleLoss: _, ...gram } = presetSettings('gram').objective;
    expect(resolveSettings('fine', { styleLoss: 'gram' }).objective).toMatchObject(gram);
    expect(resolveSettings('fine', { objective: { styleLoss: 'gram' } }).objective).toMatchObject(gram);
    const { styleLoss: own, ...means } = presetSettings('default').objective;
    expect(own).toBe('covariance');
    expect(resolveSettings('gram', { styleLoss: 'w2' }).objective).toMatchObject(means);
    expect(resolveSettings('fine', { styleLoss: 'w2' }).objective).toMatchObject(means);
    // Its own loss, said: nothing changes, whichever preset of that loss it is.
    expect(resolveSettings('gatys', { styleLoss: 'gram' })).toEqual(presetSettings('gatys'));
  });

  it('groups phases by the scale that they name', () => {
    const phase = { steps: 2, optimizer: 'adam', learningRate: 0.02 } as const;
    const phases: readonly ListedPhase[] = [{ ...phase, scale: 64 }, { ...phase, scale: 64, steps: 3 }, phase];
    expect(resolveSettings('default', { phases }).scales).toEqual([
      { longestSide: 64, phases: [phase, { ...phase, steps: 3 }] },
      { longestSide: undefined, phases: [phase] },
    ]);
  });

  it.each<[SettingsOverrides, string]>([
    [
      { phases: [{ steps: 1, optimizer: 'adam', learningRate: 0.02 }], iterations: 3 },
      'phases and iterations contradict each other; a list of phases says all of it',
    ],
    [{ iterations: 0 }, 'iterations is 0; expected a whole number from 1 to 1000000'],
    [{ optimizer: 'adam', lineSearch: 'strong-wolfe' }, 'line search is strong-wolfe, which adam does not have'],
    [{ detail: 1.5 }, 'detail is 1.5; expected a number from 0 to 1'],
    [{ history: 0.5 }, 'history is 0.5; expected a whole number from 1 to 512'],
    [{ objective: { styleWeight: Number.NaN } }, 'styleWeight is NaN; expected a number from 0 to 1e10'],
  ])('refuses %j', (overrides, message) => {
    expect(() => resolveSettings('default', overrides)).toThrow(InputError);
    expect(() => resolveSettings('default', overrides)).toThrow(message);
  });
});

describe('scales', () => {
  const sizes = (longest: number, least?: number) =>
    choosePhases({ scales: 'auto', iterations: 6 }, 'default', { longest, ...(least === undefined ? {} : { least }) });

  it.each<[number, readonly (readonly [number, number])[]]>([
    [
      100,
      [
        [50, 12],
        [71, 6],
        [100, 6],
      ],
    ],
    [
      256,
      [
        [128, 12],
        [181, 6],
        [256, 6],
      ],
    ],
    [
      384,
      [
        [136, 12],
        [192, 6],
        [272, 6],
        [384, 6],
      ],
    ],
    [
      512,
      [
        [128, 12],
        [181, 6],
        [256, 6],
        [362, 6],
        [512, 6],
      ],
    ],
    [
      24,
      [
        [17, 12],
        [24, 6],
      ],
    ],
    [16, [[16, 6]]],
  ])('auto at %i pixels: from half of it or 128, the iterations at each, at the first twice', (longest, expected) => {
    const { phases, leftOut } = sizes(longest);
    expect(phases.map(({ scale, steps }) => [scale ?? longest, steps])).toEqual(expected);
    expect(leftOut).toEqual([]);
  });

  it('auto leaves out what is too small for the network without a word, since nobody asked for it', () => {
    expect(sizes(100, 60).phases.map(({ scale }) => scale)).toEqual([71, 100]);
    expect(sizes(100, 60).leftOut).toEqual([]);
  });
});

describe('presets', () => {
  const at48 = (choice: PhaseChoice, preset: PresetName) => choosePhases(choice, preset, { longest: 48 }).phases;

  it('gram begins at half the size, from matched colours, with detail by the strength', () => {
    expect(at48({}, 'gram').map(({ scale, steps }) => [scale, steps])).toEqual([
      [24, 40],
      [34, 20],
      [48, 20],
    ]);
    expect(options.init.usual({ preset: 'gram' })).toBe('matched');
    expect(presetSettings('gram').detail).toBe(0.28);
    expect(resolveSettings('gram', { strength: 0.4 }).detail).toBe(0.6);
    expect(resolveSettings('gram', { strength: 0.4, detail: 0.1 }).detail).toBe(0.1);
  });

  it.each([
    ['sketch', 6],
    ['default', 20],
    ['fine', 50],
  ] as const)('%s is the recipe with %i evaluations', (preset, steps) => {
    expect(at48({}, preset).map((phase) => phase.steps)).toEqual([2 * steps, steps, steps]);
    const { objective, ...rest } = presetSettings(preset);
    expect(objective).toMatchObject({
      styleLoss: 'covariance',
      tvLoss: 'nine',
      pooling: 'max',
      paddingMode: 'replicate',
    });
    expect(objective).toMatchObject({ contentWeight: 79.24, tvWeight: 14_400 });
    expect(rest).toMatchObject({ styleFit: 'longest-side', enlargeStyle: true, detail: 0.28, strength: 0.72 });
    expect(options.init.usual({ preset })).toBe('matched');
  });

  it.each(['gatys', 'lecture'] as const)('%s is one scale from the photograph, without detail', (preset) => {
    expect(at48({}, preset)).toHaveLength(1);
    expect(options.init.usual({ preset })).toBe('content');
    expect(resolveSettings(preset, { strength: 0.4 }).detail).toBe(0);
  });

  it('a start from a file is gone on from at its size', () => {
    expect(at48({ init: 'last.png' }, 'gram')).toHaveLength(1);
    expect(at48({ init: 'last.png', scales: 'auto' }, 'gram')).toHaveLength(3);
    expect(at48({ init: 'noise' }, 'gram')).toHaveLength(3);
  });
});

describe('what is left out is said', () => {
  it.each<[PhaseChoice, number, readonly number[], readonly string[]]>([
    [
      { optimizer: 'adam', scales: 3, iterations: 2 },
      75,
      [53, 75],
      ['scale of 38 pixels left out: 2 iterations are too few'],
    ],
    [
      { optimizer: 'adam', scales: 3, iterations: 1 },
      75,
      [75],
      ['scales of 38, 53 pixels left out: 1 iteration is too few'],
    ],
    [
      { optimizer: 'adam', scales: 4, iterations: 40 },
      32,
      [23, 32],
      ['scales of 11, 16 pixels left out: a picture is too small there for the deepest layer'],
    ],
    [{ schedule: 'sgdr', iterations: 2 }, 64, [], ['2 of 4 phases of sgdr left out: 2 iterations are too few']],
    [{ schedule: 'sgdr', iterations: 300, scales: 2 }, 64, [45, 64], []],
    [{ schedule: 'one-cycle', iterations: 40 }, 64, [], []],
  ])('%j at %i pixels', (choice, longest, scales, leftOut) => {
    const chosen = choosePhases(choice, 'lecture', { longest, least: 20 });
    const named = new Set(chosen.phases.flatMap(({ scale }) => scale ?? []));
    expect([...named]).toEqual(scales);
    expect(chosen.leftOut).toEqual(leftOut);
  });
});
