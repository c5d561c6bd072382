/**
 * How a run is made to fit its device, known before anything is allocated: with the maps as they are, in bands of rows, or in another way of
 * `mapWays`; in each with all the curvature pairs that L-BFGS was asked to keep or, where that is not enough, with fewer. Pure.
 */

import { bytesPerFloat } from '../core/buffers.ts';
import { LimitError, ShapeError } from '../core/errors.ts';
import type { BufferLimits } from '../core/gpu.ts';
import { keepsOrHalves } from '../models/build-pass.ts';
import { layersUntil } from '../models/networks.ts';
import {
  type LargestBuffer,
  longestOf,
  megabytes,
  type PlanRequest,
  planTransfer,
  scaleTo,
  type TransferPlan,
} from '../objective/memory-plan.ts';
import { tapsOf } from '../objective/terms.ts';
import { planInWindows, type Tile } from '../objective/tiled-plan.ts';
import { describeTiling } from '../objective/tiling.ts';
import { phasesOf, type Settings } from '../settings/settings.ts';
import { leastLongestSide, type PictureSize } from '../settings/sizes.ts';
import { phaseOptimizerBytes } from './phase-optimizer.ts';

/** A way of having the network's maps on the device. None changes the picture. */
interface MapWay {
  readonly plan: (request: PlanRequest, fit: FitRequest) => TransferPlan;
  /** Bytes that it takes at least, where the maps as they are would tell; planning is work. */
  readonly leastBytes?: (whole: TransferPlan) => number;
  /** What is said when it is taken, after what the maps as they are would need; undefined where it goes without saying. */
  readonly remark: (plan: TransferPlan, whole: TransferPlan, limits: BufferLimits) => string | undefined;
}

/** In the order in which they are tried. */
const mapWays = {
  whole: { plan: (request) => planTransfer(request), remark: () => undefined },
  bands: {
    plan: (request, { limits }) => planTransfer(request, limits),
    // The same maps, in buffers that may be filled a little better.
    leastBytes: ({ runBytes }) => 0.9 * runBytes,
    remark: ({ bands }, { largest: { name, sizeBytes } }, { maxStorageBufferBindingSize }) =>
      `${name} takes ${megabytes(sizeBytes)}, of which the adapter binds ${megabytes(maxStorageBufferBindingSize)} at once: maps are worked on in ` +
      `${bands} bands of rows, which changes nothing in the picture`,
  },
  tiles: {
    plan: (request, { settings, limits, memoryBytes, tile, size }) => {
      const least = withHistory(settings, Math.min(leastHistory, settings.lbfgs.history));
      const beside = phaseOptimizerBytes(least, limits)(size.width * size.height * 3);
      return planInWindows(request, { limits, most: memoryBytes, beside, tile: tile === 'none' ? 'auto' : tile });
    },
    remark: ({ tiling }) =>
      tiling &&
      `the picture goes through the network in ${describeTiling(tiling)}, which takes longer and changes nothing in it` +
        (tiling.content === 'recomputed' ? '; the content picture does so anew each time' : ''),
  },
} as const satisfies Readonly<Record<string, MapWay>>;

export type MapWayName = keyof typeof mapWays;

const waysInOrder: readonly (readonly [MapWayName, MapWay])[] = [
  ['whole', mapWays.whole],
  ['bands', mapWays.bands],
  ['tiles', mapWays.tiles],
];

/** The ways that a caller and the network allow: bands are for rows that keep the size or halve it. */
function waysFor({ tile, settings }: Pick<FitRequest, 'tile' | 'settings'>): typeof waysInOrder {
  const { objective } = settings;
  const hasBands = layersUntil(objective.network, tapsOf(objective)).every(keepsOrHalves);
  const ways = hasBands ? waysInOrder : waysInOrder.filter(([name]) => name !== 'bands');
  if (tile === 'auto') return ways;
  return ways.filter(([name]) => (name === 'tiles') === (tile !== 'none'));
}

/** L-BFGS is left with so many curvature pairs. */
const leastHistory = 5;

export interface FitRequest extends Omit<PlanRequest, 'options' | 'optimizerBytes'> {
  readonly settings: Settings;
  readonly limits: BufferLimits;
  /** Most bytes that the run may take on the device. */
  readonly memoryBytes: number;
  /** Whether evaluations are cut into windows: where nothing else fits, never, or in steps of at most so many pixels. */
  readonly tile: Tile;
}

