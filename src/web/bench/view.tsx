/** The benchmark page: what to measure, how far it is, what was found. */

import { describeMachine, reportSections, type Section } from '../../bench/output.ts';
import type { Report } from '../../bench/report.ts';
import { figure } from '../../bench/table.ts';
import { saveFile } from '../../platform/browser/downloads.ts';
import type { AdapterInfo } from '../protocol.ts';
import { aboutDuration } from '../view/durations.ts';
import { Unsupported } from '../view/unsupported.tsx';
import { type BenchModel, sideChoices } from './model.ts';

export function BenchPage({ model }: { readonly model: BenchModel }) {
  const state = model.state.value;
  return (
    <>
      <header class="masthead">
        <h1>Impasto</h1>
        <p>benchmark</p>
        <nav class="adapter" aria-label="Pages">
          <span data-testid="adapter">{model.adapter.value?.description ?? ''}</span>
          <a href="./index.html">Paint</a>
        </nav>
      </header>
      <main class="bench">
        <Answer model={model} />
        <p class="about">
          Times every kernel of VGG16 and whole evaluations of loss and gradient on this device, against the peak that
          is measured first. Nothing leaves this page: send the figures in yourself if you like.
        </p>
        {state === 'unavailable' ? <Unsupported /> : <Choices model={model} />}
        <Progress model={model} />
        <Remarks model={model} />
        <Results model={model} />
      </main>
    </>
  );
}

/** What everybody wants to know, before any table. */
function Answer({ model }: { readonly model: BenchModel }) {
  const picture = model.picture.value;
  if (picture === undefined) {
    return (
      <p class="lead" data-testid="answer">
        {unmeasured(model)}
      </p>
    );
  }
  const { side, seconds, steps, scales, from } = picture;
  return (
    <div>
      <p class="lead" data-testid="answer">
        A picture of {side} pixels takes {aboutDuration(seconds)} on this device.
      </p>
      <p class="supposed">
        That supposes a square picture and the usual settings: {steps} steps at {scales.join(', ')} pixels, each as long
        as measured here ({from.join(', ')}). The first picture takes a little longer.
      </p>
    </div>
  );
}

function unmeasured({ state, adapter, request, expectedSeconds }: BenchModel): string {
  if (state.value === 'unavailable') return 'This browser gives the page no WebGPU, so it can paint no picture.';
  if (adapter.value === undefined) return 'Looking for a graphics device.';
  if (request.value.sides.length === 0) return 'Choose a whole evaluation to see how long a picture takes here.';
  if (state.value === 'measuring') return 'How long a picture takes on this device is being measured.';
  return `Measure how long a picture takes on this device. ${howLong(adapter.value, expectedSeconds.value)}`;
}

function howLong({ isSoftware }: AdapterInfo, seconds: number | undefined): string {
  if (seconds !== undefined) return `It takes ${aboutDuration(seconds)}, as it did before.`;
  const usual = isSoftware ? 'some minutes on a processor' : 'a minute or two on most graphics cards';
  return `It takes ${usual}; how long is left is shown as it goes.`;
}

function Choices({ model }: { readonly model: BenchModel }) {
  const { layerSide, sides, allVariants } = model.request.value;
  const isMeasuring = model.state.value === 'measuring';
  return (
    <form
      class="choices"
      onSubmit={(event) => {
        event.preventDefault();
        model.start();
      }}
    >
      <fieldset disabled={isMeasuring}>
        <legend>What to measure</legend>
        <label for="layer-side">Kernels on the layers of</label>
        <select
          id="layer-side"
          value={layerSide}
          onChange={(event) => model.change({ layerSide: Number(event.currentTarget.value) })}
        >
          {sideChoices.map((side) => (
            <option key={side} value={side}>
              {side} × {side}
            </option>
          ))}
        </select>
        <fieldset class="sides">
          <legend>Whole evaluations of</legend>
          {sideChoices.map((side) => (
            <label key={side}>
              <input
                type="checkbox"
                checked={sides.includes(side)}
                onChange={(event) => model.toggleSide(side, event.currentTarget.checked)}
              />{' '}
              {side} × {side}
            </label>
          ))}
        </fieldset>
        <label>
          <input
            type="checkbox"
            checked={allVariants}
            onChange={(event) => model.change({ allVariants: event.currentTarget.checked })}
          />{' '}
          every variant of a convolution, not only the one in use and the plain one
        </label>
      </fieldset>
      <div class="buttons">
        {isMeasuring ? (
          <button type="button" onClick={() => model.cancel()}>
            Cancel
          </button>
        ) : (
          <button type="submit" class="main" disabled={model.state.value !== 'ready'}>
            Measure
          </button>
        )}
      </div>
    </form>
  );
}

function Progress({ model }: { readonly model: BenchModel }) {
  const step = model.step.value;
  return (
    <div class="progress">
      <p role="status" class="quiet-text">
        {model.status.value}
      </p>
      {step !== undefined && (
        <>
          <progress aria-label="Measured" max={step.total} value={step.done} />
          <p class="quiet-text" data-testid="step">
            {step.done} of {step.total}: {step.text}
            {step.secondsLeft !== undefined && `, ${aboutDuration(step.secondsLeft)} left`}
          </p>
        </>
      )}
    </div>
  );
}

function Remarks({ model }: { readonly model: BenchModel }) {
  const remarks = model.remarks.value;
  return (
    <div role="alert" class="remarks">
      {remarks.map((remark) => (
        <p key={remark}>{remark}</p>
      ))}
    </div>
  );
}

function Results({ model }: { readonly model: BenchModel }) {
  const report = model.report.value;
  if (report === undefined) return null;
  return (
    <section class="results" aria-label="Results">
      <p data-testid="machine">
        {report.environment.adapter}: {describeMachine(report.environment)}.
      </p>
      <Peak report={report} />
      <div class="buttons">
        <button type="button" onClick={() => model.copyMarkdown()}>
          Copy as Markdown
        </button>
        <button type="button" onClick={() => download(report)}>
          Download as JSON
        </button>
      </div>
      {reportSections(report, { parts: false }).map((section) => (
        <ResultTable key={section.heading} section={section} />
      ))}
    </section>
  );
}

function Peak({ report: { peak } }: { readonly report: Report }) {
  if (peak === undefined) return null;
  return (
    <p data-testid="peak">
      Measured peak: {figure(peak.gflops)} GFLOP/s of multiply-adds, {figure(peak.copyGBs)} GB/s copied, an empty
      dispatch {figure(1000 * peak.dispatchMs)} µs.
    </p>
  );
}

function ResultTable({ section: { heading, table } }: { readonly section: Section }) {
  const { columns, rows } = table;
  const id = `about-${columns[0]?.title.replaceAll(' ', '-')}`;
  return (
    <section class="table">
      <p class="quiet-text" id={id}>
        {heading}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard. */}
      <section class="scroll" aria-labelledby={id} tabIndex={0}>
        <table aria-labelledby={id}>
          <thead>
            <tr>
              {columns.map(({ title, align }) => (
                <th key={title} scope="col" class={align}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={`${name} ${cells[0]}`}>
                <th scope="row">{name}</th>
                {columns.slice(1).map(({ title, align }, index) => (
                  <td key={title} class={align}>
                    {cells[index]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

/** Hands the report to the user as a file. */
function download(report: Report): void {
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  const { adapter, date } = report.environment;
  const device = adapter.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const name = `impasto-benchmark-${device}-${date.slice(0, 10)}.json`;
  saveFile(new Blob([text], { type: 'application/json' }), name);
}
