/** `impasto schedule`: what a schedule does, as a plot, as values, or as phases. */

import { extname } from 'node:path';
import { InputError, printable } from '../core/errors.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { writePlot } from '../platform/node/plot-file.ts';
import { schedulePlot } from '../plots/schedule-plot.ts';
import { orList } from '../settings/names.ts';
import { didYouMean } from '../settings/nearest.ts';
import { drawnSteps } from '../settings/options.ts';
import { parsePhases } from '../settings/parse-phases.ts';
import { type ListedPhase, scheduledSteps } from '../settings/phase.ts';
import { basisOf, type ChosenPhases, choosePhases } from '../settings/phase-choice.ts';
import { rateFinder, recipeNames } from '../settings/recipes.ts';
import { exitStatus } from './failure.ts';
import { answer, remark } from './output.ts';
import { refuseOverwriting } from './paths.ts';
import { type ScheduleArguments, scheduleNames } from './plot-arguments.ts';
import { readPhaseChoice } from './settings.ts';

/** Runs the command; resolves with the exit status. @throws InputError. */
export async function runSchedule(name: string | undefined, given: ScheduleArguments): Promise<number> {
  const { phases, leftOut } = phasesOfSchedule(name, given);
  const { output } = given;
  if (output !== undefined) {
    await refuseOverwriting([output], given.phases === undefined ? [] : [given.phases]);
    await checkWritable(output);
  }
  for (const line of leftOut) remark(line);
  if (output === undefined) {
    answer(...csvOf(phases));
    return exitStatus.success;
  }
  const ending = extname(output).toLowerCase();
  if (ending === '.csv') await writeFileAtomically(output, `${csvOf(phases).join('\n')}\n`);
  else if (ending === '.json') await writeFileAtomically(output, `${JSON.stringify(phases, undefined, 1)}\n`);
  else await writePlot(output, plotOf(name ?? given.phases ?? 'phases', phases, given));
  answer(`${output}  ${phases.length} ${phases.length === 1 ? 'phase' : 'phases'}, ${stepsOf(phases)} steps`);
  return exitStatus.success;
}

function phasesOfSchedule(name: string | undefined, given: ScheduleArguments): ChosenPhases {
  if ((name === undefined) === (given.phases === undefined)) {
    throw new InputError(`name one schedule, ${orList(scheduleNames)}, or a file with --phases`);
  }
  // A schedule is drawn alone.
  const choice = readPhaseChoice(given, 1);
  if (name === undefined) return choosePhases(choice, given.preset);
  const schedule = recipeNames.find((known) => known === name);
  if (schedule !== undefined) {
    const iterations = choice.iterations ?? drawnSteps;
    return choosePhases({ ...choice, schedule, iterations }, given.preset, { longest: given.size });
  }
  if (name === 'rate-finder') {
    return { phases: parsePhases(rateFinder(basisOf(choice, given.preset))), leftOut: [] };
  }
  throw new InputError(
    `the schedule is '${name}'; expected ${orList(scheduleNames)}${didYouMean(name, scheduleNames)}`,
  );
}

function plotOf(title: string, phases: readonly ListedPhase[], { log }: ScheduleArguments): string {
  const steps = scheduledSteps(phases);
  return schedulePlot({
    title: printable(title),
    steps,
    rateAxis: log === true ? 'log' : 'linear',
    background: '#ffffff',
  });
}

function stepsOf(phases: readonly ListedPhase[]): number {
  return scheduledSteps(phases).length;
}

/** A line a step, all digits kept; a momentum or scale that a phase does not speak of is empty. */
function csvOf(phases: readonly ListedPhase[]): readonly string[] {
  const lines = scheduledSteps(phases).map(({ step, phase, learningRate, momentum }) => {
    const { optimizer, scale } = phases[phase - 1] ?? {};
    return [step, phase, optimizer, scale, learningRate, momentum].map((value) => value ?? '').join(',');
  });
  return ['step,phase,optimizer,scale,learning_rate,momentum', ...lines];
}
