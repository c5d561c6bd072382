/**
 * Picture files in a browser: decoded by its own decoders, written as PNG without a canvas. Works in a worker.
 *
 * Against `platform/node/image-files.ts`: no TIFF; 8 bits a sample; where a picture has alpha, colours under it pass through the
 * canvas, which stores them multiplied by it, so faint ones are coarser and those of wholly transparent pixels are gone: they become white.
 */

import { FormatError, InputError } from '../../core/errors.ts';
import { signatureBytes } from '../../core/file-signature.ts';
import { assertReadableSize, defaultMaxPixels, pictureFormatOf } from '../../images/file-format.ts';
import { imageFromSamples, quantise } from '../../images/quantise.ts';
import type { RgbImage } from '../../images/rgb-image.ts';
import { pngFileOf } from './png-encoder.ts';

/**
 * The longest side that is decoded exactly. Larger pictures are brought to it by the browser while decoding, since the engine
 * cannot optimise larger ones and the floats of a 50-megapixel photograph would fill a telephone's memory.
 */
export const longestDecodedSide = 4096;

const readableInBrowsers = ['PNG', 'JPEG', 'WebP', 'AVIF'] as const;

/** Rows decoded at a time, so that only one copy of the whole picture exists. */
const stripRows = 256;

/**
 * Decodes a picture upright and in sRGB.
 *
 * @param name for messages.
 * @throws FormatError where it is of another format, damaged, or too small or too large.
 */
export async function decodeImage(file: Blob, name: string): Promise<RgbImage> {
  await assertReadableFormat(file, name);
  using full = closing(await decode(file, name));
  const { width, height } = full.bitmap;
  assertReadableSize(name, width, height, defaultMaxPixels);
  if (Math.max(width, height) <= longestDecodedSide) return readBitmap(full.bitmap);
  const scale = longestDecodedSide / Math.max(width, height);
  using smaller = closing(
    await createImageBitmap(full.bitmap, {
      resizeWidth: Math.max(1, Math.round(width * scale)),
      resizeHeight: Math.max(1, Math.round(height * scale)),
      resizeQuality: 'high',
    }),
  );
  return readBitmap(smaller.bitmap);
}

/** @throws FormatError where the first bytes are no picture that browsers decode. */
async function assertReadableFormat(file: Blob, name: string): Promise<void> {
  pictureFormatOf(name, new Uint8Array(await file.slice(0, signatureBytes).arrayBuffer()), readableInBrowsers);
}

async function decode(file: Blob, name: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  } catch {
    throw new FormatError(
      name,
      'picture-damaged',
      'the browser could not decode it: it is damaged, truncated or too large; save or download it again',
    );
  }
}

function closing(bitmap: ImageBitmap): { readonly bitmap: ImageBitmap } & Disposable {
  return { bitmap, [Symbol.dispose]: () => bitmap.close() };
}

function readBitmap(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const context = canvasContext(width, Math.min(height, stripRows));
  const values = new Uint8ClampedArray(width * height * 4);
  let isOpaque = true;
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    const strip = context.getImageData(0, 0, width, rows).data;
    isOpaque &&= hasOnlyOpaque(strip);
    whitenTransparent(strip);
    values.set(strip, top * width * 4);
  }
  const image = imageFromSamples({ width, height, channels: 4, values, maxValue: 255 });
  return isOpaque ? { width, height, pixels: image.pixels } : image;
}

function hasOnlyOpaque(rgba: Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

/** The canvas gives black where nothing is known of a colour; paper is white. */
function whitenTransparent(rgba: Uint8ClampedArray): void {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] === 0) rgba.fill(255, i - 3, i);
}

/** The picture as PNG, exact in its samples. @throws InputError where it holds values that are not finite. */
export async function encodePng(image: RgbImage): Promise<Blob> {
  const { width, height, alpha } = image;
  return await pngFileOf({ width, height, channels: alpha === undefined ? 3 : 4, values: quantise(image) });
}

/**
 * Whether a page reads from a canvas what was drawn there: browsers that guard against fingerprinting change it a little, at random
 * (docs/decisions/0035-canvas-noise.md). Then {@link decodeImage} gives pictures that are changed so.
 */
export function readsCanvasExactly(): boolean {
  const side = 64;
  const context = canvasContext(side, side);
  const drawn = new ImageData(side, side);
  // Many colours, none with alpha: what is drawn in one colour is left alone by some.
  for (let i = 0; i < drawn.data.length; i++) drawn.data[i] = i % 4 === 3 ? 255 : (i * 73) % 251;
  context.putImageData(drawn, 0, 0);
  const { data } = context.getImageData(0, 0, side, side);
  return drawn.data.every((value, i) => value === data[i]);
}

function canvasContext(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new InputError(`a picture of ${width}x${height} is too large for this browser's canvas`);
  return context;
}
