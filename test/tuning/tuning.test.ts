/** The table of measurements: what is read back, what is refused, what is looked up. */

import { describe, expect, it } from 'vitest';
import { type AdapterTuning, formatTuning, measuredOn, parseTuning, withTuning } from '../../src/tuning/tuning.ts';
import { always } from '../support/measured.ts';
import { refusalOf } from '../support/refusal.ts';

const adapter = { vendor: 'acme', architecture: 'one', description: 'Acme One' };

function tuningAt(size: number, operation: string, ...variants: readonly string[]): AdapterTuning {
  const times = variants.map((variant, index) => ({ variant, milliseconds: index + 0.5 }));
  const positions = (size / 4) ** 2;
  return { ...adapter, operations: [{ operation, measuredOn: '2026-11-24', size, positions, times }] };
}

function tuning(operation: string, ...variants: readonly string[]): AdapterTuning {
  return tuningAt(512, operation, ...variants);
}

const table = [tuning('conv2d_forward conv3_1', 'tiles 64x64', 'direct')];

describe('the table', () => {
  it('is read as it was written', () => {
    expect(parseTuning('tuning.json', formatTuning(table))).toEqual(table);
    expect(parseTuning('tuning.json', formatTuning([]))).toEqual([]);
  });

  it('gives the fastest variant of each operation, in whatever order they stand', () => {
    const reversed = JSON.stringify(JSON.parse(formatTuning(table)), (name, value: unknown) =>
      name === 'times' && Array.isArray(value) ? value.toReversed() : value,
    );
    const read = parseTuning('tuning.json', reversed);
    expect(measuredOn(read, adapter)).toEqual(new Map([['conv2d_forward conv3_1', always('tiles 64x64')]]));
  });

  it('knows nothing of other adapters, nor of an operation without an eligible variant', () => {
    expect(measuredOn(table, { ...adapter, description: 'Acme Two' })).toBeUndefined();
    expect(measuredOn([tuning('gram 64')], adapter)).toEqual(new Map());
  });

  it('replaces what was measured again, and keeps the rest', () => {
    const other = { ...tuning('gram 64', 'direct'), vendor: 'other' };
    const more = withTuning([...table, other], tuning('gram 64', 'tiles 32x32'));
    const again = withTuning(more, tuning('conv2d_forward conv3_1', 'direct'));
    expect(measuredOn(again, adapter)).toEqual(
      new Map([
        ['gram 64', always('tiles 32x32')],
        ['conv2d_forward conv3_1', always('direct')],
      ]),
    );
    expect(measuredOn(again, other)).toEqual(new Map([['gram 64', always('direct')]]));
    expect(again).toHaveLength(2);
  });
});

describe('what was measured at several sizes', () => {
  it('stands side by side, each for the maps that are nearer to it in ratio than to the next', () => {
    const sizes = [tuningAt(512, 'gram 64', 'lanes'), tuningAt(64, 'gram 64', 'direct')];
    const both = sizes.reduce(withTuning, table);
    // 16x16 and 128x128 positions: in between lies 45x45.
    expect(measuredOn(both, adapter)?.get('gram 64')).toEqual([
      { variant: 'direct', mostPositions: 16 * 128 },
      ...always('lanes'),
    ]);
    const again = withTuning(both, tuningAt(64, 'gram 64', 'tiles 32x32'));
    expect(
      measuredOn(again, adapter)
        ?.get('gram 64')
        ?.map(({ variant }) => variant),
    ).toEqual(['tiles 32x32', 'lanes']);
  });
});

describe('refuses', () => {
  const operation = { operation: 'gram 64', measuredOn: '2026-11-24', size: 64, positions: 4096, times: [] };
  const withOperations = (operations: unknown): string =>
    JSON.stringify({ version: 2, adapters: [{ ...adapter, operations }] });
  const time = (milliseconds: unknown): string =>
    withOperations([{ ...operation, times: [{ variant: 'direct', milliseconds }] }]);

  it.each([
    ['an empty file', '', 'tuning-json', 'is not JSON'],
    ['half a file', formatTuning(table).slice(0, 60), 'tuning-json', 'is not JSON'],
    ['another file', '[1, 2]', 'tuning-version', 'is not a table of measurements of version 2'],
    ['another version', formatTuning(table).replace('"version": 2', '"version": 1'), 'tuning-version', 'of version 2'],
    ['no adapters', '{"version": 2}', 'tuning-adapters', 'has no list of adapters'],
    [
      'an adapter without a name',
      '{"version": 2, "adapters": [{"operations": []}]}',
      'tuning-adapter',
      'malformed adapter at place 0',
    ],
    ['operations that are no list', withOperations({}), 'tuning-adapter', 'malformed adapter at place 0'],
    [
      'an operation without its positions',
      withOperations([{ ...operation, positions: undefined }]),
      'tuning-adapter',
      'malformed adapter at place 0',
    ],
    [
      'an operation without a size',
      withOperations([{ ...operation, size: '64' }]),
      'tuning-adapter',
      'malformed adapter at place 0',
    ],
    ['a time that is no number', time('fast'), 'tuning-adapter', 'malformed adapter at place 0'],
    ['a negative time', time(-1), 'tuning-adapter', 'malformed adapter at place 0'],
    ['null', 'null', 'tuning-version', 'is not a table'],
  ])('%s', async (_what, text, code, problem) => {
    const refusal = await refusalOf(() => parseTuning('tuning.json', text));
    expect(refusal.message).toContain(problem);
    expect(refusal.message).toMatch(/^tuning\.json: .*; run `impasto tune` to measure again$/);
    expect(refusal.code).toBe(code);
  });
});
