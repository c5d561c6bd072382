/** Does what a run specification says, on the device. */

import sharp from 'sharp';
import type { Gpu } from '../../src/core/gpu.ts';
import { halveTowards, uniformNoise } from '../../src/images/initial.ts';
import { quantise } from '../../src/images/quantise.ts';
import { fitLongestSide, resizeImage } from '../../src/images/resize.ts';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import type { HostWeights } from '../../src/models/device-weights.ts';
import { imageNetMean } from '../../src/objective/image-net.ts';
import type { EvaluationReport } from '../../src/transfer/evaluator.ts';
import { contentOnly, reconstructionPictures, styleOnly, texturePictures } from '../../src/transfer/experiments.ts';
import { prepareRun, type StylizeRequest } from '../../src/transfer/prepare.ts';
import { initialPicture, type Start } from '../../src/transfer/start.ts';
import { runPrepared } from '../../src/transfer/stylize.ts';
import { noiseSeed, type Outcome, type RunSpec, type RunStart, type SectionContext, type Still } from './section.ts';

export interface Studio {
  readonly gpu: Gpu;
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly weights: HostWeights;
  readonly batchNorm: HostWeights | undefined;
  readonly inception: HostWeights | undefined;
}

/** @param hooks.onEvaluation Is told how many evaluations are done. @throws InputError, LimitError, DeviceError. */
export async function perform(
  studio: Studio,
  run: RunSpec,
  hooks: { readonly onEvaluation: (evaluation: number) => void; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { gpu, weights, batchNorm, inception } = studio;
  const losses: Outcome['losses'][number][] = [];
  let firstAtMs = 0;
  const onEvaluation = ({ evaluation, total, content, style, learningRate, scale }: EvaluationReport): void => {
    const nowMs = performance.now();
    if (evaluation === 1) firstAtMs = nowMs;
    losses.push({ total, content, style, learningRate, scale, seconds: (nowMs - firstAtMs) / 1000 });
    hooks.onEvaluation(evaluation);
  };
  const prepared = prepareRun({ ...requestOf(studio, run), gpu });
  const others = { 'batch-norm': batchNorm, inception };
  const network = run.network === undefined ? weights : others[run.network];
  const result = await runPrepared(prepared, {
    gpu,
    weights: network ?? weights,
    onEvaluation,
    signal: hooks.signal,
  });
  return { ...(await stillOf(result.picture)), losses, end: result.end };
}

/** The picture in 8 bits. */
async function stillOf(image: RgbImage): Promise<Still> {
  const { width, height, pixels } = image;
  const raw = sharp(quantise({ width, height, pixels }), { raw: { width, height, channels: 3 } });
  return { picture: await raw.webp({ quality: 92, smartSubsample: true }).toBuffer(), width, height };
}

/** The pictures of the page that no run makes, with this longest side. */
export async function stillsOf({ content, style }: Studio, size: number): Promise<SectionContext['pictures']> {
  const canvas = canvasOf(content, size);
  const fitted = async (image: RgbImage): Promise<Still> => {
    const { width, height } = fitLongestSide(image.width, image.height, size);
    return await stillOf(resizeImage(image, width, height));
  };
  const noise = async (kind: 'unfiltered-noise' | 'lecture-noise'): Promise<Still> =>
    await stillOf(initialPicture(startOf({ kind, seed: noiseSeed }, canvas), canvas, { content, style }));
  return {
    content: await fitted(content),
    style: await fitted(style),
    noise: await noise('unfiltered-noise'),
    filteredNoise: await noise('lecture-noise'),
  };
}

function requestOf({ content, style }: Studio, run: RunSpec): Omit<StylizeRequest, 'gpu' | 'weights'> {
  const { experiment, settings, size } = run;
  const canvas = canvasOf(content, size);
  const start = startOf(run.start, canvas);
  switch (experiment) {
    case 'stylize':
      return { content, style, start, size, settings };
    case 'reconstruct':
      return { ...reconstructionPictures({ content, start, size }), settings: contentOnly(settings) };
    case 'texture':
      return { ...texturePictures({ style, start, size: canvas }), settings: styleOnly(settings) };
  }
}

/** Textures have the shape of the content picture, so that all pictures of the page are alike. */
function canvasOf({ width, height }: RgbImage, size: number) {
  const factor = size / Math.max(width, height);
  return { width: Math.round(width * factor), height: Math.round(height * factor) };
}

function startOf(start: RunStart, { width, height }: ReturnType<typeof canvasOf>): Start {
  if (start.kind === 'content') return { kind: 'content' };
  const { kind, seed } = start;
  if (kind !== 'unfiltered-noise') return { kind, seed };
  return { kind: 'picture', picture: halveTowards(uniformNoise(width, height, seed), imageNetMean) };
}
