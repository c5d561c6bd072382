/**
 * Measures every variant of the hot operations on this adapter. A variant is timed only after its result agreed with that of the
 * `direct` kernels, and those are held to f64 first: what computes wrong values here is never chosen here.
 */

import { BufferScope, bytesPerFloat } from '../core/buffers.ts';
import { DeviceError, LimitError, messageOf } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { Patience } from '../core/patience.ts';
import { Program } from '../core/program.ts';
import { type TuneProblem, type TuneSubject, type TuneVariant, tuneSubjects } from './tune-problems.ts';
import type { Sample } from './tune-samples.ts';
import type { AdapterTuning, MeasuredOperation } from './tuning.ts';

/** What became of one variant. */
export interface VariantReport {
  readonly variant: string;
  /** Undefined for a variant that must not be chosen. */
  readonly milliseconds: number | undefined;
  /** Why not; empty for a variant that passed. */
  readonly problem: string;
}

export interface OperationReport {
  readonly operations: readonly string[];
  readonly shape: string;
  readonly variants: readonly VariantReport[];
}

export interface TuneRequest {
  readonly gpu: Gpu;
  /** Side of the square picture whose layers are measured. */
  readonly size: number;
  /** ISO date, for the table. */
  readonly today: string;
  /** Only operations for which this holds; all when absent. */
  readonly filter?: (operation: string) => boolean;
  readonly onOperation?: (report: OperationReport) => void;
}

/**
 * Largest and root mean square error, relative to the rms of what is expected. Winograd, the least exact, errs by 5e-6 and 5e-5 at most
 * (docs/decisions/0005-winograd-points.md) and `direct` by half of that; a wrong kernel errs by 1e-2 and more.
 */
const tolerance = { rms: 1e-5, max: 1e-4 };

/** The largest maps are those of conv1, of 64 channels. @throws LimitError where they pass what the adapter binds at once. */
export function checkTuneSize(
  size: number,
  { maxStorageBufferBindingSize: available }: Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize'>,
): void {
  const bytesPerPixel = 64 * bytesPerFloat;
  const needed = size * size * bytesPerPixel;
  if (needed <= available) return;
  const most = Math.floor(Math.sqrt(available / bytesPerPixel));
  throw new LimitError({
    limit: 'maxStorageBufferBindingSize',
    needed,
    available,
    message: `--size ${size} is more than the adapter binds at once; expected at most ${most}`,
  });
}

/** Measures; resolves with the table's entry. @throws DeviceError where even `direct` is wrong, or the device is lost. */
export async function tune(request: TuneRequest): Promise<AdapterTuning> {
  const { gpu, size, filter = () => true } = request;
  const operations: MeasuredOperation[] = [];
  for (const subject of tuneSubjects(size).filter((one) => one.operations.some(filter))) {
    const variants = await measureSubject(gpu, subject);
    request.onOperation?.({ operations: subject.operations, shape: subject.shape, variants });
    const times = variants
      .flatMap(({ variant, milliseconds }) => (milliseconds === undefined ? [] : [{ variant, milliseconds }]))
      .sort((a, b) => a.milliseconds - b.milliseconds);
    const { positions } = subject;
    const row = { measuredOn: request.today, size, positions, times };
    operations.push(...subject.operations.map((operation) => ({ operation, ...row })));
  }
  const { vendor, architecture, description } = gpu.profile;
  return { vendor, architecture, description, operations };
}

async function measureSubject(gpu: Gpu, subject: TuneSubject): Promise<readonly VariantReport[]> {
  using scope = new BufferScope(gpu.buffers);
  const problem = await gpu.checked('uploading what is measured', () => subject.make(gpu, scope));
  const reports: VariantReport[] = [];
  const expected: Float32Array[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const variant of problem.variants) {
    const report = await measureVariant(gpu, problem, variant, expected, best);
    best = Math.min(best, report.milliseconds ?? best);
    reports.push(report);
  }
  return reports;
}

