/** A report as tables: for a page, aligned for a terminal, and the short Markdown table of the README. Pure. */

import type { Environment, EvaluationRow, KernelRow, Report } from './report.ts';
import { figure, markdownTable, mebibytes, names, numbers, percent, type Table, textTable } from './table.ts';

export interface Section {
  readonly heading: string;
  readonly table: Table;
}

/** Everything that was measured, section by section; sections without rows are left out. */
export function reportSections(report: Report, options: { readonly parts: boolean }): readonly Section[] {
  const sections: readonly Section[] = [
    { heading: kernelHeading(report), table: kernelTable(report.kernels, options.parts) },
    { heading: 'Loss and gradient, wall time from submit to idle', table: evaluationTable(report.evaluations) },
    {
      heading: "Shares of an evaluation, device time; an optimiser's step comes on top",
      table: shareTable(report),
    },
    { heading: 'From starting a process to its first loss', table: firstUseTable(report) },
    { heading: 'Device memory at its highest', table: memoryTable(report) },
  ];
  return sections.filter(({ table }) => table.rows.length > 0);
}

/** The report for a terminal. */
export function textReport(report: Report, options: { readonly parts: boolean }): string {
  const sections = reportSections(report, options).map(({ heading, table }) => `${heading}\n\n${textTable(table)}`);
  return [header(report), ...sections].join('\n\n');
}

/** Everything but the adapter that says where and when figures were taken; browsers leave some of it out. */
export function describeMachine({ cpu, cores, os, runtime, date, loadAverage }: Environment): string {
  const load = loadAverage === undefined ? [] : [`load ${loadAverage.toFixed(1)} at the start`];
  return [...(cpu === undefined ? [] : [cpu]), `${cores} cores`, os, runtime, date.slice(0, 10), ...load].join(', ');
}

function header({ environment, peak, checks }: Report): string {
  const lines = [`${environment.adapter} (kernels: ${environment.kernels})`, describeMachine(environment)];
  if (peak !== undefined) {
    const { gflops, copyGBs, dispatchMs } = peak;
    lines.push(
      `measured peak: ${figure(gflops)} GFLOP/s multiply-add, ${figure(copyGBs)} GB/s copy; an empty dispatch ${figure(1000 * dispatchMs)} µs`,
    );
  }
  if (checks.cases === 0) lines.push('kernels not checked');
  else lines.push(`${checks.cases} cases checked against f64 references, ${checks.problems.length} wrong`);
  return [...lines, ...checks.problems].join('\n');
}

function kernelHeading({ kernels }: Report): string {
  const lines = [
    'Kernels, device time. GFLOP/s count the operations of the definition, GB/s every value moved once. Share: the time that the',
    'measured peak allows over the median. * is what the evaluation runs.',
  ];
  if (kernels.some(({ peakShare, variant }) => (peakShare ?? 0) > 1 && variant.includes('winograd'))) {
    lines.push("Shares above 100 % are Winograd's, which multiplies less than the definition does.");
  }
  return lines.join('\n');
}

function kernelTable(rows: readonly KernelRow[], withParts: boolean): Table {
  return {
    columns: [
      names('kernel'),
      names('variant'),
      names('check'),
      numbers('min ms'),
      numbers('median'),
      numbers('n'),
      numbers('GFLOP/s'),
      numbers('GB/s'),
      numbers('share'),
      numbers('buffers'),
      numbers('first use ms'),
    ],
    rows: rows.flatMap((row) => [kernelCells(row), ...(withParts ? partCells(row) : [])]),
  };
}

function kernelCells(row: KernelRow): readonly string[] {
  return [
    row.name,
    row.isUsed ? `${row.variant} *` : row.variant,
    row.check,
    figure(row.ms.min),
    figure(row.ms.median),
    String(row.ms.count),
    figure(row.gflops),
    figure(row.gbs),
    percent(row.peakShare),
    mebibytes(row.bufferBytes),
    figure(row.firstUseMs),
  ];
}

function partCells({ parts }: KernelRow): readonly (readonly string[])[] {
  return parts.map(({ label, ms }) => [`  ${label}`, '', '', figure(ms.min), figure(ms.median), String(ms.count)]);
}

