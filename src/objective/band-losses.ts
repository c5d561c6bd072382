/** Losses at taps whose maps are cut into bands: what the bands' own rows make, added up (docs/decisions/0025-loss-terms.md). */

import { BufferScope, type BufferSlice, bytesPerFloat } from '../core/buffers.ts';
import { ShapeError } from '../core/errors.ts';
import type { Gpu } from '../core/gpu.ts';
import type { Program } from '../core/program.ts';
import { recordChannelAdd } from '../kernels/moments.ts';
import { partialsPerTerm } from '../kernels/mse.ts';
import type { MapPart, PictureLoss, PointwiseLoss, StepOptions, SummedLoss } from '../losses/loss.ts';
import type { PartSlices, TapLoss } from '../models/executor.ts';
import type { Pass } from '../models/pass.ts';
import { shapeOf, type WholeMapOptions } from './tap-losses.ts';
import type { TapTerm } from './terms.ts';

/** Bytes of a {@link BandSum}: the most that a band of any of the passes makes; 0 where none is cut. */
export function bandSumBytes(terms: readonly TapTerm[], passes: readonly Pass[]): number {
  if (passes.every(({ bands }) => bands === undefined)) return 0;
  const sums = terms.flatMap(({ layer, loss }) => {
    const maps = passes.flatMap((pass) => pass.taps.get(layer) ?? []);
    return loss.form === 'summed' ? maps.map((map) => loss.sumBytes(shapeOf(map))) : [];
  });
  return Math.max(partialsPerTerm * bytesPerFloat, ...sums);
}

/** Records `total = total + addend`, of sums that parts of a map have made. */
export function recordAddition(program: Program, addend: BufferSlice, total: BufferSlice): void {
  const shape = { positions: 1, channels: total.sizeBytes / bytesPerFloat };
  recordChannelAdd(program, { label: 'sum of a part', shape, addend, gradient: total, accumulate: true });
}

/** Where a band leaves what it makes, until that is added to what the bands before it made. */
export class BandSum implements Disposable {
  readonly #scope: BufferScope;
  readonly #buffer: BufferSlice | undefined;

  /** @param bytes As {@link bandSumBytes} counts them. */
  constructor(gpu: Gpu, bytes: number) {
    this.#scope = new BufferScope(gpu.buffers);
    this.#buffer = bytes === 0 ? undefined : this.#scope.allocate('sum of a band', bytes);
  }

  /** Records the sum of what each part writes to the buffer that it is given. @throws ShapeError for several where none were counted. */
  record<Part>(
    program: Program,
    parts: readonly Part[],
    total: BufferSlice,
    recordPart: (part: Part, output: BufferSlice, index: number) => void,
  ): void {
    parts.forEach((part, index) => {
      if (index === 0) {
        recordPart(part, total, index);
        return;
      }
      if (this.#buffer === undefined)
        throw new ShapeError('a loss was to be added up over bands that were not counted');
      const output = { ...this.#buffer, sizeBytes: total.sizeBytes };
      recordPart(part, output, index);
      recordAddition(program, output, total);
    });
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** Records (a) of a map that lies in parts. */
export function recordPartSums(
  program: Program,
  loss: SummedLoss,
  told: Omit<StepOptions<'recordSums'>, 'part'> & { readonly parts: readonly MapPart[]; readonly bandSum: BandSum },
): void {
  const { parts, bandSum, sums } = told;
  bandSum.record(program, parts, sums, (part, output) => loss.recordSums(program, { ...told, part, sums: output }));
}

export interface BandedMapOptions extends Omit<WholeMapOptions, 'target'> {
  /** One for all bands; of a pointwise loss one for each, at its own rows. */
  readonly targets: readonly BufferSlice[];
  readonly bandSum: BandSum;
}

/** A loss at a tap whose map is cut into bands. */
export class BandedMapLoss implements TapLoss {
  readonly #options: BandedMapOptions;

  constructor(options: BandedMapOptions) {
    this.#options = options;
  }

  record(program: Program, { accumulate, ...map }: Parameters<TapLoss['record']>[1]): void {
    const { positions } = this.#options.whole;
    this.recordParts(program, { parts: [{ ...map, positions }], accumulate });
  }

  recordParts(program: Program, told: PartsToRecord): void {
    const { loss } = this.#options;
    if (loss.form === 'pointwise') this.#recordPointwise(program, loss, told);
    else this.#recordSummed(program, loss, told);
  }

  #recordPointwise(program: Program, loss: PointwiseLoss, { parts, accumulate }: PartsToRecord): void {
    const { whole, partial, bandSum } = this.#options;
    bandSum.record(program, parts, partial, (part, output, index) => {
      const target = this.#target(index);
      loss.record(program, { whole, part, target, partial: output, gradient: part.gradient, accumulate });
    });
  }

  #recordSummed(program: Program, loss: SummedLoss, { parts, accumulate }: PartsToRecord): void {
    const { layer, whole, workspace, kernels, partial, bandSum } = this.#options;
    const steps = { ...workspace.for(loss, whole), whole, kernels, label: `${loss.name} ${layer}` };
    recordPartSums(program, loss, { ...steps, parts, bandSum });
    loss.recordCoefficients(program, { ...steps, target: this.#target(0), partial });
    for (const part of parts) loss.recordGradient(program, { ...steps, part, gradient: part.gradient, accumulate });
  }

  #target(index: number): BufferSlice {
    const target = this.#options.targets[index];
    if (target === undefined)
      throw new ShapeError(`a loss at ${this.#options.layer} has no target for band ${index + 1}`);
    return target;
  }
}

/** Rows that a part of a picture is a multiple of: in a picture of any width they end where a binding may begin. */
const pictureRows = 64;

/** Records a loss on the picture; in bands of rows, each with its neighbours' rows, where it is larger than a binding may be. */
export function recordPictureLoss(
  program: Program,
  loss: PictureLoss,
  told: Omit<Parameters<PictureLoss['record']>[1], 'height' | 'rows'> & {
    readonly bandSum: BandSum;
    readonly mostBytes: number;
  },
): void {
  const { whole, picture, gradient, partial, bandSum, mostBytes } = told;
  const { width, height } = whole;
  if (picture.sizeBytes <= mostBytes) {
    loss.record(program, { ...told, height });
    return;
  }
  const rowBytes = 3 * width * bytesPerFloat;
  // A band begins with as many rows of its neighbour's, and ends with one.
  const mostRows = Math.floor((mostBytes / rowBytes - pictureRows - 1) / pictureRows) * pictureRows;
  if (mostRows < pictureRows)
    throw new ShapeError(`a picture of ${width}x${height} has rows that are too long for a loss on it`);
  const tops = Array.from({ length: Math.ceil(height / mostRows) }, (_, band) => band * mostRows);
  bandSum.record(program, tops, partial, (top, output) => {
    const begin = Math.max(0, top - pictureRows);
    const count = Math.min(mostRows, height - top);
    const end = Math.min(height, top + count + 1);
    const rowsOf = (vector: BufferSlice): BufferSlice => {
      const sizeBytes = (end - begin) * rowBytes;
      return { ...vector, offsetBytes: vector.offsetBytes + begin * rowBytes, sizeBytes };
    };
    loss.record(program, {
      ...told,
      picture: rowsOf(picture),
      gradient: rowsOf(gradient),
      height: end - begin,
      rows: { first: top - begin, count },
      partial: output,
    });
  });
}

interface PartsToRecord {
  readonly parts: readonly PartSlices[];
  readonly accumulate: boolean;
}
