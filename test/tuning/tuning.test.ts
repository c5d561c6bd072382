/** The table of measurements: what is read back, what is refused, what is looked up. */

import { describe, expect, it } from 'vitest';
import { type AdapterTuning, formatTuning, measuredOn, parseTuning, withTuning } from '../../src/tuning/tuning.ts';
import { refusalOf } from '../support/refusal.ts';

const adapter = { vendor: 'acme', architecture: 'one', description: 'Acme One' };

function tuning(operation: string, ...variants: readonly string[]): AdapterTuning {
  const times = variants.map((variant, index) => ({ variant, milliseconds: index + 0.5 }));
  return { ...adapter, operations: [{ operation, measuredOn: '2026-11-24', size: 512, times }] };
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
    expect(measuredOn(read, adapter)).toEqual(new Map([['conv2d_forward conv3_1', 'tiles 64x64']]));
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
        ['gram 64', 'tiles 32x32'],
        ['conv2d_forward conv3_1', 'direct'],
      ]),
    );
    expect(measuredOn(again, other)).toEqual(new Map([['gram 64', 'direct']]));
    expect(again).toHaveLength(2);
  });
});

describe('refuses', () => {
  const operation = { operation: 'gram 64', measuredOn: '2026-11-24', size: 64, times: [] };
  const withOperations = (operations: unknown): string =>
    JSON.stringify({ version: 1, adapters: [{ ...adapter, operations }] });
  const time = (milliseconds: unknown): string =>
    withOperations([{ ...operation, times: [{ variant: 'direct', milliseconds }] }]);

  it.each([
    ['an empty file', '', 'tuning-json', 'is not JSON'],
    ['half a file', formatTuning(table).slice(0, 60), 'tuning-json', 'is not JSON'],
    ['another file', '[1, 2]', 'tuning-version', 'is not a table of measurements of version 1'],
    ['another version', formatTuning(table).replace('"version": 1', '"version": 2'), 'tuning-version', 'of version 1'],
    ['no adapters', '{"version": 1}', 'tuning-adapters', 'has no list of adapters'],
    [
      'an adapter without a name',
      '{"version": 1, "adapters": [{"operations": []}]}',
      'tuning-adapter',
      'malformed adapter at place 0',
    ],
    ['operations that are no list', withOperations({}), 'tuning-adapter', 'malformed adapter at place 0'],
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
