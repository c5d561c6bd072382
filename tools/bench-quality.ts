/**
 * `npm run bench:quality`: how near to painting and photograph our presets, our old default and PyTorch's plain run come, by seconds and by
 * full-size evaluations. Runs follow each other on the same machine; what is measured is measured after them. The table goes to stdout, progress
 * to stderr, curves into a folder.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine } from '../src/bench/output.ts';
import { answer } from '../src/cli/output.ts';
import { loadMeasureWeights } from '../src/cli/weights.ts';
import type { Gpu } from '../src/core/gpu.ts';
import { resizeImage } from '../src/images/resize.ts';
import { PictureMeasures } from '../src/measures/picture-measures.ts';
import { readImage } from '../src/platform/node/image-files.ts';
import { describeEnvironment, progress } from './bench/environment.ts';
import { openBenchGpu } from './bench/open-gpu.ts';
import { type Pair, parseQuality, type QualityOptions, type Recipe } from './bench/quality/arguments.ts';
import { findPytorch, runByPytorch } from './bench/quality/by-pytorch.ts';
import { type Curve, type CurvePoint, qualityPlots, qualityText } from './bench/quality/curves.ts';
import { readJob, runOurs, type Snapshots } from './bench/quality/ours.ts';
import { runTool } from './run-tool.ts';

async function main(): Promise<number> {
  const options = parseQuality(process.argv.slice(2));
  mkdirSync(options.output, { recursive: true });
  const gpu = await openBenchGpu({ adapter: options.adapter, kernels: 'auto' });
  const environment = describeEnvironment(gpu, 'auto');
  const curves: Curve[] = [];
  for (const pair of options.pairs) {
    curves.push(...(await curvesOf(pair, options, gpu)));
    for (const [file, svg] of qualityPlots(curves, pair.name)) writeFileSync(path.join(options.output, file), svg);
    // After each pair, since all of them take long.
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ environment, size: options.size, curves }, undefined, 2)}\n`);
    }
  }
  const heading = [
    `${environment.adapter} on ${describeMachine(environment)}`,
    `Longest side ${options.size}, a point every ${options.every} evaluations. Seconds begin with the targets and end with the picture, kernels compiled on the way.`,
  ];
  answer(...heading, '', ...qualityText(curves, options).split('\n'));
  return 0;
}

/** All runs of one pair, one after the other. */
async function curvesOf(pair: Pair, options: QualityOptions, gpu: Gpu): Promise<readonly Curve[]> {
  const { weights, heads } = await loadMeasureWeights(undefined);
  const [content, style] = [await readImage(pair.content), await readImage(pair.style)];
  const curves: Curve[] = [];
  const add = async ({ name, options: said }: Recipe, { snapshots, firstLoss }: Snapshots): Promise<void> => {
    const size = snapshots.at(-1)?.picture;
    if (size === undefined) return;
    using measures = await PictureMeasures.create({ gpu, weights, heads, size, content, style });
    const points: CurvePoint[] = [];
    for (const { picture, fullSize, seconds } of snapshots) {
      // One of a smaller scale is what one would have then: enlarged.
      const { layers: _, ...measured } = await measures.measure(resizeImage(picture, size.width, size.height));
      points.push({ fullSize, seconds, measures: measured });
    }
    curves.push({ pair: pair.name, name, options: said, points, firstLoss });
  };
  for (const recipe of options.recipes) {
    progress(`${pair.name}, ${recipe.name}`);
    const job = await readJob(pair, recipe, options.size);
    await add(recipe, await runOurs(job, { gpu, weights, every: options.every }));
  }
  const { peer } = options;
  const found = peer && findPytorch();
  if (peer === undefined || found === undefined) return curves;
  if ('missing' in found) {
    progress(found.missing);
    return curves;
  }
  progress(`${pair.name}, ${peer.name}`);
  const job = await readJob(pair, peer, options.size);
  const { name, ...run } = await runByPytorch(job, { gpu, command: found.command, every: options.every });
  await add({ ...peer, name }, run);
  sayWhetherSame(curves, peer);
  return curves;
}

/** Where one of our runs has PyTorch's options, their first losses must agree, or the two are of different objectives. */
function sayWhetherSame(curves: readonly Curve[], peer: Recipe): void {
  const theirs = curves.at(-1);
  const ours = curves.find((curve) => curve !== theirs && curve.options.join(' ') === peer.options.join(' '));
  if (ours === undefined || theirs === undefined) return;
  const apart = Math.abs(theirs.firstLoss / ours.firstLoss - 1);
  progress(
    `first loss of ${ours.name} ${ours.firstLoss.toPrecision(6)}, of ${theirs.name} ${theirs.firstLoss.toPrecision(6)}`,
  );
  if (!(apart < 1e-3))
    throw new Error(`${theirs.name} has another objective than ${ours.name}: first losses differ by ${apart}`);
}

await runTool('bench:quality', main);
