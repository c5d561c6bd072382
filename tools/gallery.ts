/**
 * `npm run gallery`: photographs x paintings x presets, each painted by the command that a user would type, in a process of its own. Small
 * pictures, their table, page and sheets are kept; an interrupted gallery goes on where it was.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitStatus } from '../src/cli/failure.ts';
import { answer, formatDuration, remark } from '../src/cli/output.ts';
import { examplePath } from '../src/cli/paths.ts';
import { DeviceError, InputError } from '../src/core/errors.ts';
import type { RgbImage } from '../src/images/rgb-image.ts';
import { writeFileAtomically } from '../src/platform/node/atomic-file.ts';
import { openGpu } from '../src/platform/node/gpu.ts';
import { readImage, writeImage } from '../src/platform/node/image-files.ts';
import { type GalleryOptions, paintings, parseGallery, photographs } from './gallery/arguments.ts';
import { galleryPage, sheetName } from './gallery/page.ts';
import {
  type Cell,
  cellsOf,
  cellsToPaint,
  commandOf,
  type PaintedCell,
  readAnswer,
  secondsLeft,
  withPainted,
} from './gallery/plan.ts';
import { contactSheet, fitInto } from './gallery/sheet.ts';
import { runTool } from './run-tool.ts';

/** Of the small pictures: half the bytes of the writer's usual 95, and no difference that is seen at their size. */
const quality = 85;

async function main(): Promise<number> {
  const options = parseGallery(process.argv.slice(2));
  await mkdir(options.output, { recursive: true });
  await mkdir(options.full, { recursive: true });
  // The process that paints is told, too, and ends by itself.
  let isInterrupted = false;
  process.on('SIGINT', () => {
    isInterrupted = true;
  });
  const adapter = await adapterName(options);
  let painted = await readTable(options);
  const cells = cellsOf(options);
  const hasPicture = (name: string): boolean => existsSync(cellPath(options, name));
  const wanted = cellsToPaint(cells, painted, { force: options.force, hasPicture });
  remark(`${cells.length} pictures, ${wanted.length} of them to paint, on ${adapter}`);
  const done: PaintedCell[] = [];
  for (const [index, cell] of wanted.entries()) {
    const left = secondsLeft(wanted.slice(index), done);
    const words = left === undefined ? '' : `, ${formatDuration(left)} left`;
    remark(`[${index + 1}/${wanted.length}] ${cell.name}${words}`);
    const made = await paint(cell, options);
    if (isInterrupted || made === undefined) return interrupted(options);
    done.push({ ...made, adapter });
    painted = withPainted(painted, { ...made, adapter });
    await writeTable(options, painted);
  }
  for (const preset of options.presets) await writeSheet(options, preset);
  await writeFileAtomically(path.join(options.output, 'README.md'), galleryPage(painted));
  answer(`${options.output}  ${cells.length} pictures, ${wanted.length} painted now`);
  return exitStatus.success;
}

/** Opens the adapter only to learn its name: every picture opens its own. */
async function adapterName({ adapter }: GalleryOptions): Promise<string> {
  using gpu = await openGpu(adapter === undefined ? {} : { adapter });
  return gpu.profile.description;
}

/** Paints the cell and keeps it small; undefined where the process was interrupted. @throws DeviceError where it failed. */
async function paint(cell: Cell, options: GalleryOptions): Promise<Omit<PaintedCell, 'adapter'> | undefined> {
  const full = path.join(options.full, `${cell.name}.png`);
  const startedAtMs = performance.now();
  const { status, stdout } = await stylize([
    examplePath(cell.photograph),
    examplePath(cell.painting),
    ...cell.options,
    ...(options.adapter === undefined ? [] : ['--adapter', options.adapter]),
    '--output',
    full,
  ]);
  const seconds = (performance.now() - startedAtMs) / 1000;
  if (status === exitStatus.interrupted) return undefined;
  const found = readAnswer(stdout);
  if (status !== exitStatus.success || found === undefined) {
    throw new DeviceError(`${cell.name} was not painted; what its command said is above: ${commandOf(cell)}`);
  }
  await writeImage(cellPath(options, cell.name), fitInto(await readImage(full), options.cell), { quality });
  const { options: _, ...rest } = cell;
  return { ...rest, command: commandOf(cell), seconds: Math.round(10 * seconds) / 10, ...found };
}

/** Runs `impasto stylize`, its progress on our stderr. */
function stylize(args: readonly string[]): Promise<{ readonly status: number | null; readonly stdout: string }> {
  const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, 'stylize', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // One that was still starting has no exit status of its own.
    child.on('close', (status, signal) =>
      resolve({ status: signal === 'SIGINT' ? exitStatus.interrupted : status, stdout }),
    );
  });
}

async function writeSheet(options: GalleryOptions, preset: string): Promise<void> {
  const example = (name: string): Promise<RgbImage> => readImage(examplePath(name));
  const cells = cellsOf({ ...options, presets: options.presets.filter((name) => name === preset) });
  const rows: (RgbImage | undefined)[][] = [[undefined, ...(await Promise.all(paintings.map(example)))]];
  for (const photograph of photographs) {
    const own = cells.filter((cell) => cell.photograph === photograph);
    const pictures = await Promise.all(own.map(({ name }) => readImage(cellPath(options, name))));
    rows.push([await example(photograph), ...pictures]);
  }
  await writeImage(path.join(options.output, sheetName(preset)), contactSheet(rows, options.cell), { quality });
}

function cellPath({ output }: GalleryOptions, name: string): string {
  return path.join(output, `${name}.jpg`);
}

function tablePath({ output }: GalleryOptions): string {
  return path.join(output, 'gallery.json');
}

/** What earlier galleries painted. @throws InputError where the table cannot be read. */
async function readTable(options: GalleryOptions): Promise<readonly PaintedCell[]> {
  const file = tablePath(options);
  if (!existsSync(file)) return [];
  try {
    const { cells }: { readonly cells: readonly PaintedCell[] } = JSON.parse(await readFile(file, 'utf8'));
    return cells;
  } catch (error) {
    throw new InputError(`${file}: expected the table of the gallery; take it away to begin anew`, { cause: error });
  }
}

async function writeTable(options: GalleryOptions, cells: readonly PaintedCell[]): Promise<void> {
  await writeFileAtomically(tablePath(options), `${JSON.stringify({ cells }, undefined, 2)}\n`);
}

function interrupted({ output }: GalleryOptions): number {
  remark(`interrupted; what is finished lies in ${output}, the same command goes on from there`);
  return exitStatus.interrupted;
}

await runTool('gallery', main, (error) => (error instanceof InputError ? exitStatus.input : exitStatus.device));
