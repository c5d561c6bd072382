/** The panel: pictures, strength, size, and everything else under "More". */

import { options } from '../../settings/options.ts';
import { usualStrength } from '../../settings/strength.ts';
import type { PageModel } from '../model/page.ts';
import { aboutDuration } from './durations.ts';
import { More } from './more.tsx';
import { PictureCards } from './picture-cards.tsx';
import { sizeChoices } from './sizes.ts';

export function Controls({ model }: { readonly model: PageModel }) {
  const { isBusy } = model.run;
  return (
    // Arrow keys scroll the panel, also while nothing in it can have the focus.
    <aside class="controls" id="controls" aria-label="Controls" tabIndex={isBusy ? 0 : -1}>
      <PictureCards model={model} />
      <fieldset class="settings" disabled={isBusy}>
        <legend class="aside">{isBusy ? 'Stop to change how it is painted' : 'How it is painted'}</legend>
        <Strength model={model} />
        <Strokes model={model} />
        <Size model={model} />
        <More model={model} />
      </fieldset>
    </aside>
  );
}

function Strength({ model }: { readonly model: PageModel }) {
  const { strength = usualStrength } = model.settings.value;
  const { from, to } = options.strength.kind.range ?? {};
  return (
    <div class="field strength">
      <label for="strength">Strength</label>
      <input
        id="strength"
        type="range"
        min={from}
        max={to}
        step={0.01}
        value={strength}
        aria-valuetext={`${strength} from photograph, ${from}, to painting, ${to}`}
        data-testid="strength"
        onInput={(event) => model.changes.set({ strength: event.currentTarget.valueAsNumber })}
      />
      <div class="ends" aria-hidden="true">
        <span>photograph</span>
        <span>painting</span>
      </div>
    </div>
  );
}

/** Steps of the slider that double or halve. */
const stepsToDouble = 4;

/** Equal ways along the slider are equal factors: what halves the strokes is as far as what doubles them. */
function Strokes({ model }: { readonly model: PageModel }) {
  const { kind, usual, help } = options.styleScale;
  const { styleScale = usual() } = model.settings.value;
  const change = (step: number): void => {
    const factor = Number((2 ** (step / stepsToDouble)).toPrecision(2));
    model.changes.set({ styleScale: factor === usual() ? undefined : factor });
  };
  return (
    <div class="field">
      <label for="strokes" title={help}>
        Strokes
      </label>
      <output class="value" for="strokes">
        {styleScale === usual() ? '' : `× ${kind.format(styleScale)}`}
      </output>
      <input
        id="strokes"
        type="range"
        min={-stepsToDouble}
        max={stepsToDouble}
        step={1}
        value={Math.round(stepsToDouble * Math.log2(styleScale))}
        aria-valuetext={`${styleScale} times the usual size`}
        data-testid="strokes"
        onInput={(event) => change(event.currentTarget.valueAsNumber)}
      />
      <div class="ends" aria-hidden="true">
        <span>fine</span>
        <span>broad</span>
      </div>
    </div>
  );
}

function Size({ model }: { readonly model: PageModel }) {
  const plan = model.plan.value;
  const { size } = model.settings.value;
  const shown = size ?? (plan === undefined ? undefined : Math.max(plan.width, plan.height));
  const index = shown === undefined ? 0 : sizeChoices.findLastIndex((choice) => choice <= shown);
  return (
    <div class="field size">
      <label for="size">Size</label>
      <output class="value" for="size" data-testid="plan">
        {plan === undefined ? '' : describePlan(plan, model.forecast.value)}
      </output>
      <input
        id="size"
        type="range"
        min={0}
        max={sizeChoices.length - 1}
        step={1}
        value={Math.max(index, 0)}
        aria-valuetext={`longest side ${shown ?? 'unknown'} pixels`}
        data-testid="size"
        onInput={(event) => model.changes.set({ size: sizeChoices[event.currentTarget.valueAsNumber] })}
      />
    </div>
  );
}

type Plan = NonNullable<PageModel['plan']['value']>;

/** `256 × 170 · 135 MB · about 40 seconds` */
function describePlan({ width, height, peakBytes }: Plan, seconds: number | undefined): string {
  const time = seconds === undefined ? [] : [aboutDuration(seconds)];
  return [`${width} × ${height}`, `${Math.round(peakBytes / 1e6)} MB`, ...time].join(' · ');
}
