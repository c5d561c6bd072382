/** `impasto tune`: measures which kernels are fastest on this adapter, once, for all later runs. */

import { InputError } from '../core/errors.ts';
import { cacheFilePath, createCacheFolder, writeCacheFile } from '../platform/node/cache-file.ts';
import { openGpu } from '../platform/node/gpu.ts';
import { tuneSizes } from '../settings/sizes.ts';
import { checkTuneSize, type OperationReport, tune } from '../tuning/tune.ts';
import { formatTuning, withTuning } from '../tuning/tuning.ts';
import { readTuning, tuningFile } from './engine.ts';
import { exitStatus } from './failure.ts';
import { answer, remark } from './output.ts';
import type { TuneArguments } from './tune-arguments.ts';

/** Runs the command; resolves with the exit status. @throws InputError, DeviceError. */
export async function runTune({ adapter, size: wanted, only }: TuneArguments): Promise<number> {
  await createCacheFolder();
  using gpu = await openGpu(adapter === undefined ? {} : { adapter });
  const sizes = wanted === undefined ? tuneSizes(gpu.profile) : [wanted];
  for (const size of sizes) checkTuneSize(size, gpu.limits);
  const today = new Date().toISOString().slice(0, 10);
  let table = (await readTuning()) ?? [];
  for (const size of sizes) {
    remark(`adapter ${gpu.profile.description}: measuring VGG's layers for a picture of ${size}x${size}`);
    const tuning = await tune({
      gpu,
      size,
      today,
      ...(only === undefined ? {} : { filter: (operation) => operation.includes(only) }),
      onOperation: (report) => answer(...describe(report)),
    });
    if (tuning.operations.length === 0) {
      throw new InputError(`--only is '${only}'; expected part of a name such as conv2d_forward conv3_1 or gram 256`);
    }
    table = withTuning(table, tuning);
  }
  await writeCacheFile(tuningFile, formatTuning(table));
  answer(`wrote ${cacheFilePath(tuningFile)}`);
  return exitStatus.success;
}

/** `conv2d_forward conv1_2 (64 to 64, 128x128): winograd lanes 7.9 ms; direct 120, tiles 64x64 300; wrong: …` */
function describe({ operations, shape, variants }: OperationReport): readonly string[] {
  const timed = variants
    .flatMap(({ variant, milliseconds }) => (milliseconds === undefined ? [] : [{ variant, milliseconds }]))
    .sort((a, b) => a.milliseconds - b.milliseconds)
    .map(({ variant, milliseconds }) => `${variant} ${milliseconds.toPrecision(3)} ms`);
  const refused = variants
    .filter(({ problem }) => problem !== '')
    .map(({ variant, problem }) => `${variant}: ${problem}`);
  const names = operations.map((name, index) => (index === 0 ? name : name.split(' ').at(-1))).join(', ');
  return [`${names} (${shape}): ${timed.join(', ')}`, ...refused.map((line) => `  not eligible: ${line}`)];
}
