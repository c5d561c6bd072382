/**
 * The lecture's other two experiments, as transfers from which one of the two losses is absent: content reconstruction, what a picture's
 * feature maps keep of it, and texture synthesis, what its Gram matrices keep (Gatys et al. 2015 and 2016, figure 1). What an absent loss
 * would need is not computed: no layer, no target, no Gram matrix.
 */

import { InputError } from '../core/errors.ts';
import { fitLongestSide, type Size } from '../images/resize.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import type { Settings } from '../settings/settings.ts';
import { startsFromContent, startsFromStyle } from '../settings/starts.ts';
import type { StylizeRequest } from './prepare.ts';
import type { RunHooks, RunResult } from './run.ts';
import type { Start } from './start.ts';
import { stylize } from './stylize.ts';

/** The pictures of a transfer, and the size they are compared at. */
export type TransferPictures = Pick<StylizeRequest, 'content' | 'style' | 'start' | 'size'>;

export type ReconstructionPictures = Omit<TransferPictures, 'style'>;

export interface TexturePictures extends Pick<TransferPictures, 'start'> {
  readonly style: RgbImage;
  /** Of the result: its longest side, in the style picture's shape and never larger; or both sides; `undefined` for the style picture's. */
  readonly size: number | Size | undefined;
}

/** The settings without their style layers. */
export function contentOnly(settings: Settings): Settings {
  // Detail of the photograph would show what no layer kept.
  return { ...settings, detail: 0, objective: { ...settings.objective, styleLayers: [] } };
}

/** The settings without their content layers. */
export function styleOnly(settings: Settings): Settings {
  return { ...settings, objective: { ...settings.objective, contentLayers: [] } };
}

/**
 * The pictures of a transfer that never looks at its style picture: the content picture stands in for it.
 *
 * @throws InputError for a start from the style picture.
 */
export function reconstructionPictures(pictures: ReconstructionPictures): TransferPictures {
  refuseStart(pictures.start, startsFromStyle, 'a reconstruction has no style picture');
  return { ...pictures, style: pictures.content };
}

/**
 * The pictures of a transfer that never looks at its content picture: a blank one of the result's size stands in for it.
 *
 * @throws InputError for a start from the content picture.
 */
export function texturePictures(pictures: TexturePictures): TransferPictures {
  refuseStart(pictures.start, startsFromContent, 'a texture has no content picture');
  const { style, size } = pictures;
  const canvas =
    size === undefined ? style : typeof size === 'number' ? fitLongestSide(style.width, style.height, size) : size;
  const longest = size === undefined ? undefined : Math.max(canvas.width, canvas.height);
  return { ...pictures, content: blank(canvas), size: longest };
}

function refuseStart({ kind }: Start, refused: readonly string[], reason: string): void {
  if (refused.includes(kind)) throw new InputError(`the start is '${kind}', but ${reason}; choose another start`);
}

function blank({ width, height }: Size): RgbImage {
  return { width, height, pixels: new Float32Array(width * height * 3) };
}

type Experiment<Pictures> = Omit<StylizeRequest, keyof TransferPictures> & Pictures & RunHooks;

/** Content reconstruction: a picture with the content picture's feature maps. @throws as {@link stylize}. */
export function reconstruct(request: Experiment<ReconstructionPictures>): Promise<RunResult> {
  return stylize({ ...request, ...reconstructionPictures(request), settings: contentOnly(request.settings) });
}

/** Texture synthesis: a picture of any size with the style picture's Gram matrices. @throws as {@link stylize}. */
export function synthesiseTexture(request: Experiment<TexturePictures>): Promise<RunResult> {
  return stylize({ ...request, ...texturePictures(request), settings: styleOnly(request.settings) });
}
