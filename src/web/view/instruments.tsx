/** The instruments below the picture, in a drawer: figures of the run, and the chart of its losses. */

import { useSignal } from '@preact/signals';
import type { PageModel } from '../model/page.ts';
import { clockDuration } from './durations.ts';
import { LossChart } from './loss-chart.tsx';

export function Instruments({ model }: { readonly model: PageModel }) {
  const { run, plan } = model;
  const { perSecond, secondsLeft } = run.pace.value;
  const trace = run.trace.value;
  const isOpen = useSignal(false);
  return (
    <details
      class="drawer"
      data-testid="instruments"
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>Losses and figures</summary>
      <div class="dials">
        <dl class="figures">
          <Figure name="Step" value={run.budget.value === 0 ? '–' : `${run.evaluation.value} of ${run.budget.value}`} />
          <Figure name="Speed" value={perSecond === undefined ? '–' : `${perSecond.toPrecision(3)} per s`} />
          <Figure name="Time left" value={secondsLeft === undefined ? '–' : clockDuration(secondsLeft)} />
          <Figure name="Loss" value={trace.total.at(-1)?.toPrecision(4) ?? '–'} />
          <Figure
            name="Memory"
            value={`${run.isBusy ? `${megabytes(run.bytesInUse.value)} of ` : ''}${plan.value === undefined ? '–' : megabytes(plan.value.peakBytes)}`}
            title="Device memory in use, of what the plan foresees at most"
          />
        </dl>
        {isOpen.value && <LossChart trace={trace} showsLayers={model.showsLayers} />}
      </div>
    </details>
  );
}

function Figure({ name, value, title }: { readonly name: string; readonly value: string; readonly title?: string }) {
  return (
    <div class="figure" title={title}>
      <dt>{name}</dt>
      <dd data-testid={`figure-${name.toLowerCase().replace(' ', '-')}`}>{value}</dd>
    </div>
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
