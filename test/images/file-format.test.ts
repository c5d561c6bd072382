/** Naming a file's format by its first bytes. Files of the formats we read are sniffed in the tests of image-files. */

import { describe, expect, test } from 'vitest';
import { assertReadableSize, sniffFileFormat } from '../../src/images/file-format.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('sniffFileFormat', () => {
  test.each([
    ['\x89PNG\r\n\x1a\n', 'PNG'],
    ['\xff\xd8\xff\xe0', 'JPEG'],
    ['RIFF\x10\x00\x00\x00WEBPVP8 ', 'WebP'],
    ['II*\0', 'TIFF'],
    ['MM\0*', 'TIFF'],
    ['II+\0', 'TIFF'],
    ['\0\0\0\x1cftypavif\0\0\0\0', 'AVIF'],
    ['\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf', 'AVIF'],
  ])('%j is read as %s', (head, name) => {
    expect(sniffFileFormat(bytes(head))).toEqual({ readable: true, name });
  });

  test.each([
    ['', 'an empty file'],
    ['GIF89a', 'GIF'],
    ['%PDF-1.7', 'PDF'],
    ['<svg xmlns="http://www.w3.org/2000/svg">', 'SVG'],
    ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg>', 'SVG'],
    ['<!DOCTYPE html><html><svg>', 'an HTML page'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC'],
    ['\0\0\0\x18ftypisom\0\0\0\0', 'a video'],
    ['BM\x36\x10\0\0\0\0\0\0', 'BMP'],
    ['8BPS\0\x01', 'Photoshop'],
    ['hello, this is text\n', 'text'],
    ['\x89PN', 'something else'],
    ['na\xc3\xafve caf\xc3', 'text'],
    ['\xff\xd8', 'something else'],
    ['RIFF\x10\0\0\0WAVE', 'something else'],
  ])('%j is refused as %s', (head, name) => {
    expect(sniffFileFormat(bytes(head))).toEqual({ readable: false, name });
  });
});

describe('assertReadableSize', () => {
  test('accepts the bounds and refuses beyond them', () => {
    expect(() => assertReadableSize('a.png', 2, 2, 4)).not.toThrow();
    expect(() => assertReadableSize('a.png', 1, 100, 1e6)).toThrow(
      'a.png: expected a picture of at least 2x2 pixels, got 1x100; choose a larger picture',
    );
    expect(() => assertReadableSize('a.png', 1000, 1001, 1_000_000)).toThrow(
      'a.png: expected at most 1 megapixels, got 1000x1001 (1 megapixels); make the picture smaller first',
    );
  });
});
