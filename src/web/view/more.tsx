/** Everything that a first visit can do without; what is empty is the preset's. */

import { useSignal } from '@preact/signals';
import { messageOf } from '../../core/errors.ts';
import type { Fieldset } from '../../settings/option.ts';
import { flagOf, type OptionName, rowOf } from '../../settings/options.ts';
import { formatOption } from '../../settings/texts.ts';
import { readSetting } from '../link.ts';
import type { PageModel } from '../model/page.ts';
import { type PageOption, pageOptions, usualSettings } from '../settings.ts';

interface Properties {
  readonly model: PageModel;
}

export function More({ model }: Properties) {
  return (
    <details class="more" data-testid="more">
      <summary>More</summary>
      <Control model={model} name="preset" />
      <Controls model={model} of="painted" title="How it is painted" />
      <Controls model={model} of="optimised" title="How it is optimised" />
      <Controls model={model} of="compared" title="What is compared" />
      <label class="check">
        <input
          type="checkbox"
          checked={model.runsHidden.value}
          onChange={(event) => {
            model.runsHidden.value = event.currentTarget.checked;
          }}
        />
        Keep painting while this tab is hidden
      </label>
      {model.checkpoints.last.value !== undefined && (
        <button
          type="button"
          class="quiet"
          title="For impasto resume at a terminal, or to be dropped on this page, on this device or another"
          onClick={() => model.downloadCheckpoint()}
          data-testid="download-checkpoint"
        >
          Download the unfinished painting
        </button>
      )}
      <button type="button" class="quiet" onClick={() => model.reset()} data-testid="reset">
        Back to the usual settings
      </button>
    </details>
  );
}

/** The settings of a heading that count beside what else is chosen. */
function Controls({ model, of, title }: Properties & { readonly of: Fieldset; readonly title: string }) {
  const shown = pageOptions.filter((name) => {
    const { page, applies } = rowOf(name);
    return page?.fieldset === of && applies?.(model.settings.value) !== false;
  });
  return (
    <fieldset>
      <legend>{title}</legend>
      {shown.map((name) => (
        <Control key={name} model={model} name={name} />
      ))}
    </fieldset>
  );
}

interface ControlProperties extends Properties {
  readonly name: PageOption;
}

function Control({ model, name }: ControlProperties) {
  const { kind, forms, help } = rowOf(name);
  const { choices } = forms?.page?.kind ?? kind;
  return (
    <div class="row">
      <label for={`setting-${name}`} title={help}>
        {labelOf(model, name)}
      </label>
      {choices === undefined ? (
        <TextField model={model} name={name} />
      ) : (
        <Choice model={model} name={name} choices={choices} />
      )}
    </div>
  );
}

function labelOf(model: PageModel, name: OptionName): string {
  const label = rowOf(name).page?.label ?? name;
  return typeof label === 'function' ? label(model.settings.value) : label;
}

/** What holds where nothing is said, as a text. */
function usualText(model: PageModel, name: OptionName): string {
  const { usual, usualWords = '' } = rowOf(name);
  return usual === undefined ? usualWords : formatOption(name, usual(model.settings.value));
}

/** Text as the command line takes it; empty for the usual value. */
function TextField({ model, name }: ControlProperties) {
  const problem = useSignal('');
  /** What was typed and cannot be read: it stays, to be mended. */
  const typed = useSignal('');
  const value = model.settings.value[name];
  const change = (text: string): void => {
    typed.value = text;
    try {
      model.changes.set({ [name]: text.trim() === '' ? usualSettings[name] : readSetting(name, text.trim()) });
      problem.value = '';
    } catch (error) {
      problem.value = messageOf(error).replace(flagOf(name), labelOf(model, name));
    }
  };
  const shown = problem.value === '' ? (value === undefined ? '' : formatOption(name, value)) : typed.value;
  const id = `setting-${name}`;
  return (
    <>
      <input
        id={id}
        type="text"
        value={shown}
        placeholder={usualText(model, name)}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem.value !== ''}
        aria-describedby={problem.value === '' ? undefined : `${id}-problem`}
        data-testid={id}
        onChange={(event) => change(event.currentTarget.value)}
      />
      {problem.value !== '' && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem.value}
        </p>
      )}
    </>
  );
}

/** One of a few names; choosing the usual one leaves it to the preset. */
function Choice({ model, name, choices }: ControlProperties & { readonly choices: readonly string[] }) {
  const id = `setting-${name}`;
  const usual = usualText(model, name);
  const change = (value: string) =>
    model.changes.set({ [name]: value === usual ? usualSettings[name] : readSetting(name, value) });
  return (
    <select
      id={id}
      value={String(model.settings.value[name] ?? usual)}
      data-testid={id}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    >
      {choices.map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </select>
  );
}
