/**
 * One evaluation taken apart: the device's time of every dispatch, by label. Gives the rows of everything that is not a
 * convolution, and the shares of an evaluation.
 */

import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import { type DispatchTiming, timeDispatches } from '../core/timing.ts';
import type { Step } from '../models/pass.ts';
import { objectivePass } from '../objective/memory-plan.ts';
import type { TransferObjective } from '../objective/objective.ts';
import type { ObjectiveOptions } from '../settings/settings.ts';
import type { AdapterPeak } from './adapter-peak.ts';
import type { Size } from './pictures.ts';
import { type KernelRow, ratesOf, type ShareRow } from './report.ts';
import { type Summary, sumByRun, summarise } from './statistics.ts';
import { type Clock, repeatsFor } from './timing.ts';

/** All dispatches of one name, summed run by run. */
export interface DispatchGroup {
  readonly name: string;
  readonly shaders: ReadonlySet<string>;
  readonly count: number;
  readonly milliseconds: readonly number[];
}

/** Times an evaluation `runs` times, after an untimed one, and groups its dispatches. @throws DeviceError without timestamps. */
export async function timeEvaluation(
  gpu: Gpu,
  objective: TransferObjective,
  { runs, clock }: { readonly runs: number; readonly clock?: Clock | undefined },
): Promise<readonly DispatchGroup[]> {
  const [program] = objective.programs;
  if (program === undefined || objective.programs.length > 1)
    throw new ShapeError('only evaluations of one program are timed by their dispatches');
  const first = await timeDispatches(gpu, program, 1);
  const onceMs = first.reduce((sum, { milliseconds }) => sum + (milliseconds[0] ?? 0), 0);
  const timings = await timeDispatches(gpu, program, runs, repeatsFor(onceMs / first.length, clock));
  return groupDispatches(
    timings,
    program.dispatches.map(({ kernel }) => kernel.shader),
  );
}

/** Groups timings by `groupName`, in order of first appearance. `shaders` in the order of the timings. */
export function groupDispatches(
  timings: readonly DispatchTiming[],
  shaders: readonly string[],
): readonly DispatchGroup[] {
  const groups = new Map<string, { readonly shaders: Set<string>; readonly times: (readonly number[])[] }>();
  timings.forEach(({ label, milliseconds }, index) => {
    const name = groupName(label);
    const group = groups.get(name) ?? { shaders: new Set<string>(), times: [] };
    group.shaders.add(shaders[index] ?? '');
    group.times.push(milliseconds);
    groups.set(name, group);
  });
  return [...groups].map(([name, group]) => ({
    name,
    shaders: group.shaders,
    count: group.times.length,
    milliseconds: sumByRun(group.times),
  }));
}

/** `conv3_2 forward` for all its dispatches, `gram relu3_3 forward` and `backward`; other labels stand for themselves. */
export function groupName(label: string): string {
  const conv = /^conv\d+_\d+ (?:forward|backward)/.exec(label);
  if (conv !== null) return conv[0];
  const gram = /^(gram \w+)( backward)?/.exec(label);
  if (gram !== null) return `${gram[1]}${gram[2] ?? ' forward'}`;
  return label;
}

/** Whether a group is a convolution. */
export function isConvolution({ name }: Pick<DispatchGroup, 'name'>): boolean {
  return name.startsWith('conv');
}

/** A kernel row for everything that is not a convolution. */
export function otherRows(
  groups: readonly DispatchGroup[],
  { options, size, peak }: { readonly options: ObjectiveOptions; readonly size: Size; readonly peak: AdapterPeak },
): readonly KernelRow[] {
  const costs = otherCosts(options, size);
  return groups
    .filter((group) => !isConvolution(group))
    .map(({ name, shaders, count, milliseconds }) => {
      const cost = costs.get(name);
      const ms = summarise(milliseconds);
      return {
        name: count > 1 && !name.startsWith('gram') ? `${name} ×${count}` : name,
        variant: familyOf(shaders),
        isUsed: true,
        check: 'ok',
        ms,
        flops: cost?.flops,
        leastBytes: cost?.leastBytes,
        ...ratesOf(cost ?? {}, ms.median, peak),
        bufferBytes: undefined,
        firstUseMs: undefined,
        parts: [],
      };
    });
}

