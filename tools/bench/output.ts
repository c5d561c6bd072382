/** A report as text: aligned tables for a terminal, and the short Markdown table of the README. Pure. */

import type { EvaluationRow, KernelRow, Report } from './report.ts';
import { figure, markdownTable, mebibytes, names, numbers, percent, type Table, textTable } from './table.ts';

/** Everything that was measured, section by section; sections without rows are left out. */
export function textReport(report: Report, options: { readonly parts: boolean }): string {
  const sections = [
    header(report),
    section(kernelHeading(report), kernelTable(report.kernels, options.parts)),
    section('Loss and gradient, wall time from submit to idle', evaluationTable(report.evaluations)),
    section("Shares of an evaluation, device time; an optimiser's step comes on top", shareTable(report)),
    section('From starting a process to its first loss', firstUseTable(report)),
    section('Device memory at its highest', memoryTable(report)),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function section(heading: string, table: Table): string {
  return table.rows.length === 0 ? '' : `${heading}\n\n${textTable(table)}`;
}

function header({ environment, peak, checks }: Report): string {
  const { adapter, kernels, cpu, cores, os, node, date, loadAverage } = environment;
  const lines = [
    `${adapter} (kernels: ${kernels})`,
    `${cpu}, ${cores} cores, ${os}, Node ${node}, ${date.slice(0, 10)}, load ${loadAverage.toFixed(1)} at the start`,
  ];
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
  const { adapter, cpu, cores, node, date } = environment;
  const peaks =
    peak === undefined ? '' : ` Measured peak: ${figure(peak.gflops)} GFLOP/s, ${figure(peak.copyGBs)} GB/s.`;
  return [
    `${adapter} on ${cpu}, ${cores} cores, Node ${node}, ${date.slice(0, 10)}.${peaks} Made by \`npm run bench -- --markdown\`.`,
    '',
    markdownTable({ columns: [names('what'), numbers('median (min–max)')], rows }),
  ].join('\n');
}
