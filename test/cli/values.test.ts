/** Option values: what is accepted, and what is refused with which words. */

import { describe, expect, it } from 'vitest';
import { formatDuration, formatLoss } from '../../src/cli/output.ts';
import { defaultOutput, snapshotPath } from '../../src/cli/paths.ts';
import { InputError, messageOf, printable } from '../../src/core/errors.ts';
import { parseNumber } from '../../src/core/numbers.ts';
import { tapNamesOf } from '../../src/models/networks.ts';
import { checkLayers, layers } from '../../src/settings/kinds.ts';
import { checkChoice } from '../../src/settings/names.ts';
import { didYouMean, editDistance, nearest } from '../../src/settings/nearest.ts';
import { Speedometer } from '../../src/transfer/speed.ts';

describe('numbers', () => {
  it.each([
    ['1e5', 1e5],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['2E-3', 2e-3],
    ['007', 7],
  ])('%s is %d', (text, value) => {
    expect(parseNumber('--x', text)).toBe(value);
  });

  it.each(['', ' ', 'abc', 'NaN', '-5', '+5', 'Infinity', '0x10', '1e400', '1e39', '1,5', '1_000', '5px', '١'])(
    'refuses %j and names the option',
    (text) => {
      expect(() => parseNumber('--x', text, { from: 0 })).toThrow(`--x is '${text}'; expected a number of at least 0`);
    },
  );

  it('keeps to its range', () => {
    const size = { from: 16, to: 16_384, whole: true };
    expect(parseNumber('--size', '16', size)).toBe(16);
    expect(parseNumber('--size', '1e3', size)).toBe(1000);
    for (const text of ['15', '16385', '20.5']) {
      expect(() => parseNumber('--size', text, size)).toThrow('expected a whole number from 16 to 16384');
    }
    expect(() => parseNumber('--learning-rate', '0', { above: 0 })).toThrow('expected a number above 0');
  });
});

describe('choices', () => {
  it('are taken as written, or refused with the nearest', () => {
    expect(checkChoice('--optimizer', 'adam', ['lbfgs', 'adam'])).toBe('adam');
    expect(() => checkChoice('--optimizer', 'l-bfgs', ['lbfgs', 'adam'])).toThrow(
      "--optimizer is 'l-bfgs'; expected lbfgs or adam; did you mean 'lbfgs'?",
    );
    expect(() => checkChoice('--optimizer', 'rmsprop', ['lbfgs', 'adam'])).toThrow(/expected lbfgs or adam$/);
  });
});

describe('layers', () => {
  it('have weights, 1 unless given', () => {
    expect(layers.parse('--style-layers', 'relu1_1, conv2_1=0.5')).toEqual([
      { name: 'relu1_1', weight: 1 },
      { name: 'conv2_1', weight: 0.5 },
    ]);
    expect(layers.parse('--style-layers', 'none')).toEqual([]);
  });

  it.each(['', 'relu1_1,', '=2', 'relu1_1=1=2', 'relu1_1=', 'relu1_1=-1', 'relu1_1=x', 'relu1_1,relu1_1'])(
    'refuse %j',
    (text) => {
      expect(() => layers.parse('--style-layers', text)).toThrow('--style-layers');
    },
  );

  it('are looked up in the network', () => {
    const check = (name: string) => checkLayers('--style-layers', [{ name, weight: 1 }], 'vgg16', tapNamesOf('vgg16'));
    expect(() => check('relu4_2')).not.toThrow();
    expect(() => check('relu4-2')).toThrow("names 'relu4-2', which vgg16 does not have; did you mean 'relu4_2'?");
    expect(() => check('mixed5b')).toThrow('expected one of the names from conv1_1 to relu5_3');
  });
});

describe('the nearest name', () => {
  it.each([
    ['lectre', 'lecture'],
    ['LECTURE', 'lecture'],
    ['defualt', 'default'],
  ])('of %s is %s', (text, name) => {
    expect(nearest(text, ['default', 'lecture'])).toBe(name);
  });

  it('is none when nothing is near', () => {
    expect(nearest('gatys', ['default', 'lecture'])).toBeUndefined();
    expect(nearest('', ['f16'])).toBeUndefined();
    expect(didYouMean('gatys', ['default'])).toBe('');
  });

  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['same', 'same', 0],
  ])('counts edits from %j to %j: %d', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });
});

describe('what is shown', () => {
  it('durations, losses, names', () => {
    expect([0, 7.4, 61, 3723].map(formatDuration)).toEqual(['0:00', '0:07', '1:01', '1:02:03']);
    expect([0, 1.23456, 123456, 1e-9].map(formatLoss)).toEqual(['0', '1.235', '1.235e+5', '1.000e-9']);
    expect(defaultOutput('in/my cat.jpg', ['../wave.png'])).toBe('out/my cat-wave.png');
    expect(snapshotPath('a/b.c.png', 50)).toBe('a/b.c-0050.png');
    expect(snapshotPath('b.png', 12345)).toBe('b-12345.png');
  });

  it('no terminal escapes from names of files, and nothing that reorders or parts a line', () => {
    expect(printable('a\u001b[31m\r\u202e.png\nb')).toBe(String.raw`a\u001b[31m\u000d\u202e.png\u000ab`);
    expect(printable('\u0000\t\u007f\u0085\u009b')).toBe(String.raw`\u0000\u0009\u007f\u0085\u009b`);
    expect(printable('\u202a\u202b\u202c\u202d\u2066\u2069\u2028')).toBe(
      String.raw`\u202a\u202b\u202c\u202d\u2066\u2069\u2028`,
    );
  });

  it.each([
    ['Persian, with joiners', 'می\u200cخواهم.png'],
    ['Sinhala', 'ශ්\u200dරී.png'],
    ['an emoji of several', '👩\u200d🎨🏴\u{e0067}\u{e0062}\u{e007f}.png'],
    ['marks of direction', 'עברית\u200f 1.png'],
    ['a soft hyphen and wide blanks', 'Druck\u00adsache\u3000a  b.png'],
  ])('%s stays as it is, in errors too', (_, name) => {
    expect(printable(name)).toBe(name);
    expect(new InputError(`${name}: there is no such file`).message).toBe(`${name}: there is no such file`);
  });

  it('what others wrote in several lines becomes one', () => {
    expect(messageOf(new Error('no\n  such\r\nthing\n'))).toBe('no such thing');
  });

  it('the pace leaves the first evaluation out, which compiles', () => {
    const speedometer = new Speedometer([{ width: 1, height: 1, phases: [10] }]);
    expect(speedometer.report({ phase: 1, step: 1 }, 5000).perSecond).toBeUndefined();
    expect(speedometer.report({ phase: 1, step: 2 }, 5500)).toEqual({ perSecond: 2, secondsLeft: 4 });
    expect(speedometer.report({ phase: 1, step: 2 }, 5500).secondsLeft).toBe(4);
  });

  it('the time left counts later scales by their pixels, from the second evaluation on', () => {
    const speedometer = new Speedometer([
      { width: 2, height: 1, phases: [4] },
      { width: 4, height: 2, phases: [1, 2] },
    ]);
    speedometer.report({ phase: 1, step: 1 }, 0);
    expect(speedometer.report({ phase: 1, step: 2 }, 1000)).toEqual({ perSecond: 1, secondsLeft: 2 + 3 * 4 });
    expect(speedometer.report({ phase: 2, step: 1 }, 9000)).toEqual({ perSecond: 0.25, secondsLeft: 8 });
    expect(speedometer.report({ phase: 3, step: 1 }, 14_000)).toEqual({ perSecond: 0.2, secondsLeft: 5 });
  });
});