/** `lanes` of `gemm.lanes.wgsl` and `gram_reduce.wgsl`; `–` where shaders come in one form only. */
function familyOf(shaders: ReadonlySet<string>): string {
  const families = [...shaders].flatMap((shader) => /\.(\w+)\.wgsl$/.exec(shader)?.[1] ?? []);
  return [...new Set(families)].join('+') || '–';
}

interface Cost {
  readonly flops: number | undefined;
  readonly leastBytes: number;
}

/** Operations and least bytes by group name, all dispatches of an evaluation together. */
function otherCosts(options: ObjectiveOptions, size: Size): ReadonlyMap<string, Cost> {
  const costs = new Map<string, Cost>();
  const add = (name: string, flops: number | undefined, floats: number): void => {
    const known = costs.get(name);
    const sum = flops === undefined ? undefined : (known?.flops ?? 0) + flops;
    costs.set(name, { flops: sum, leastBytes: (known?.leastBytes ?? 0) + 4 * floats });
  };
  const pool = options.pooling === 'max' ? 'maxpool2d' : 'avgpool2d';
  const pixels = size.width * size.height;
  add('normalise_forward', undefined, 7 * pixels);
  add('normalise_backward', undefined, 7 * pixels);
  for (const step of objectivePass(options, size).steps) addStep(step, { options, pool, add });
  return costs;
}

function addStep(
  step: Step,
  {
    options,
    pool,
    add,
  }: {
    readonly options: ObjectiveOptions;
    readonly pool: string;
    readonly add: (name: string, flops: number | undefined, floats: number) => void;
  },
): void {
  const valuesOf = ({ height, width, channels }: { height: number; width: number; channels: number }): number =>
    height * width * channels;
  if (step.kind === 'poolForward') {
    const routes = step.routes === undefined ? 0 : valuesOf(step.routes);
    add(`${pool}_forward`, undefined, valuesOf(step.input) + valuesOf(step.output) + routes);
  } else if (step.kind === 'poolBackward') {
    const values = (step.accumulate ? 2 : 1) * valuesOf(step.gradInput);
    add(
      `${pool}_backward`,
      undefined,
      values + (step.routes === undefined ? 0 : valuesOf(step.routes)) + valuesOf(step.gradOutput),
    );
  } else if (step.kind === 'reluBackward') {
    add('relu_backward', undefined, 3 * valuesOf(step.output));
  } else if (step.kind === 'tapGradient') {
    const values = valuesOf(step.feature);
    const { channels, name } = step.feature;
    const flops = 2 * values * channels;
    if (options.styleLayers.some((layer) => layer.name === name)) {
      add(`gram ${name} forward`, flops, values + channels ** 2);
      add(`gram ${name} backward`, flops, (step.accumulate ? 3 : 2) * values + channels ** 2);
      add('mse', undefined, 3 * channels ** 2);
    }
    if (options.contentLayers.some((layer) => layer.name === name)) add('mse', undefined, 3 * values);
  }
}

/** The kinds that an evaluation's time is shared among, in the order they are listed. */
const kinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['convolutions forward', /^conv.* forward$/],
  ['convolutions backward', /^conv.* backward$/],
  ['pools', /pool2d/],
  ['Gram matrices', /^gram/],
  ['losses, masks, normalisation', /./],
];

/** Shares of an evaluation by kind, then everything outside convolutions. Medians over the runs. */
export function shareRows(groups: readonly DispatchGroup[], at: string): readonly ShareRow[] {
  const total = medianOf(groups).median;
  const kindOf = ({ name }: DispatchGroup) => kinds.find(([, pattern]) => pattern.test(name))?.[0];
  const row = (name: string, of: readonly DispatchGroup[]): ShareRow => {
    const ms = of.length === 0 ? 0 : medianOf(of).median;
    return { name: `${name} ${at}`, ms, share: ms / total };
  };
  return [
    ...kinds.map(([kind]) =>
      row(
        kind,
        groups.filter((group) => kindOf(group) === kind),
      ),
    ),
    row(
      'outside convolutions',
      groups.filter((group) => !isConvolution(group)),
    ),
  ];
}

/** The device's time of a whole evaluation, or of some groups of it. */
export function medianOf(groups: readonly DispatchGroup[]): Summary {
  return summarise(sumByRun(groups.map(({ milliseconds }) => milliseconds)));
}