/** Growth per pixel is counted from 128x128, where a CPU adapter's cores are busy, or from the first size. */
const growthFrom = 128 * 128;

function evaluationTable(rows: readonly EvaluationRow[]): Table {
  const base = rows.find(({ pixels }) => pixels === growthFrom) ?? rows[0];
  return {
    columns: [
      names('loss and gradient'),
      numbers('min ms'),
      numbers('median'),
      numbers('max'),
      numbers('n'),
      numbers('µs per pixel'),
      numbers(base === undefined ? 'growth' : `against ${base.name.replace('evaluation ', '')}`),
    ],
    rows: rows.map(({ name, ms, nsPerPixel }) => [
      name,
      figure(ms.min),
      figure(ms.median),
      figure(ms.max),
      String(ms.count),
      figure(nsPerPixel / 1000),
      base === undefined ? '–' : `${figure(nsPerPixel / base.nsPerPixel)}x`,
    ]),
  };
}

function shareTable({ shares }: Report): Table {
  return {
    columns: [names('part'), numbers('ms'), numbers('share')],
    rows: shares.map(({ name, ms, share }) => [name, figure(ms), percent(share)]),
  };
}

function firstUseTable({ firstUse }: Report): Table {
  return {
    columns: [names('process'), numbers('s'), names('of which')],
    rows: firstUse.map(({ name, ms, parts }) => [
      name,
      figure(ms / 1000),
      Object.entries(parts)
        .map(([part, partMs]) => `${part} ${figure(partMs / 1000)}`)
        .join(', '),
    ]),
  };
}

function memoryTable({ memory }: Report): Table {
  return {
    columns: [
      names('run'),
      numbers('peak'),
      numbers('planned'),
      numbers('weights'),
      numbers('kB per pixel without weights'),
      numbers('planned kB'),
    ],
    rows: memory.map((row) => [
      row.name,
      mebibytes(row.peakBytes),
      mebibytes(row.plannedBytes),
      mebibytes(row.weightBytes),
      figure(row.bytesPerPixel / 1000),
      figure(row.plannedBytesPerPixel / 1000),
    ]),
  };
}

/** The README's table: whole evaluations and what surrounds them, with machine, adapter and date. */
export function markdownReport({ environment, peak, evaluations, shares, firstUse, memory }: Report): string {
  const rows = [
    ...evaluations.map(({ name, ms }) => [name, `${figure(ms.median)} ms (${figure(ms.min)}–${figure(ms.max)})`]),
    ...shares.map(({ name, ms, share }) => [name, `${figure(ms)} ms, ${percent(share)}`]),
    ...firstUse.map(({ name, ms }) => [name, `${figure(ms / 1000)} s`]),
    ...memory.map((row) => [
      row.name,
      `${mebibytes(row.peakBytes)}, of which weights ${mebibytes(row.weightBytes)}; ${figure(row.bytesPerPixel / 1000)} kB per pixel besides`,
    ]),
  ];
  return [
    `${machineSentences({ environment, peak })} Made by \`npm run bench -- --markdown\`.`,
    '',
    markdownTable({ columns: [names('what'), numbers('median (min–max)')], rows }),
  ].join('\n');
}

/** Everything measured in a browser as Markdown, fit to be sent in: the kernels in use, evaluations, shares. */
export function markdownSections(report: Report): string {
  const used = { ...report, kernels: report.kernels.filter(({ isUsed }) => isUsed) };
  const sections = reportSections(used, { parts: false }).map(
    ({ heading, table }) => `${heading}\n\n${markdownTable(table)}`,
  );
  return [`${machineSentences(report)} Made by Impasto's benchmark page.`, ...sections].join('\n\n');
}

function machineSentences({ environment, peak }: Pick<Report, 'environment' | 'peak'>): string {
  const machine = describeMachine({ ...environment, loadAverage: undefined });
  const peaks =
    peak === undefined ? '' : ` Measured peak: ${figure(peak.gflops)} GFLOP/s, ${figure(peak.copyGBs)} GB/s.`;
  return `${environment.adapter} on ${machine}.${peaks}`;
}
