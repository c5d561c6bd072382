/** The instruments below the picture: figures of the run, and the chart of its losses. */

import type { PageModel } from '../model/page.ts';
import { LossChart } from './loss-chart.tsx';

export function Instruments({ model }: { readonly model: PageModel }) {
  const { run, plan } = model;
  const { perSecond, secondsLeft } = run.pace.value;
  const trace = run.trace.value;
  // Before the first run they would only take room from the picture.
  if (!run.isBusy && trace.evaluation.length === 0) return null;
  return (
    <section class="instruments" aria-label="Instruments">
      <dl class="figures">
        <Figure
          name="Evaluation"
          value={run.budget.value === 0 ? '–' : `${run.evaluation.value} of ${run.budget.value}`}
        />
        <Figure name="Speed" value={perSecond === undefined ? '–' : `${perSecond.toPrecision(3)} per s`} />
        <Figure name="Time left" value={secondsLeft === undefined ? '–' : duration(secondsLeft)} />
        <Figure name="Loss" value={trace.total.at(-1)?.toPrecision(4) ?? '–'} />
        <Figure
          name="Memory"
          value={`${run.isBusy ? `${megabytes(run.bytesInUse.value)} of ` : ''}${plan.value === undefined ? '–' : megabytes(plan.value.peakBytes)}`}
          title="Device memory in use, of what the plan foresees at most"
        />
      </dl>
      <LossChart trace={trace} />
    </section>
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

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