/** A plan that fits. */
export interface FittedPlan extends TransferPlan {
  readonly way: MapWayName;
  /** Curvature pairs that L-BFGS keeps. */
  readonly history: number;
  /** What was done to make it fit, a line each. */
  readonly remarks: readonly string[];
}

/** Why a plan does not fit. */
interface Excess extends Pick<LargestBuffer, 'picture' | 'size'> {
  readonly limit: string;
  readonly needed: number;
  readonly available: number;
  /** `needs 156 MiB in one buffer (relu1_1), the adapter's maxBufferSize allows 128 MiB` */
  readonly words: string;
}

/**
 * The first plan that fits.
 *
 * @throws LimitError naming the picture, the limit, the need, and the largest size of the same shapes that fits; as `lbfgsBytes` where not
 *   even one curvature pair fits a buffer.
 */
export function fitTransfer(request: FitRequest): FittedPlan {
  const found = firstFitting(request);
  if (!('words' in found)) return found;
  const { picture, size, words, ...numbers } = found;
  const side = largestFittingSide(request);
  throw new LimitError({
    ...numbers,
    largestSide: side,
    message:
      `a ${picture} picture of ${size.width}x${size.height} ${words}; ` +
      (side === undefined ? 'no size of this shape fits' : `the largest size that fits is --size ${side}`),
  });
}

function firstFitting(request: FitRequest): FittedPlan | Excess {
  const whole = planOf(request, mapWays.whole);
  let excess: Excess | undefined;
  for (const [name] of waysFor(request)) {
    const found = fitInWay(request, name, whole);
    if (!('words' in found)) return found;
    excess = found;
  }
  if (excess === undefined) throw new ShapeError('a run has no way of having its maps on the device');
  return excess;
}

/** The plan of a run with its maps in one way, with as many curvature pairs as there is memory for; or why it does not fit. */
function fitInWay(request: FitRequest, name: MapWayName, whole: TransferPlan): FittedPlan | Excess {
  const { settings, limits, memoryBytes, size } = request;
  const way: MapWay = mapWays[name];
  const tooLarge = name === 'tiles' ? pictureExcess(size, limits) : undefined;
  if (tooLarge !== undefined) return tooLarge;
  const least = way.leastBytes?.(whole) ?? 0;
  if (least > memoryBytes) return memoryExcess(whole.peakBytes, memoryBytes, size);
  const plan = way === mapWays.whole ? whole : planOf(request, way);
  let excess = bufferExcess(plan, limits) ?? pictureExcess(size, limits);
  if (excess !== undefined) return excess;
  for (const history of historiesOf(settings)) {
    const full = withOptimizer(plan, { ...request, history });
    if (full.peakBytes <= memoryBytes) {
      const remarks = [historyRemark(settings, history, memoryBytes), way.remark(plan, whole, limits)];
      return { ...full, way: name, history, remarks: remarks.filter((line) => line !== undefined) };
    }
    excess = memoryExcess(full.peakBytes, memoryBytes, size);
  }
  return excess ?? memoryExcess(plan.peakBytes, memoryBytes, size);
}

/** Without the optimiser: feature maps pass a limit long before its vectors do, which would report it less helpfully. */
function planOf(request: FitRequest, way: MapWay): TransferPlan {
  return way.plan({ ...request, options: request.settings.objective, optimizerBytes: () => 0 }, request);
}

/** The largest square picture, up to a side, that fits in each way; undefined where none does. */
export function largestSquares(
  request: Omit<FitRequest, 'size' | 'styleSizes'>,
  { least, most }: { readonly least: number; readonly most: number },
): readonly { readonly way: MapWayName; readonly side: number | undefined; readonly peakBytes: number }[] {
  return waysInOrder.map(([way]) => {
    const planAt = (side: number): FittedPlan | undefined => {
      const size = { width: side, height: side };
      const at = { ...request, size, styleSizes: [size] };
      const found = orExcess(() => fitInWay(at, way, planOf(at, mapWays.whole)));
      return found === undefined || 'words' in found ? undefined : found;
    };
    const side = largestSide(least, most, (one) => planAt(one) !== undefined);
    return { way, side, peakBytes: side === undefined ? 0 : (planAt(side)?.peakBytes ?? 0) };
  });
}

