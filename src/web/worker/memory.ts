/** Whether the device has the memory that a plan asks for: WebGPU tells no figure, so it is asked for and given back. */

import { bufferUsage, bytesPerFloat, roundUp } from '../../core/buffers.ts';
import { LimitError, type OutOfMemoryError } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { megabytes, scaleTo } from '../../objective/memory-plan.ts';
import { mixOf } from '../../objective/style-mix.ts';
import { withPhases } from '../../settings/settings.ts';
import type { PictureSize } from '../../settings/sizes.ts';
import { preparedForLess, wordsOfLess } from '../../transfer/less-memory.ts';
import { type PreparedRun, planStylize } from '../../transfer/prepare.ts';
import type { Scale } from '../../transfer/run.ts';

/** Asked for in pieces: drivers refuse large buffers before they run out of memory. */
const pieceBytes = 2 ** 28;

/** Whether so many bytes can be had at this moment. */
export async function canAllocate({ device }: Gpu, bytes: number): Promise<boolean> {
  const most = Math.min(pieceBytes, device.limits.maxBufferSize);
  device.pushErrorScope('out-of-memory');
  const pieces = Array.from({ length: Math.ceil(bytes / most) }, (_, index) => {
    const size = roundUp(Math.min(most, bytes - index * most), 4);
    return device.createBuffer({ label: 'memory probe', size, usage: bufferUsage.storage });
  });
  const refused = await device.popErrorScope();
  for (const piece of pieces) piece.destroy();
  return refused === null;
}

/** Of what was refused while it was being set up, this share is offered: what else takes memory is not known. */
const shareAfterRefusal = 0.7;

/** The answer to memory that was refused after all: other programs want some too. */
export function refusedMemory({ width, height }: PictureSize, cause: OutOfMemoryError): LimitError {
  return new LimitError({
    limit: 'device memory',
    needed: Number.NaN,
    available: Number.NaN,
    largestSide: Math.floor(shareAfterRefusal * Math.max(width, height)),
    message: `the graphics device ran out of memory (${cause.message}); choose a smaller size`,
  });
}

/** Longest sides that are tried, as shares of the one that was too much. */
const smallerShares = [0.85, 0.7, 0.6, 0.5, 0.35, 0.25, 0.15];

/** The scale with the largest picture. */
export function largestScale([first, ...rest]: PreparedRun['scales']): Scale {
  const pixels = ({ content }: Scale): number => content.width * content.height;
  return rest.reduce((largest, scale) => (pixels(scale) > pixels(largest) ? scale : largest), first);
}

/** @throws LimitError with the largest size that can, where a picture cannot be drawn while it is painted: that takes one binding. */
export function assertShowable({ limits }: Pick<Gpu, 'limits'>, { width, height }: PictureSize): void {
  const needed = width * height * 3 * bytesPerFloat;
  const available = limits.maxStorageBufferBindingSize;
  if (needed <= available) return;
  const longest = Math.max(width, height);
  const largestSide = Math.floor(longest * Math.sqrt(available / needed));
  throw new LimitError({
    limit: 'maxStorageBufferBindingSize',
    needed,
    available,
    largestSide,
    message:
      `a picture of ${width}x${height} is too large for the page to show while it is painted; the largest size that fits is ${largestSide}, ` +
      'or paint it on the command line',
  });
}

/**
 * The run, or the same by a plan for as much memory as the device gives.
 *
 * @param prepare The run, planning to take so many bytes at most.
 * @param note Told in a sentence where it is another plan.
 * @throws LimitError with a size that fits, where nothing takes so little.
 */
export async function grantedRun(
  gpu: Gpu,
  run: PreparedRun,
  prepare: (memoryBytes: number) => PreparedRun,
  note: (sentence: string) => void,
): Promise<PreparedRun> {
  let planned = run;
  while (!(await canAllocate(gpu, planned.plan.peakBytes))) {
    try {
      planned = preparedForLess(planned, prepare);
    } catch (error) {
      throw error instanceof LimitError ? await tooLarge(gpu, run) : error;
    }
  }
  if (planned !== run) note(`the graphics device gives little memory; the painting takes ${wordsOfLess(planned, run)}`);
  return planned;
}

/** What is said of a run that the device has no memory for, with a size that it has. */
async function tooLarge(gpu: Gpu, run: PreparedRun): Promise<LimitError> {
  const { content, style, phases } = largestScale(run.scales);
  const settings = withPhases(run.settings, phases);
  const needed = run.plan.peakBytes;
  const side = Math.max(content.width, content.height);
  const scaled = (size: PictureSize, share: number): PictureSize =>
    scaleTo(size, Math.max(1, Math.floor(share * Math.max(size.width, size.height))));
  const bytesAt = (share: number): number => {
    const styles = mixOf(style).map(({ picture, weight }) => ({ picture: scaled(picture, share), weight }));
    return planStylize({ content: scaled(content, share), style: styles }, settings, gpu).peakBytes;
  };
  let largestSide: number | undefined;
  for (const share of smallerShares) {
    if (largestSide === undefined && (await canAllocate(gpu, bytesAt(share)))) largestSide = Math.floor(share * side);
  }
  return new LimitError({
    limit: 'device memory',
    needed,
    available: Number.NaN,
    largestSide,
    message: `a picture of ${content.width}x${content.height} needs ${megabytes(needed)}, more than the graphics device gives; choose a smaller size`,
  });
}
