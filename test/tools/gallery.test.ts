/** What the gallery paints, keeps and leaves, its sheet and its page. */

import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/images/rgb-image.ts';
import { paintings, parseGallery, photographs } from '../../tools/gallery/arguments.ts';
import { galleryPage } from '../../tools/gallery/page.ts';
import {
  type Cell,
  cellsOf,
  cellsToPaint,
  commandOf,
  type PaintedCell,
  readAnswer,
  secondsLeft,
  withPainted,
} from '../../tools/gallery/plan.ts';
import { contactSheet } from '../../tools/gallery/sheet.ts';

const asPainted = (cell: Cell, seconds = 10): PaintedCell => {
  const { options: _, ...rest } = cell;
  return { ...rest, command: commandOf(cell), seconds, evaluations: 20, width: 64, height: 48, adapter: 'an adapter' };
};

const cells = cellsOf(parseGallery(['--size', '64', '--presets', 'lecture, default']));

describe('the cells', () => {
  it('are every pair with every preset, under names of their own', () => {
    expect(cells).toHaveLength(2 * photographs.length * paintings.length);
    expect(new Set(cells.map(({ name }) => name)).size).toBe(cells.length);
    expect(cells[0]).toMatchObject({ name: 'chelsea-great_wave-default', photograph: 'chelsea.png', seed: 0 });
  });

  it('have commands that a user can type', () => {
    const [cell] = cellsOf(parseGallery(['--size', '64', '--seed', '3', '--iterations', '2']));
    expect(cell && commandOf(cell)).toBe(
      'npm run impasto -- stylize examples/chelsea.png examples/great_wave.jpg --preset default --size 64 --seed 3 --iterations 2',
    );
  });

  it('refuse presets that there are not', () => {
    expect(() => parseGallery(['--presets', 'default,nothing'])).toThrow(
      /--presets is 'nothing'; expected sketch, default, fine, gram, gatys or lecture/,
    );
  });
});

describe('what is painted', () => {
  const painted = cells.slice(1).map((cell) => asPainted(cell));
  const everywhere = { force: false, hasPicture: () => true };

  it('is what the table does not have, or has by another command', () => {
    expect(cellsToPaint(cells, painted, everywhere)).toEqual(cells.slice(0, 1));
    const larger = cellsOf(parseGallery(['--size', '96']));
    expect(cellsToPaint(larger, painted, everywhere)).toEqual(larger);
  });

  it('is what has lost its picture, and everything by force', () => {
    const lost = cells[4]?.name;
    const without = { force: false, hasPicture: (name: string) => name !== lost };
    expect(cellsToPaint(cells, painted, without).map(({ name }) => name)).toEqual([cells[0]?.name, lost]);
    expect(cellsToPaint(cells, painted, { ...everywhere, force: true })).toEqual(cells);
  });

  it('takes the place of what was painted before', () => {
    const [first, second] = painted;
    if (first === undefined || second === undefined) throw new Error('there are cells');
    const table = withPainted([second, first], { ...first, seconds: 99 });
    expect(table.map(({ name }) => name)).toEqual([first.name, second.name].toSorted());
    expect(table.find(({ name }) => name === first.name)?.seconds).toBe(99);
  });

  it('takes as long as its preset did, or as all did', () => {
    const done = [
      { preset: 'sketch', seconds: 10 },
      { preset: 'sketch', seconds: 20 },
      { preset: 'fine', seconds: 60 },
    ];
    expect(secondsLeft([{ preset: 'sketch' }, { preset: 'fine' }, { preset: 'other' }], done)).toBe(15 + 60 + 30);
    expect(secondsLeft([{ preset: 'sketch' }], [])).toBeUndefined();
  });

  it('is known by what the command answers', () => {
    const found = { width: 64, height: 43, evaluations: 2 };
    expect(readAnswer('out/cat.png  64x43, 2 evaluations, 3.1 s\n')).toEqual(found);
    expect(readAnswer('')).toBeUndefined();
  });
});

describe('the sheet', () => {
  const plain = (width: number, height: number, value: number): RgbImage => ({
    width,
    height,
    pixels: new Float32Array(width * height * 3).fill(value),
  });

  it('has rows as high as their pictures, white around them', () => {
    const sheet = contactSheet(
      [
        [undefined, plain(40, 20, 0)],
        [plain(10, 20, 0.5), plain(20, 10, 0)],
      ],
      20,
    );
    // 8, a row of 10, 8, a row of 20, 8.
    expect([sheet.width, sheet.height]).toEqual([2 * 28 + 8, 54]);
    const at = (x: number, y: number): number | undefined => sheet.pixels[(y * sheet.width + x) * 3];
    expect([at(18, 12), at(46, 7), at(46, 8), at(46, 17), at(46, 18)]).toEqual([1, 1, 0, 0, 1]);
    expect([at(12, 30), at(13, 26), at(22, 45), at(23, 30), at(13, 46)]).toEqual([1, 0.5, 0.5, 1, 1]);
    expect([at(46, 30), at(46, 31), at(46, 40), at(46, 41)]).toEqual([1, 0, 0, 1]);
  });
});

it('the page has a section a preset, with every picture and command', () => {
  const painted = cells.map((cell) => asPainted(cell));
  const page = galleryPage(painted);
  expect(page.match(/^## .*$/gm)).toEqual(['## default', '## lecture']);
  for (const { name, command } of painted) {
    expect(page).toContain(`[${name}](${name}.jpg)`);
    expect(page).toContain(`\n${command}\n`);
  }
  expect(page).not.toMatch(/NaN|undefined/);
});
