/** The `impasto` program: runs a command, says in one line why it could not, and ends the process. */

import { describeFailure, exitStatus } from './failure.ts';
import { remark } from './output.ts';
import { impastoVersion } from './package-info.ts';
import { buildProgram } from './program.ts';
import { runProgram } from './run-program.ts';

const isDebugging = !['', '0'].includes(process.env['IMPASTO_DEBUG'] ?? '');

/** Runs the command line; resolves with the exit status. Commands are loaded when called, so that help needs no GPU. */
async function run(args: readonly string[]): Promise<number> {
  let status: number = exitStatus.success;
  const program = buildProgram(impastoVersion(), {
    stylize: async (content, style, given) => {
      const { stylizeJob } = await import('./stylize-job.ts');
      status = await (await import('./run-job.ts')).runJob(stylizeJob(content, style, given));
    },
    reconstruct: async (content, given) => {
      const { reconstructJob } = await import('./experiment-jobs.ts');
      status = await (await import('./run-job.ts')).runJob(reconstructJob(content, given));
    },
    texture: async (style, given) => {
      const { textureJob } = await import('./experiment-jobs.ts');
      status = await (await import('./run-job.ts')).runJob(textureJob(style, given));
    },
    resume: async (file, given) => {
      const { resumeJob } = await import('./resume-job.ts');
      status = await (await import('./run-job.ts')).runJob(await resumeJob(file, given));
    },
    plan: async (content, styles, given) => {
      status = await (await import('./plan.ts')).runPlan(content, styles, given);
    },
    schedule: async (name, given) => {
      status = await (await import('./schedule.ts')).runSchedule(name, given);
    },
    findRate: async (content, style, given) => {
      status = await (await import('./find-rate.ts')).runFindRate(content, style, given);
    },
    evaluate: async (given) => {
      status = await (await import('./evaluate.ts')).runEvaluate(given);
    },
    compare: async (given) => {
      status = await (await import('./compare.ts')).runCompare(given);
    },
    layers: async (given) => {
      status = await (await import('./layers.ts')).runLayers(given);
    },
    convert: async (source, given) => {
      status = await (await import('./convert.ts')).runConvert(source, given);
    },
    doctor: async (given) => {
      status = await (await import('./doctor.ts')).runDoctor(given);
    },
    tune: async (given) => {
      status = await (await import('./tune.ts')).runTune(given);
    },
  });
  if (args.length === 0) {
    program.outputHelp();
    return status;
  }
  await program.parseAsync(args, { from: 'user' });
  return status;
}

function fail(error: unknown): number {
  const { status, message } = describeFailure(error, isDebugging);
  if (message !== '') for (const line of `impasto: ${message}`.split('\n')) remark(line);
  return status;
}

await runProgram(() => run(process.argv.slice(2)), fail);