/** Checks and times a variant. The first one, `direct`, fills `expected`. @throws DeviceError where that one is wrong. */
async function measureVariant(
  gpu: Gpu,
  problem: TuneProblem,
  variant: TuneVariant,
  expected: Float32Array[],
  bestMs: number,
): Promise<VariantReport> {
  using scope = new BufferScope(gpu.buffers);
  using program = new Program(gpu, 'tune');
  const isFirst = expected.length === 0;
  try {
    await gpu.checked(`the variant ${variant.name}`, () => {
      variant.record(program, scope);
      gpu.submit([program]);
    });
    const actual: Float32Array[] = [];
    for (const { slice } of problem.outputs) actual.push(await gpu.read(slice));
    if (isFirst) expected.push(...actual);
    const wrong = problem.outputs.flatMap(({ samples }, index) => [
      ...disagreement(samples, actual[index]),
      ...(isFirst ? [] : disagreement(everyValue(expected[index]), actual[index])),
    ])[0];
    if (wrong !== undefined) {
      const report = { variant: variant.name, milliseconds: undefined, problem: wrong };
      if (isFirst) throw new DeviceError(`the direct kernels compute wrong values on this adapter: ${wrong}`);
      return report;
    }
    return { variant: variant.name, milliseconds: await time(gpu, program, bestMs), problem: '' };
  } catch (error) {
    // One variant that the adapter refuses is left out; without `direct`, or without a device, there is nothing to compare.
    if (isFirst || !(error instanceof DeviceError)) throw error;
    gpu.assertHealthy();
    return { variant: variant.name, milliseconds: undefined, problem: messageOf(error) };
  }
}

function everyValue(expected: Float32Array | undefined): readonly Sample[] {
  return Array.from(expected ?? [], (value, index) => ({ index, expected: value }));
}

/** What is wrong with the values at the samples' places, as a list of one sentence or none. */
function disagreement(samples: readonly Sample[], actual: Float32Array | undefined): readonly string[] {
  let [errors, squares, largest] = [0, 0, 0];
  for (const { index, expected } of samples) {
    const error = Math.abs((actual?.[index] ?? Number.NaN) - expected);
    errors += error ** 2;
    squares += expected ** 2;
    if (!(error <= largest)) largest = error;
  }
  const scale = Math.sqrt(squares / samples.length);
  const [rms, max] = [Math.sqrt(errors / samples.length) / scale, largest / scale];
  if (rms <= tolerance.rms && max <= tolerance.max) return [];
  return [`it errs by ${rms.toExponential(1)} (rms) and ${max.toExponential(1)} (largest) of the result's rms`];
}

/** Runs are repeated until they take about this long, so that a submit's own time does not count. */
const goalMs = 30;
const mostRepeats = 64;

/** A variant this much slower than the best is timed once; one bad moment of a busy machine must not decide. */
const hopelessFactor = 4;
const hopelessMs = 5;

/** Milliseconds of one run: the least of four measurements. The program ran before, so nothing is compiled here. */
async function time(gpu: Gpu, program: Program, bestMs: number): Promise<number> {
  const once = await timeRuns(gpu, program, 1, new Patience());
  if (once.elapsedMs > hopelessFactor * bestMs + hopelessMs) return once.elapsedMs;
  const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(goalMs / once.elapsedMs)));
  const patience = new Patience();
  let least = once.elapsedMs;
  for (let i = 0; i < 3; i++) {
    const run = await timeRuns(gpu, program, repeats, patience);
    if (!run.overslept) least = Math.min(least, run.elapsedMs / repeats);
  }
  return least;
}

function timeRuns(gpu: Gpu, program: Program, repeats: number, patience: Patience): ReturnType<Patience['wait']> {
  const startedAtMs = performance.now();
  gpu.submit(Array.from({ length: repeats }, () => program));
  return patience.wait(gpu, startedAtMs, () => gpu.idle());
}
