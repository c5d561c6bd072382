/**
 * The table of what was measured, by adapter: what `impasto tune` writes and later runs read. Pure: text in, text out; a
 * platform knows where it is kept.
 */

import { type FormatCode, FormatError } from '../core/errors.ts';
import type { AdapterProfile } from '../core/gpu.ts';
import type { MeasuredVariants } from '../kernels/preference.ts';

/** Variants of one operation with the milliseconds they took, fastest first; only those that passed their check. */
export interface MeasuredOperation {
  readonly operation: string;
  /** ISO date. */
  readonly measuredOn: string;
  /** Side of the square picture whose layers were measured. */
  readonly size: number;
  /** Of the map at that size, height times width. */
  readonly positions: number;
  readonly times: readonly { readonly variant: string; readonly milliseconds: number }[];
}

/** One adapter's measurements. */
export interface AdapterTuning {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly operations: readonly MeasuredOperation[];
}

export type TuningTable = readonly AdapterTuning[];

/** Raised when the meaning of the table changes; other versions are not read. */
const version = 2;

type AdapterName = Pick<AdapterProfile, 'vendor' | 'architecture' | 'description'>;

function isSameAdapter(a: AdapterName, b: AdapterName): boolean {
  return a.vendor === b.vendor && a.architecture === b.architecture && a.description === b.description;
}

/**
 * The fastest variants of each operation on an adapter; undefined where the table does not have the adapter. A map between two that were
 * measured gets what was fastest on the one that is nearer in ratio, a larger or smaller one what was fastest on the last or first.
 */
export function measuredOn(table: TuningTable, adapter: AdapterName): MeasuredVariants | undefined {
  const found = table.find((one) => isSameAdapter(one, adapter));
  if (found === undefined) return undefined;
  const byOperation = new Map<string, { readonly positions: number; readonly variant: string }[]>();
  for (const { operation, positions, times } of found.operations) {
    const [fastest] = times;
    if (fastest === undefined) continue;
    byOperation.set(operation, [...(byOperation.get(operation) ?? []), { positions, variant: fastest.variant }]);
  }
  return new Map(
    Array.from(byOperation, ([operation, measured]) => {
      const bySize = measured.toSorted((a, b) => a.positions - b.positions);
      const fastest = bySize.map(({ positions, variant }, index) => {
        const larger = bySize[index + 1];
        const mostPositions = larger === undefined ? Number.POSITIVE_INFINITY : Math.sqrt(positions * larger.positions);
        return { variant, mostPositions };
      });
      return [operation, fastest];
    }),
  );
}

/** The table with an adapter's new measurements; what it had measured of other operations and sizes stays. */
export function withTuning(table: TuningTable, tuning: AdapterTuning): TuningTable {
  const old = table.find((one) => isSameAdapter(one, tuning))?.operations ?? [];
  const rowOf = ({ operation, size }: MeasuredOperation): string => `${operation} ${size}`;
  const fresh = new Set(tuning.operations.map(rowOf));
  const operations = [...old.filter((one) => !fresh.has(rowOf(one))), ...tuning.operations];
  return [...table.filter((one) => !isSameAdapter(one, tuning)), { ...tuning, operations }];
}

/** The table as text. */
export function formatTuning(table: TuningTable): string {
  return `${JSON.stringify({ version, adapters: table }, undefined, 2)}\n`;
}

/** Reads a table. @throws FormatError naming `source` where it is not one, or of another version. */
export function parseTuning(source: string, text: string): TuningTable {
  const refuse = (code: FormatCode, problem: string): never => {
    throw new FormatError(source, code, `${problem}; run \`impasto tune\` to measure again`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('tuning-json', 'is not JSON');
  }
  if (!isObject(parsed) || parsed['version'] !== version) {
    return refuse('tuning-version', `is not a table of measurements of version ${version}`);
  }
  const adapters: unknown = parsed['adapters'];
  if (!Array.isArray(adapters)) return refuse('tuning-adapters', 'has no list of adapters');
  const bad = adapters.findIndex((one) => !isAdapterTuning(one));
  if (bad >= 0) return refuse('tuning-adapter', `has a malformed adapter at place ${bad}`);
  return adapters.filter(isAdapterTuning).map(sorted);
}

function sorted(tuning: AdapterTuning): AdapterTuning {
  const operations = tuning.operations.map(({ times, ...rest }) => ({
    ...rest,
    times: times.toSorted((a, b) => a.milliseconds - b.milliseconds),
  }));
  return { ...tuning, operations };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAdapterTuning(value: unknown): value is AdapterTuning {
  if (!isObject(value)) return false;
  const operations = value['operations'];
  const isNamed = areTexts(value, ['vendor', 'architecture', 'description']);
  return isNamed && Array.isArray(operations) && operations.every(isOperation);
}

function areTexts(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function isOperation(value: unknown): value is MeasuredOperation {
  if (!isObject(value) || !areTexts(value, ['operation', 'measuredOn'])) return false;
  if (typeof value['size'] !== 'number' || typeof value['positions'] !== 'number') return false;
  const times = value['times'];
  return Array.isArray(times) && times.every(isTime);
}

function isTime(value: unknown): boolean {
  if (!isObject(value) || typeof value['variant'] !== 'string') return false;
  const milliseconds = value['milliseconds'];
  return typeof milliseconds === 'number' && Number.isFinite(milliseconds) && milliseconds >= 0;
}
