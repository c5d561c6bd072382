/**
 * The rooms of src/ and who may know whom, as data, and the test that every import keeps to it.
 * A change of the table is a change of the architecture: change docs/architecture.md with it.
 */

import path from 'node:path/posix';
import { describe, expect, it } from 'vitest';

import { codeOnly, type ImportLine, importsOf, listFiles, readSource } from './source.ts';

interface Room {
  /** Folder or file, from src/. */
  readonly place: string;
  /** Folders and files of src/ it may import, besides itself. */
  readonly may: readonly string[];
  /** What it may import as types only. */
  readonly mayTypes?: readonly string[];
  /** Which packages: none, npm's, or npm's and Node's own. */
  readonly packages?: 'npm' | 'npm and node:';
  /** Globals of one environment that it may touch. */
  readonly globals?: readonly ('process' | 'document' | 'navigator')[];
  /** Folders and files outside src/ that it may import, from the root. */
  readonly outside?: readonly string[];
}

/** What both platforms may import: pictures and bytes, the `Gpu` that their gpu.ts makes, and what its owner asks of its kernels. */
const forPlatforms = [
  'images',
  'weights/byte-source.ts',
  'core/errors.ts',
  'core/file-signature.ts',
  'core/gpu.ts',
  'core/numbers.ts',
  'kernels/preference.ts',
];

/** What a front door opens to. */
const doors = ['transfer', 'settings', 'objective'];

/** What the page says of itself: settings, links, commands, examples. */
const pageWords = ['web/settings.ts', 'web/link.ts', 'web/command.ts', 'web/examples.ts'];

/** Everything below the front doors that computes. */
const engine = ['core', 'kernels', 'models', 'losses', 'optimizers', 'images', 'weights', 'objective'];

/** The networks as tables: pure. */
const tables = ['models/layers.ts', 'models/networks.ts', 'models/vgg.ts'];

const rooms: readonly Room[] = [
  { place: 'core', may: [] },
  { place: 'kernels', may: ['core'] },
  { place: 'models', may: ['kernels', 'core'] },
  { place: 'losses', may: ['kernels', 'core'] },
  { place: 'optimizers', may: ['kernels', 'core'] },
  { place: 'images', may: ['core/errors.ts', 'core/file-signature.ts'] },
  { place: 'plots', may: [], mayTypes: ['settings/phase.ts'] },
  { place: 'weights', may: ['core/errors.ts', 'core/file-signature.ts', ...tables] },
  // What a run may be told, and the checks of it: pure, and small enough for the page's first script.
  {
    place: 'settings',
    may: ['core/errors.ts', 'core/numbers.ts', ...tables],
  },
  // What is optimised, and the memory it takes. Knows no optimiser but the interface that they minimise.
  {
    place: 'objective',
    may: ['core', 'kernels', 'models', 'losses', 'images', 'optimizers/optimizer.ts', 'settings'],
  },
  { place: 'transfer', may: [...engine, 'settings'] },
  // What pictures are worth, whatever made them: maps come from the device, statistics are made on the host.
  {
    place: 'measures',
    may: ['core', 'kernels', 'models', 'images', 'objective/variable.ts', 'weights/lpips-heads.ts'],
  },
  { place: 'bench', may: [...engine, 'settings', 'transfer'] },
  { place: 'tuning', may: [...engine, 'settings', 'transfer', 'bench'] },
  {
    place: 'platform/node',
    may: forPlatforms,
    mayTypes: ['core'],
    packages: 'npm and node:',
    globals: ['process'],
  },
  {
    place: 'platform/browser',
    may: forPlatforms,
    mayTypes: ['core'],
    packages: 'npm',
    // The one place of `navigator`: everything else is handed its GPUDevice.
    globals: ['document', 'navigator'],
  },
  {
    // A front door knows transfer, what it is told, core and its platform. A departure: `convert` needs no engine and works straight on
    // weights and layer tables.
    place: 'cli',
    may: [
      ...doors,
      'measures',
      'tuning',
      'core',
      'kernels/preference.ts',
      'platform/node',
      'plots',
      'weights',
      ...tables,
      'bench/table.ts',
    ],
    packages: 'npm and node:',
    globals: ['process'],
    outside: ['package.json'],
  },
  // The page: a worker holds the engine, the model what is known of it, views read the model.
  {
    place: 'web/view',
    may: ['web/model', ...pageWords, 'settings', 'core/errors.ts', 'platform/browser'],
    mayTypes: ['objective'],
    packages: 'npm',
    globals: ['document'],
  },
  {
    place: 'web/model',
    may: [
      'web/engine-client.ts',
      ...pageWords,
      'settings',
      'core/errors.ts',
      'images/file-format.ts',
      'platform/browser',
      'transfer/speed.ts',
      'transfer/work.ts',
      'transfer/run-record.ts',
    ],
    mayTypes: ['web/protocol.ts', 'transfer', 'objective'],
    packages: 'npm',
    globals: ['document'],
  },
  {
    place: 'web/worker',
    may: [...doors, 'core', 'platform/browser', 'images', 'weights', 'web/settings.ts'],
    mayTypes: ['web/protocol.ts'],
    outside: ['weights'],
  },
  {
    place: 'web/bench',
    may: [
      'bench',
      ...doors,
      'core',
      'platform/browser',
      'images',
      'web/worker/weights.ts',
      'web/view/unsupported.tsx',
      'web/view/durations.ts',
    ],
    mayTypes: ['web/protocol.ts'],
    packages: 'npm',
    globals: ['document'],
    outside: ['examples'],
  },
  {
    // The entrances, and what page and worker both know.
    place: 'web',
    may: [...doors, 'core/errors.ts', ...tables, 'core/numbers.ts'],
    packages: 'npm',
    globals: ['document'],
    outside: ['examples'],
  },
  // It only re-exports: pictures and weights are part of what a caller holds in hand.
  {
    place: 'index.ts',
    may: [
      ...doors,
      'measures',
      'tuning',
      'core',
      'kernels/preference.ts',
      'platform/node',
      'images',
      'weights',
      ...tables,
    ],
  },
];

