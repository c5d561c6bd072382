/** The table of options: every row is whole, its values survive every way they are said, and every command shows its options. */

import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { didYouMean } from '../../src/settings/nearest.ts';
import { flagOf, optionNames, options, rowOf } from '../../src/settings/options.ts';
import { presetNames } from '../../src/settings/presets.ts';

describe.each(optionNames)('%s', (name) => {
  const { kind, usual, help, page, commands, part } = rowOf(name);

  it.each(presetNames)('has a usual value in %s that is one, and is read again as it is written', (preset) => {
    if (usual === undefined) return;
    const value = usual({ preset });
    expect(kind.check(name, value)).toEqual(value);
    if (kind.placeholder !== undefined) expect(kind.parse(name, kind.format(value))).toEqual(value);
  });

  it('refuses what is none by its name', () => {
    const wrong = kind.range === undefined ? '' : 'x';
    if (kind.placeholder === undefined) expect(() => kind.check(name, 1)).toThrow(`${name} is 1; expected`);
    else expect(() => kind.parse(`--${flagOf(name)}`, wrong)).toThrow(`--${flagOf(name)} is '${wrong}'; expected `);
  });

  it('says what it is, and is there for someone', () => {
    expect(help).toMatch(/^[a-z].*[^.]$/);
    expect(commands.length > 0 || page !== undefined || part === 'objective').toBe(true);
  });
});

describe('the options of a command', () => {
  const ignore = async (): Promise<void> => {};
  const program = buildProgram('1.2.3', {
    ...{ stylize: ignore, reconstruct: ignore, texture: ignore, resume: ignore, plan: ignore, layers: ignore },
    ...{ schedule: ignore, findRate: ignore },
    ...{ evaluate: ignore, compare: ignore, convert: ignore, doctor: ignore, tune: ignore },
  });

  it.each(['stylize', 'reconstruct', 'texture', 'find-rate', 'evaluate', 'schedule'] as const)(
    'are all in the help of %s, with their values',
    (command) => {
      const words = program.commands
        .find((each) => each.name() === command)
        ?.helpInformation()
        .replace(/\s+/g, ' ');
      const named = optionNames.filter((name) => rowOf(name).commands.includes(command));
      for (const name of named) {
        const { kind, isNegated, forms } = rowOf(name);
        expect(words).toContain(`--${isNegated === true ? 'no-' : ''}${flagOf(name)}`);
        for (const choice of (forms?.[command]?.kind ?? kind).choices ?? []) expect(words).toContain(choice);
      }
      expect(named.length).toBeGreaterThan(4);
    },
  );
});

it('flags and labels name one option each, and no flag is taken for another by a slip', () => {
  const labels = optionNames.flatMap((name) => {
    const label = rowOf(name).page?.label;
    return label === undefined ? [] : [typeof label === 'string' ? label : label({ preset: 'default' })];
  });
  for (const names of [optionNames.map(flagOf), labels]) expect(new Set(names).size).toBe(names.length);
  expect(didYouMean('sise', optionNames.map(flagOf))).toContain('size');
});

it('what is usual follows what else is chosen', () => {
  expect(options.learningRate.usual({ preset: 'lecture', optimizer: 'sgd' })).toBe(3e-8);
  expect(options.momentum.usual({ preset: 'default', optimizer: 'sgd' })).toBe(0.9);
  expect(options.seed.applies({ preset: 'default' })).toBe(false);
  expect(options.seed.applies({ preset: 'default', init: 'noise' })).toBe(true);
  expect(options.momentum.applies({ preset: 'default', optimizer: 'sgd', schedule: 'one-cycle' })).toBe(false);
});
