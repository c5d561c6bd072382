/** Rows of the trace's measures as a table of numbers, as a checkpoint keeps them, and back. */

import type { NumberTable } from '../transfer/checkpoint-file.ts';

/** A row: numbers, or null where there is none, by name, some of them one level deeper. */
export type MeasureRow = object;

/** A null becomes NaN, which no measure is. All rows have the first one's columns. */
export function tableOfMeasures(rows: readonly MeasureRow[]): NumberTable {
  const flat = rows.map((row) => new Map(leavesOf(row)));
  const columns = [...(flat[0]?.keys() ?? [])];
  const values = flat.flatMap((row) => columns.map((column) => row.get(column) ?? Number.NaN));
  return { columns, values: Float64Array.from(values) };
}

export function measuresOfTable({ columns, values }: NumberTable): readonly MeasureRow[] {
  const rows = columns.length === 0 ? 0 : values.length / columns.length;
  return Array.from({ length: rows }, (_, row) => {
    const leaves = columns.map((column, index) => {
      const value = values[row * columns.length + index] ?? Number.NaN;
      return [column.split('/'), Number.isNaN(value) ? null : value] as const;
    });
    return treeOf(leaves);
  });
}

type Leaf = readonly [path: readonly string[], value: number | null];

function* leavesOf(row: object, prefix = ''): Iterable<readonly [string, number | null]> {
  const fields: readonly [string, unknown][] = Object.entries(row);
  for (const [name, value] of fields) {
    if (typeof value === 'number' || value === null) yield [`${prefix}${name}`, value];
    else if (typeof value === 'object') yield* leavesOf(value ?? {}, `${prefix}${name}/`);
  }
}

function treeOf(leaves: readonly Leaf[]): object {
  const names = [...new Set(leaves.map(([[name = '']]) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const below = leaves.filter(([[first]]) => first === name);
      const [only] = below;
      if (only !== undefined && only[0].length === 1) return [name, only[1]];
      return [name, treeOf(below.map(([[, ...rest], value]) => [rest, value]))];
    }),
  );
}
