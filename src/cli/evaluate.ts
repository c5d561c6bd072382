/** `impasto evaluate`: losses, gradient and time at one picture, by which this engine is compared with another. */

import { NonFiniteLossError } from '../core/errors.ts';
import { nonFiniteTerm } from '../objective/term-sums.ts';
import type { Tile } from '../objective/tiled-plan.ts';
import { checkWritable, writeFileAtomically } from '../platform/node/atomic-file.ts';
import { readImage } from '../platform/node/image-files.ts';
import { type Evaluation, evaluate } from '../transfer/evaluate.ts';
import { encodeSafetensors } from '../weights/safetensors.ts';
import { openEngine } from './engine.ts';
import type { EngineArguments } from './engine-arguments.ts';
import { exitStatus } from './failure.ts';
import { answer, remark } from './output.ts';
import { refuseOverwriting } from './paths.ts';
import { type GivenOptions, settingsOf } from './settings.ts';
import { loadWeights } from './weights.ts';

/** As commander collects them. */
export interface EvaluateArguments extends GivenOptions, EngineArguments {
  readonly image: string;
  readonly content: string;
  readonly style: string;
  readonly json?: string;
  readonly gradient?: string;
  readonly repeat: number;
  readonly tile?: Tile;
}

/** Runs the command; resolves with the exit status. @throws InputError, DeviceError, NonFiniteLossError. */
export async function runEvaluate(given: EvaluateArguments): Promise<number> {
  const settings = settingsOf(given);
  const pictures = {
    image: await readImage(given.image),
    content: await readImage(given.content),
    style: await readImage(given.style),
  };
  const outputs = [given.json, given.gradient].filter((path) => path !== undefined);
  const inputs = [given.image, given.content, given.style, given.weights].filter((path) => path !== undefined);
  await refuseOverwriting(outputs, inputs);
  for (const path of outputs) await checkWritable(path);
  const weights = await loadWeights(given.weights, settings);
  using gpu = await openEngine(given);
  const { repeat, tile } = given;
  const evaluation = await evaluate({ gpu, weights, ...pictures, settings, repeat, tile });
  for (const line of evaluation.remarks) remark(line);
  // JSON has no NaN: it would read as null, which says nothing.
  if (!Number.isFinite(evaluation.total)) {
    const term = nonFiniteTerm(evaluation) ?? 'total';
    throw new NonFiniteLossError(term, `the ${term} loss is not finite; lower the weights`);
  }
  await writeResults(given, evaluation, pictures.image);
  return exitStatus.success;
}

async function writeResults(
  given: EvaluateArguments,
  evaluation: Evaluation,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<void> {
  const { gradient, ...numbers } = evaluation;
  if (given.gradient !== undefined) {
    const tensor = { name: 'gradient', dtype: 'F32', shape: [3, height, width], values: gradient } as const;
    await writeFileAtomically(given.gradient, encodeSafetensors([tensor]));
  }
  const json = JSON.stringify(numbers, undefined, 2);
  if (given.json === undefined) {
    answer(...json.split('\n'));
    return;
  }
  await writeFileAtomically(given.json, `${json}\n`);
  const { median, count } = evaluation.evaluationMs;
  answer(`${given.json}  total ${evaluation.total}, ${median.toFixed(1)} ms an evaluation (median of ${count})`);
}
