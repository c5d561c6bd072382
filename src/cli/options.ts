/** The table of options as commander wants to be told: flags, their values, their help. */

import type { Command } from 'commander';
import type { CommandName, Group } from '../settings/option.ts';
import { flagOf, isOfPreset, type OptionName, optionNames, rowOf } from '../settings/options.ts';
import { totalSteps } from '../settings/phase.ts';
import { choosePhases } from '../settings/phase-choice.ts';
import { looksOf, type PresetName, presetNames } from '../settings/preset-names.ts';
import { usualSize } from '../settings/sizes.ts';

export const groups: readonly Group[] = ['pictures', 'what', 'how'];

/** Headings of a help. */
export const groupTitles: Readonly<Record<Group, string>> = {
  pictures: 'Pictures:',
  what: 'What is optimised (each defaults to the preset):',
  how: 'How it is optimised (each defaults to the preset):',
};

/** `--learning-rate` */
export function optionOf(name: OptionName): string {
  return `--${flagOf(name)}`;
}

/** Adds a group of the options that a command has. */
export function addOptions(command: Command, of: CommandName, group: Group): Command {
  for (const name of optionNames) {
    const { commands, group: its } = rowOf(name);
    if (its === group && commands.includes(of)) addOption(command, of, name);
  }
  return command;
}

function addOption(command: Command, of: CommandName, name: OptionName): void {
  const row = rowOf(name);
  const form = row.forms?.[of] ?? {};
  const { kind = row.kind, help = row.help, usual } = form;
  const words = kind.values === '' ? help : `${help}: ${kind.values}`;
  const description =
    row.usualWords === undefined || usual !== undefined ? words : `${words} (default: ${row.usualWords})`;
  const { placeholder } = kind;
  if (placeholder === undefined) {
    command.option(row.isNegated === true ? `--no-${flagOf(name)}` : optionOf(name), description);
    return;
  }
  // What belongs to a preset waits until it is known which.
  const fallback = usual ?? (isOfPreset(name) ? undefined : row.usual?.({ preset: 'default' }));
  const parse = (text: string): unknown => kind.parse(optionOf(name), text);
  command.option(`${optionOf(name)} <${placeholder}>`, description, parse, fallback);
}

/** What the presets say, for a help. */
export function describePresets(): string {
  return `Presets:\n${presetNames.map((preset) => `  ${preset}: ${looksOf(preset)}${describeSpending(preset)}${describePreset(preset)}`).join('\n')}`;
}

/** `; evaluations up to 512 pixels: 40 at 128, …, 20 at 512, as much as 40 at the last`. */
function describeSpending(preset: PresetName, longest = usualSize({ isSoftware: false })): string {
  const { phases } = choosePhases({}, preset, { longest });
  if (phases.length < 2) return `; ${totalSteps(phases)} evaluations`;
  const each = phases.map(({ scale = longest, steps }) => `${steps} at ${scale}`);
  const worth = phases.reduce((sum, { scale = longest, steps }) => sum + steps * (scale / longest) ** 2, 0);
  return `; evaluations up to ${longest} pixels: ${each.join(', ')}, as much as ${Math.round(worth)} at the last`;
}

function describePreset(preset: PresetName): string {
  const lines = groups.map((group) => {
    const names = optionNames.filter((name) => {
      const { group: its, commands } = rowOf(name);
      return its === group && isOfPreset(name) && commands.length > 0;
    });
    return names
      .flatMap((name) => {
        const { kind, usual, applies } = rowOf(name);
        const isIdle = applies?.({ preset }) === false;
        return usual === undefined || isIdle ? [] : `${flagOf(name)} ${kind.format(usual({ preset }))}`;
      })
      .join(', ');
  });
  return ['', ...lines].join('\n    ');
}
