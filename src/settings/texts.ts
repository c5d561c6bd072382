/** A choice as texts and back: as links, command lines and the metadata of pictures say it. */

import type { Basis, CommandName } from './option.ts';
import { type Choice, flagOf, isOfPreset, type OptionName, optionNames, rowOf } from './options.ts';

type Place = CommandName | 'page';

/** A value from its text. @throws InputError naming the option and what was expected. */
export function parseOption(name: OptionName, text: string, place: Place): unknown {
  const { kind, forms } = rowOf(name);
  return (forms?.[place]?.kind ?? kind).parse(flagOf(name), text);
}

export function formatOption(name: OptionName, value: unknown): string {
  return rowOf(name).kind.format(value);
}

/** Without what does not count beside the rest: a choice made for another optimiser is not lost, but counts for nothing. */
export function usedChoice<Given extends Choice & Basis>(choice: Given): Given {
  const idle = optionNames.filter((name) => rowOf(name).applies?.(choice) === false);
  return { ...choice, ...Object.fromEntries(idle.map((name) => [name, undefined])) };
}

/** Without what is the preset's, or as usual in that place, anyway. */
export function withoutUsual<Given extends Choice & Basis>(choice: Given, place: Place): Given {
  const said: Choice = choice;
  const idle = optionNames.filter((name) => {
    const { usual, forms } = rowOf(name);
    const value = forms?.[place]?.usual ?? usual?.(choice);
    return (
      value !== undefined && said[name] !== undefined && formatOption(name, said[name]) === formatOption(name, value)
    );
  });
  return { ...choice, ...Object.fromEntries(idle.map((name) => [name, undefined])) };
}

/** The options that say something, in the table's order: all that are given but those that are as usual with every preset. */
export function changedOptions(choice: Choice, place: Place): readonly OptionName[] {
  return optionNames.filter((name) => {
    const { usual, forms } = rowOf(name);
    const value = choice[name];
    if (value === undefined) return false;
    return isOfPreset(name) || value !== (forms?.[place]?.usual ?? usual?.({ preset: 'default' }));
  });
}

/** The words of a command line that say a choice, in the table's order. */
export function optionWords(choice: Choice, command: CommandName): readonly string[] {
  return changedOptions(choice, command).flatMap((name) => {
    const { kind, isNegated } = rowOf(name);
    if (kind.placeholder !== undefined) return [`--${flagOf(name)}`, formatOption(name, choice[name])];
    // A flag says the one thing that it can say.
    return choice[name] === (isNegated !== true) ? [`--${isNegated === true ? 'no-' : ''}${flagOf(name)}`] : [];
  });
}

/** Words as a POSIX shell takes them literally. */
export function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (/^[\w./=,:@%+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
