/** `impasto find-rate`: the loss of a transfer against a learning rate that grows until the loss bursts. */

import { basename, extname } from 'node:path';
import { InputError, printable } from '../core/errors.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { checkPlotWritable, writePlot } from '../platform/node/plot-file.ts';
import { ratePlot } from '../plots/rate-plot.ts';
import { parsePhases } from '../settings/parse-phases.ts';
import { basisOf } from '../settings/phase-choice.ts';
import { rateFinder } from '../settings/recipes.ts';
import { withPhases } from '../settings/settings.ts';
import { usualSize } from '../settings/sizes.ts';
import { type FoundRates, findRate } from '../transfer/find-rate.ts';
import { prepareRun, remarksOf, worksOf } from '../transfer/prepare.ts';
import { openEngine } from './engine.ts';
import { exitStatus } from './failure.ts';
import { Interrupts } from './interrupts.ts';
import { answer, formatLoss, remark } from './output.ts';
import { createFolderOf, defaultOutput, refuseOverwriting } from './paths.ts';
import { type FindRateArguments, finderOptimizer, finderSteps } from './plot-arguments.ts';
import { startProgress } from './progress.ts';
import { stylizeJob } from './stylize-job.ts';
import { loadWeights } from './weights.ts';

/** Runs the command; resolves with the exit status. @throws InputError, DeviceError. */
export async function runFindRate(content: string, style: string, given: FindRateArguments): Promise<number> {
  const { from, to } = given;
  if (!(from < to)) throw new InputError(`--from is ${from} and --to is ${to}; expected a range of rates that grow`);
  const choice = {
    ...given,
    optimizer: given.optimizer ?? finderOptimizer,
    iterations: given.iterations ?? finderSteps,
  };
  const job = stylizeJob(content, [style], { ...choice, resize: true });
  const phases = parsePhases(rateFinder(basisOf(choice, given.preset), { from, to }));
  const output = given.output ?? defaultOutput(content, [style]).replace(/\.png$/, '-rates.svg');
  const arrange = await job.read();
  await checkOutput(output, given, [content, style]);
  const weights = await loadWeights(given.weights, job.settings);
  using gpu = await openEngine(given);
  const pictures = arrange(usualSize(gpu.profile));
  const run = prepareRun({ ...pictures, settings: withPhases(job.settings, phases), gpu });
  const [{ content: result }] = run.scales;
  remark(`adapter ${gpu.profile.description}, ${result.width}x${result.height}`);
  for (const line of remarksOf(run)) remark(line);
  const progress = startProgress(worksOf(run));
  using interrupts = new Interrupts({
    onFirst: () => progress.note('stopping after this evaluation; Ctrl-C again stops at once'),
    beforeEnd: () => progress.stop(),
  });
  try {
    const onEvaluation = progress.update.bind(progress);
    const found = await findRate(run, { gpu, weights, signal: interrupts.signal, onEvaluation });
    progress.stop();
    if (found.end === 'aborted' && found.lowest === undefined) {
      remark('impasto: interrupted before a rate lowered the loss; nothing is written');
      return interrupts.status ?? exitStatus.interrupted;
    }
    const title = printable(`${basename(content)} in the style of ${basename(style)}: ${choice.optimizer}`);
    await write(output, title, from, found);
    return found.end === 'aborted' ? (interrupts.status ?? exitStatus.interrupted) : exitStatus.success;
  } finally {
    progress.stop();
  }
}

async function checkOutput(output: string, given: FindRateArguments, pictures: readonly string[]): Promise<void> {
  const { init, weights } = given;
  await refuseOverwriting(
    [output],
    [...pictures, init, weights].filter((path) => path !== undefined),
  );
  if (given.output === undefined) await createFolderOf(output);
  await (isCsv(output) ? checkWritable(output) : checkPlotWritable(output));
}

/** Writes what was found and says it in a line. @throws InputError where nothing was. */
async function write(output: string, title: string, from: number, { points, end, lowest }: FoundRates): Promise<void> {
  if (lowest === undefined) {
    throw new InputError(
      end === 'burst'
        ? `the first rate, ${from}, is too high already, no step lowered the loss; lower --from`
        : 'no step lowered the loss; raise --to, or give more --iterations',
    );
  }
  if (isCsv(output)) {
    const lines = points.map(({ learningRate, loss }) => `${learningRate},${loss}`);
    await writeFileAtomically(output, `learning_rate,loss\n${lines.join('\n')}\n`);
  } else {
    await writePlot(output, ratePlot({ title, points, background: '#ffffff' }));
  }
  const rate = (value: number): string => String(Number(value.toPrecision(2)));
  const last = points.at(-1)?.learningRate ?? lowest.learningRate;
  const reason = { burst: 'where the loss burst', complete: 'the last', aborted: 'where it was interrupted' }[end];
  answer(
    `${output}  ${points.length} rates up to ${rate(last)}, ${reason}; lowest loss ${formatLoss(lowest.loss)} at ` +
      `${rate(lowest.learningRate)}; usual choices are from ${rate(lowest.learningRate / 10)} to ${rate(lowest.learningRate / 3)}`,
  );
}

function isCsv(path: string): boolean {
  return extname(path).toLowerCase() === '.csv';
}
