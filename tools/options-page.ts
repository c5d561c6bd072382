/** `docs/options.md`: everything a run may be told, from the table of options. */

import type { CommandName, Group } from '../src/settings/option.ts';
import { flagOf, type OptionName, optionNames, rowOf } from '../src/settings/options.ts';
import { presetNames } from '../src/settings/presets.ts';

const titles: Readonly<Record<Group, string>> = {
  pictures: 'Pictures',
  what: 'What is compared',
  how: 'How it is optimised',
};

const allCommands: readonly CommandName[] = ['stylize', 'reconstruct', 'texture', 'find-rate', 'evaluate', 'schedule'];

/** The page as Markdown. */
export function optionsPage(): string {
  const groups = Object.entries(titles).map(([group, title]) => {
    const rows = optionNames.filter((name) => rowOf(name).group === group).map(rowFor);
    return [`## ${title}`, '', ...header, ...rows].join('\n');
  });
  return `${[...preface, groups.join('\n\n')].join('\n')}\n`;
}

const preface = [
  '# Options',
  '',
  'Everything a run may be told of the picture it makes. `npm run options` writes this page from `src/settings/options.ts`, where each option is a row;',
  "the command line's options and help, the page's controls, links and the checks of values come from there too. A name with dashes is an option of the",
  'commands named beside it and a word of links; the library (`resolveSettings`) has all of them in the form `tvWeight`. Files, weights, adapters and kernels are',
  'in `impasto COMMAND --help`.',
  '',
  '',
];

const header = [
  `| option | values | ${presetNames.map((name) => `usual in \`${name}\``).join(' | ')} | what it is | commands | page |`,
  `|---|---|${presetNames.map(() => '---|').join('')}---|---|---|`,
];

function rowFor(name: OptionName): string {
  const { kind, help, commands, page, isNegated } = rowOf(name);
  const label = typeof page?.label === 'function' ? page.label({ preset: 'default' }) : (page?.label ?? '');
  const isOption = commands.length > 0 || page !== undefined;
  const flag = commands.length === 0 ? flagOf(name) : `--${isNegated === true ? 'no-' : ''}${flagOf(name)}`;
  const cells = [
    `\`${isOption ? flag : name}\``,
    kind.values,
    ...usualCells(name),
    help,
    commands.length === allCommands.length ? 'all' : commands.join(', '),
    label,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function usualCells(name: OptionName): readonly string[] {
  const { kind, usual, usualWords, isNegated } = rowOf(name);
  return presetNames.map((preset) => {
    if (isNegated === true) return '';
    if (usualWords !== undefined) return usualWords;
    return usual === undefined ? '' : kind.format(usual({ preset }));
  });
}
