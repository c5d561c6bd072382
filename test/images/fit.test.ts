/** Sizes at which a style picture is looked at. */

import { describe, expect, test } from 'vitest';
import { fitStyle, type StyleFitting } from '../../src/images/fit.ts';
import { coverCropTopLeft, resizeImage } from '../../src/images/resize.ts';
import { pictureOf } from './pictures.ts';

const style = pictureOf(40, 20, (x, y, c) => (x + y + c) / 64);
const asIs: StyleFitting = { styleFit: 'longest-side', styleScale: 1, enlargeStyle: false };

describe('fitStyle', () => {
  test.each([
    // result, fitting, expected size of the 40x20 style picture
    [[16, 24], {}, [24, 12]],
    [[80, 60], {}, [40, 20]],
    [[80, 60], { enlargeStyle: true }, [80, 40]],
    [[16, 24], { styleScale: 0.5 }, [12, 6]],
    [[16, 24], { styleScale: 1.5 }, [36, 18]],
    [[16, 24], { styleScale: 10 }, [40, 20]],
    [[10, 20], { styleFit: 'cover' }, [10, 20]],
    [[10, 20], { styleFit: 'cover', styleScale: 0.5 }, [5, 10]],
    [[30, 30], { styleFit: 'cover', enlargeStyle: true }, [30, 30]],
    [[30, 30], { styleFit: 'cover' }, [30, 20]],
    [[16, 16], { styleScale: 1e-9 }, [1, 1]],
  ] as const)('for a result of %j, %j: %j', ([width, height], over, [fittedWidth, fittedHeight]) => {
    const fitted = fitStyle(style, { width, height }, { ...asIs, ...over });
    expect([fitted.width, fitted.height]).toEqual([fittedWidth, fittedHeight]);
    expect(fitted.pixels).toHaveLength(fittedWidth * fittedHeight * 3);
  });

  test('keeps the shape by resizing, and covers by cropping from the top left', () => {
    const result = { width: 10, height: 20 };
    expect(fitStyle(style, result, asIs)).toEqual(resizeImage(style, 20, 10));
    expect(fitStyle(style, result, { ...asIs, styleFit: 'cover' })).toEqual(coverCropTopLeft(style, 10, 20));
  });

  test('a picture that may not grow is cropped as it is', () => {
    const fitted = fitStyle(style, { width: 30, height: 30 }, { ...asIs, styleFit: 'cover' });
    expect(fitted).toEqual(pictureOf(30, 20, (x, y, c) => (x + y + c) / 64));
  });
});