/** Packages that belong to named files, whatever their room may import. */
const packageHolders = new Map<string, readonly string[]>([
  ['webgpu', ['platform/node/gpu.ts']],
  ['pngjs', ['platform/node/png-codec.ts']],
  ['sharp', ['platform/node/sharp.ts']],
  ['@zip.js/zip.js', ['weights/zip.ts']],
  ['ml-matrix', ['measures/factors.ts']],
  ['d3-scale', ['plots/axis.ts']],
  ['d3-shape', ['plots/panel.ts']],
]);

const files = listFiles('src', ['.ts', '.mts', '.tsx', '.js', '.mjs']).map((file) => file.slice('src/'.length));

describe('rooms of src/', () => {
  it('every import keeps to the table', () => {
    const problems = files.flatMap((file) =>
      importsOf(readSource(`src/${file}`)).map((line) => importProblem(file, line)),
    );
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  it('nothing outside test/ imports it, but for the benchmark that checks every case first', () => {
    const tools = listFiles('tools', ['.ts', '.mts', '.mjs']).filter((file) => file !== 'tools/bench/checks.ts');
    const ofTests = tools.flatMap((file) =>
      importsOf(readSource(file))
        .map(({ specifier }) => path.join(path.dirname(file), specifier))
        .filter((imported) => lies(imported, 'test'))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(ofTests).toEqual([]);
  });

  it('no file touches a global of a foreign environment', () => {
    expect(files.flatMap((file) => globalProblems(file, readSource(`src/${file}`)))).toEqual([]);
  });

  it('every file lies in a room', () => {
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });
});

describe('the import rules', () => {
  const line = (specifier: string, typeOnly = false): ImportLine => ({ specifier, typeOnly });

  it.each([
    ['core/device.ts', './errors.ts'],
    ['kernels/conv2d.ts', '../core/tensor.ts'],
    ['weights/zip.ts', '@zip.js/zip.js/lib/zip-core.js'],
    ['platform/node/gpu.ts', '../../core/gpu.ts'],
    ['weights/names.ts', '../models/networks.ts'],
    ['platform/node/gpu.ts', 'webgpu'],
    ['platform/node/files.ts', 'node:fs/promises'],
    ['platform/node/codecs.ts', '../../images/rgb-image.ts'],
    ['cli/convert.ts', '../weights/safetensors.ts'],
    ['cli/main.ts', '../../package.json'],
    ['web/examples.ts', '../../examples/chelsea.png?url'],
    ['web/view/app.tsx', '../model/page.ts'],
    ['web/worker/studio.ts', '../../transfer/stylize.ts'],
  ])('%s may import %s', (file, specifier) => {
    expect(importProblem(file, line(specifier))).toBeNull();
  });

  it.each([
    ['core/device.ts', '../kernels/conv2d.ts'],
    ['core/device.ts', 'node:fs'],
    ['core/device.ts', 'webgpu'],
    ['images/resize.ts', '../core/device.ts'],
    ['losses/content.ts', '../models/networks.ts'],
    ['weights/names.ts', '../models/executor.ts'],
    ['weights/names.ts', '@zip.js/zip.js'],
    ['transfer/run.ts', '../platform/node/files.ts'],
    ['transfer/run.ts', '(computed)'],
    ['platform/node/files.ts', '../browser/files.ts'],
    ['platform/node/files.ts', 'webgpu'],
    ['platform/node/files.ts', '../../core/device.ts'],
    ['platform/browser/files.ts', 'node:fs'],
    ['cli/main.ts', '../platform/browser/gpu.ts'],
    ['cli/main.ts', '../kernels/conv2d.ts'],
    ['kernels/conv2d.ts', '../../shaders/conv2d.wgsl'],
    ['web/view/app.tsx', '../worker/studio.ts'],
    ['web/view/app.tsx', '../../transfer/stylize.ts'],
    ['web/model/page.ts', '../view/app.tsx'],
    ['web/model/page.ts', '../../transfer/run.ts'],
    ['web/bench/view.tsx', '../../../tools/bench/output.ts'],
    ['attic/old.ts', './other.ts'],
  ])('%s may not import %s', (file, specifier) => {
    expect(importProblem(file, line(specifier))).not.toBeNull();
  });

  it('lets platforms import types, and only types, from core', () => {
    expect(importProblem('platform/node/gpu.ts', line('../../core/device.ts', true))).toBeNull();
    expect(importProblem('platform/node/gpu.ts', line('../../core/device.ts', false))).not.toBeNull();
  });

  it('sees static, type, side-effect, re-exporting and dynamic imports, but not those in comments', () => {
    const source = [
      "import { a } from './a.ts';",
      "import type { B } from './b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      "import {\n  e,\n} from './e.ts';",
      "const f = await import('./f.ts');",
      'const g = await import(name);',
      "// import { h } from './h.ts';",
      "const i = 'not an import';",
    ].join('\n');
    expect(importsOf(source)).toEqual([
      line('./a.ts'),
      line('./b.ts', true),
      line('./c.ts'),
      line('./d.ts'),
      line('./e.ts'),
      line('./f.ts'),
      line('(computed)'),
    ]);
  });

  it('finds globals in code, not in comments, strings or properties', () => {
    expect(globalProblems('core/device.ts', 'const gpu = navigator.gpu;')).toHaveLength(1);
    expect(globalProblems('core/device.ts', ['const text = `$', '{process.env.HOME}`;'].join(''))).toHaveLength(1);
    expect(globalProblems('core/device.ts', "// the process\nlog('document', job.process, { process: 1 });")).toEqual(
      [],
    );
    expect(globalProblems('cli/main.ts', 'process.exitCode = 1;')).toEqual([]);
    expect(globalProblems('cli/main.ts', 'document.title = "";')).toHaveLength(1);
    expect(globalProblems('platform/browser/gpu.ts', 'navigator.gpu')).toEqual([]);
  });
});

/** What is wrong with an import of `file` (from src/), null when nothing is. */
function importProblem(file: string, { specifier, typeOnly }: ImportLine): string | null {
  const room = roomOf(file);
  if (room === undefined) return `src/${file} lies in no room of the table`;
  const allowed = specifier.startsWith('.')
    ? mayImportFile(room, path.join(path.dirname(file), specifier), typeOnly)
    : mayImportPackage(room, file, specifier);
  return allowed ? null : `src/${file}: ${room.place} may not import ${specifier}`;
}

function roomOf(file: string): Room | undefined {
  return rooms.find(({ place }) => lies(file, place));
}

function lies(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function mayImportFile(room: Room, target: string, typeOnly: boolean): boolean {
  if (target.startsWith('../')) return (room.outside ?? []).some((place) => lies(target.slice('../'.length), place));
  const places = [room.place, ...room.may, ...(typeOnly ? (room.mayTypes ?? []) : [])];
  return places.some((place) => lies(target, place));
}

function mayImportPackage(room: Room, file: string, specifier: string): boolean {
  const packageName = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const holders = packageHolders.get(packageName);
  if (holders !== undefined) return holders.includes(file);
  return specifier.startsWith('node:') ? room.packages === 'npm and node:' : room.packages !== undefined;
}

function globalProblems(file: string, source: string): readonly string[] {
  const code = codeOnly(source);
  const allowed: readonly string[] = roomOf(file)?.globals ?? [];
  return ['process', 'document', 'navigator']
    .filter((name) => !allowed.includes(name))
    .filter((name) => new RegExp(`(?<![.\\w$])(?:globalThis\\.)?${name}\\b(?!\\s*:)`).test(code))
    .map((name) => `src/${file} touches ${name}`);
}