/** Numbers of curvature pairs in the order in which they are tried. */
function historiesOf(settings: Settings): readonly number[] {
  const { history } = settings.lbfgs;
  if (!usesLbfgs(settings) || history <= leastHistory) return [history];
  return Array.from({ length: history - leastHistory + 1 }, (_, fewer) => history - fewer);
}

function usesLbfgs(settings: Settings): boolean {
  return phasesOf(settings).some(({ optimizer }) => optimizer === 'lbfgs');
}

/** The settings with so many curvature pairs. */
export function withHistory(settings: Settings, history: number): Settings {
  return { ...settings, lbfgs: { ...settings.lbfgs, history } };
}

function withOptimizer(
  plan: TransferPlan,
  { settings, limits, size, history }: FitRequest & { readonly history: number },
): TransferPlan {
  const optimizerBytes = phaseOptimizerBytes(withHistory(settings, history), limits)(size.width * size.height * 3);
  const runBytes = plan.runBytes + optimizerBytes;
  return { ...plan, optimizerBytes, runBytes, peakBytes: Math.max(plan.targetPhaseBytes, runBytes) };
}

function historyRemark(settings: Settings, history: number, memoryBytes: number): string | undefined {
  const asked = settings.lbfgs.history;
  if (history === asked) return undefined;
  return `L-BFGS keeps ${history} curvature pairs instead of ${asked}, so that ${megabytes(memoryBytes)} of device memory are enough`;
}

function bufferExcess({ largest }: TransferPlan, limits: BufferLimits): Excess | undefined {
  const { name, sizeBytes: needed, picture, size } = largest;
  for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    const available = limits[limit];
    if (needed <= available) continue;
    const words = `needs ${megabytes(needed)} in one buffer (${name}), the adapter's ${limit} allows ${megabytes(available)}`;
    return { limit, needed, available, picture, size, words };
  }
  return undefined;
}

function memoryExcess(needed: number, available: number, size: PictureSize): Excess {
  const words =
    `needs ${megabytes(needed)} of device memory, of which ${megabytes(available)} may be taken ` +
    '(IMPASTO_DEVICE_MEMORY_MIB says how much)';
  return { limit: 'device memory', needed, available, picture: 'content', size, words };
}

/** A picture is one buffer, of which ranges are bound. */
function pictureExcess(size: PictureSize, { maxBufferSize: available }: BufferLimits): Excess | undefined {
  const needed = size.width * size.height * 3 * bytesPerFloat;
  if (needed <= available) return undefined;
  const limit = 'maxBufferSize';
  const words = `needs ${megabytes(needed)} in one buffer (the picture), the adapter's ${limit} allows ${megabytes(available)}`;
  return { limit, needed, available, picture: 'content', size, words };
}

/** The longest side up to the content picture's at which all pictures fit, styles at most as long. */
function largestFittingSide(request: FitRequest): number | undefined {
  const { settings, size } = request;
  const { objective } = settings;
  // What is below is too small for another reason, which is not what is asked here.
  const least = leastLongestSide(objective.network, tapsOf(objective), [size, ...request.styleSizes]);
  return largestSide(least, longestOf(size), (side) => {
    const styleSizes = request.styleSizes.map((style) => scaleTo(style, Math.min(side, longestOf(style))));
    const found = orExcess(() => firstFitting({ ...request, size: scaleTo(size, side), styleSizes }));
    return found !== undefined && !('words' in found);
  });
}

/** Undefined where an optimiser has a limit of its own. */
function orExcess<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof LimitError) return undefined;
    throw error;
  }
}

/** The largest side that fits, by bisection; undefined where not even the least does. */
function largestSide(least: number, most: number, fits: (side: number) => boolean): number | undefined {
  if (least > most || !fits(least)) return undefined;
  let [fitting, failing] = [least, most + 1];
  while (failing - fitting > 1) {
    const middle = Math.floor((fitting + failing) / 2);
    if (fits(middle)) fitting = middle;
    else failing = middle;
  }
  return fitting;
}
