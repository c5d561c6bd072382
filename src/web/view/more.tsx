/** Everything that a first visit can do without; what is empty is the preset's. */

import { useSignal } from '@preact/signals';
import { messageOf } from '../../core/errors.ts';
import { optimizerNames, optimizers, usualRate } from '../../settings/optimizers.ts';
import { basisOf } from '../../settings/phase-choice.ts';
import { presetNames, presetSettings } from '../../settings/presets.ts';
import { recipeNames } from '../../settings/recipes.ts';
import { formatLayers, readSetting } from '../link.ts';
import type { PageModel } from '../model/page.ts';
import type { PageSettings } from '../settings.ts';

interface Properties {
  readonly model: PageModel;
}

export function More({ model }: Properties) {
  return (
    <details class="more" data-testid="more">
      <summary>More</summary>
      <Choice model={model} name="preset" label="Preset" choices={presetNames} usual={undefined} />
      <StartFields model={model} />
      <OptimizerFields model={model} />
      <WhatFields model={model} />
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
      <button type="button" class="quiet" onClick={() => model.reset()} data-testid="reset">
        Back to the usual settings
      </button>
    </details>
  );
}

function StartFields({ model }: Properties) {
  const settings = model.settings.value;
  const { steps } = basisOf({}, settings.preset);
  return (
    <fieldset>
      <legend>How it is painted</legend>
      <Choice model={model} name="init" label="Start from" choices={['content', 'noise']} usual={undefined} />
      {settings.init === 'noise' && <TextField model={model} name="seed" label="Seed" usual="0" />}
      <TextField model={model} name="iterations" label="Evaluations" usual={String(steps)} />
      <TextField model={model} name="size" label="Longest side" usual="what suits the adapter" />
      <TextField model={model} name="scales" label="Scales" usual="1" />
    </fieldset>
  );
}

function OptimizerFields({ model }: Properties) {
  const settings = model.settings.value;
  const { lbfgs } = presetSettings(settings.preset);
  const usual = basisOf({}, settings.preset);
  const { optimizer } = basisOf(settings, settings.preset);
  const isLbfgs = optimizer === 'lbfgs';
  const { fields, momentumSymbol, usualMomentum = fields.momentum } = optimizers[optimizer];
  // One cycle brings its own momenta.
  const hasMomentum = usualMomentum !== undefined && settings.schedule !== 'one-cycle';
  return (
    <fieldset>
      <legend>How it is optimised</legend>
      <Choice model={model} name="optimizer" label="Optimiser" choices={optimizerNames} usual={usual.optimizer} />
      <Choice model={model} name="schedule" label="Schedule" choices={recipeNames} usual="constant" />
      <TextField
        model={model}
        name="learningRate"
        label="Learning rate"
        usual={String(usualRate(optimizer, settings.preset))}
      />
      {hasMomentum && (
        <TextField
          model={model}
          name="momentum"
          label={momentumSymbol === undefined ? 'Momentum' : `Momentum (${momentumSymbol})`}
          usual={String(usualMomentum)}
        />
      )}
      {isLbfgs && <TextField model={model} name="history" label="Curvature pairs" usual={String(lbfgs.history)} />}
      {isLbfgs && (
        <Choice
          model={model}
          name="lineSearch"
          label="Line search"
          choices={['none', 'strong-wolfe']}
          usual={lbfgs.lineSearch}
        />
      )}
    </fieldset>
  );
}

function WhatFields({ model }: Properties) {
  const { objective } = presetSettings(model.settings.value.preset);
  return (
    <fieldset>
      <legend>What is compared</legend>
      <TextField model={model} name="contentWeight" label="Content weight" usual={String(objective.contentWeight)} />
      <TextField model={model} name="styleWeight" label="Style weight" usual={String(objective.styleWeight)} />
      <TextField model={model} name="tvWeight" label="Smoothness weight" usual={String(objective.tvWeight)} />
      <TextField
        model={model}
        name="contentLayers"
        label="Content layers"
        usual={formatLayers(objective.contentLayers)}
      />
      <TextField model={model} name="styleLayers" label="Style layers" usual={formatLayers(objective.styleLayers)} />
      <Choice model={model} name="pooling" label="Pooling" choices={['max', 'average']} usual={objective.pooling} />
    </fieldset>
  );
}

interface FieldProperties extends Properties {
  readonly name: keyof PageSettings;
  readonly label: string;
}

/** Text as the command line takes it; empty for the preset's value. */
function TextField({ model, name, label, usual }: FieldProperties & { readonly usual: string }) {
  const problem = useSignal('');
  const value = model.settings.value[name];
  const shown = value === undefined ? '' : Array.isArray(value) ? formatLayers(value) : String(value);
  const change = (text: string): void => {
    try {
      model.change({ [name]: text.trim() === '' ? undefined : readSetting(name, text.trim()) });
      problem.value = '';
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  const id = `setting-${name}`;
  return (
    <div class="row">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        value={shown}
        placeholder={usual}
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
    </div>
  );
}

/** One of a few names; with `usual`, choosing that one leaves it to the preset. */
function Choice(
  properties: FieldProperties & { readonly choices: readonly string[]; readonly usual: string | undefined },
) {
  const { model, name, label, choices, usual } = properties;
  const id = `setting-${name}`;
  return (
    <div class="row">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={String(model.settings.value[name] ?? usual)}
        data-testid={id}
        onChange={({ currentTarget: { value } }) =>
          model.change({ [name]: value === usual ? undefined : readSetting(name, value) })
        }
      >
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    </div>
  );
}
