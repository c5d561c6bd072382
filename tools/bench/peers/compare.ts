/** What `bench:peers` makes of the peers' answers: rows with ratios, as text, Markdown and JSON. Pure. */

import { describeMachine } from '../../../src/bench/output.ts';
import type { Environment } from '../../../src/bench/report.ts';
import { type Summary, summarise } from '../../../src/bench/statistics.ts';
import { figure, markdownTable, names, numbers, type Table, textTable } from '../../../src/bench/table.ts';

/** All evaluations of one peer at one size, the first not among them. */
export interface PeerRun {
  readonly name: string;
  readonly size: string;
  readonly lossTotal: number;
  readonly firstMs: number;
  readonly ms: readonly number[];
}

export interface PeerRow extends PeerRun {
  readonly summary: Summary;
  /** Its median over ours: above 1, we are faster. */
  readonly ratio: number;
  /** The ratios round by round, least and greatest: what noise makes of it. */
  readonly ratioSpread: readonly [least: number, greatest: number];
  /** Its loss is ours to within `lossTolerance`. */
  readonly agrees: boolean;
}

export interface PeerReport {
  readonly environment: Environment;
  readonly rows: readonly PeerRow[];
  /** One line for each peer that was not there. */
  readonly missing: readonly string[];
}

/** Relative difference of losses that still counts as the same objective. */
export const lossTolerance = 1e-3;

/** Rows size by size, ours first. @throws RangeError for a run without times. */
export function compareRuns(runs: readonly PeerRun[], ourName: string): readonly PeerRow[] {
  return runs.map((run) => {
    const own = runs.find(({ name, size }) => name === ourName && size === run.size);
    const summary = summarise(run.ms);
    if (own === undefined) {
      return { ...run, summary, ratio: Number.NaN, ratioSpread: [Number.NaN, Number.NaN], agrees: false };
    }
    const ratios = run.ms.flatMap((ms, round) => {
      const ownMs = own.ms[round];
      return ownMs === undefined ? [] : [ms / ownMs];
    });
    return {
      ...run,
      summary,
      ratio: summary.median / summarise(own.ms.slice(0, run.ms.length)).median,
      ratioSpread: [Math.min(...ratios), Math.max(...ratios)],
      agrees: Math.abs(run.lossTotal - own.lossTotal) <= lossTolerance * Math.abs(own.lossTotal),
    };
  });
}

function peerTable(rows: readonly PeerRow[]): Table {
  return {
    columns: [
      names('picture'),
      names('engine'),
      numbers('min ms'),
      numbers('median'),
      numbers('max'),
      numbers('n'),
      numbers('times ours'),
      numbers('round by round'),
      numbers('loss'),
      names('same objective'),
    ],
    rows: rows.map((row) => [
      row.size,
      row.name,
      figure(row.summary.min),
      figure(row.summary.median),
      figure(row.summary.max),
      String(row.summary.count),
      `${figure(row.ratio)}x`,
      row.ratioSpread.map(figure).join('–'),
      row.lossTotal.toPrecision(6),
      row.agrees ? 'yes' : 'disagrees',
    ]),
  };
}

function heading({ environment }: PeerReport): string {
  return `${environment.adapter} on ${describeMachine(environment)}`;
}

export function peerText(report: PeerReport): string {
  const lines = [
    heading(report),
    'Loss and gradient of the lecture preset on VGG16, interleaved round by round in one run.',
    '',
  ];
  return [...lines, textTable(peerTable(report.rows)), ...report.missing.map((line) => `missing ${line}`)].join('\n');
}

export function peerMarkdown(report: PeerReport): string {
  return [
    `${heading(report)}. Made by \`npm run bench:peers -- --markdown\`.`,
    '',
    markdownTable(peerTable(report.rows)),
  ].join('\n');
}
