/** Files that are written whole or not at all. The tests may run as root, so no permission bits are relied on. */

import { chmod, mkdir, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import {
  checkWritable,
  previousPath,
  writeFileAtomically,
  writeKeepingPrevious,
} from '../../src/platform/node/atomic-file.ts';
import { temporaryFolder } from './picture-files.ts';

const { file, folder, path } = temporaryFolder();
const temporaries = async () => (await readdir(folder)).filter((name) => name.endsWith('.tmp'));

describe('writeKeepingPrevious', () => {
  test('keeps the one before, whatever a killed process has left beside it', async () => {
    const [target, text] = [path('kept.checkpoint'), (name: string) => readFile(name, 'utf8')];
    for (const content of ['one', 'two', 'three']) {
      await file('kept.checkpoint.partial', 'a part of what was');
      await writeKeepingPrevious(target, new TextEncoder().encode(content));
    }
    expect([await text(target), await text(previousPath(target))]).toEqual(['three', 'two']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('leaves both as they are where the file cannot be written', async () => {
    await file('whole.checkpoint', 'two');
    await file('whole.checkpoint.previous', 'one');
    await mkdir(path('whole.checkpoint.partial'));
    const writing = writeKeepingPrevious(path('whole.checkpoint'), Uint8Array.of(3));
    await expect(writing).rejects.toThrow('whole.checkpoint: expected a file that can be written, but in folder');
    expect(await readFile(path('whole.checkpoint'), 'utf8')).toBe('two');
    expect(await readFile(path('whole.checkpoint.previous'), 'utf8')).toBe('one');
  });
});

describe('writeFileAtomically', () => {
  test('writes text and bytes, and replaces what was there', async () => {
    await writeFileAtomically(path('result.json'), '{"loss": 1}\n');
    expect(await readFile(path('result.json'), 'utf8')).toBe('{"loss": 1}\n');
    await writeFileAtomically(path('result.json'), Uint8Array.of(1, 2, 3));
    expect([...(await readFile(path('result.json')))]).toEqual([1, 2, 3]);
    expect(await temporaries()).toEqual([]);
  });

  test('keeps the permissions of the file it replaces', async () => {
    const target = await file('private.json', 'old');
    await chmod(target, 0o600);
    await writeFileAtomically(target, 'new');
    expect((await stat(target)).mode & 0o777).toBe(0o600);
  });

  test('follows a symbolic link instead of replacing it', async () => {
    await file('real.json', 'old');
    await symlink('real.json', path('link.json'));
    await writeFileAtomically(path('link.json'), 'new');
    expect(await readlink(path('link.json'))).toBe('real.json');
    expect(await readFile(path('real.json'), 'utf8')).toBe('new');
  });

  test('many writers at once leave one whole file', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomically(path('raced.txt'), content)));
    expect(contents).toContain(await readFile(path('raced.txt'), 'utf8'));
    expect(await temporaries()).toEqual([]);
  });

  test('a name of the greatest length works', async () => {
    await writeFileAtomically(path('n'.repeat(255)), 'x');
    expect((await stat(path('n'.repeat(255)))).size).toBe(1);
  });
});

describe('an unwritable path is refused by both, with nothing created', () => {
  const cases: readonly (readonly [name: string, problem: () => string])[] = [
    ['missing/result.json', () => `the folder ${path('missing')} does not exist`],
    ['plain/result.json', () => 'a part of its path is a file, not a folder'],
    ['taken', () => 'it is a folder'],
    ['ends-like-a-folder/', () => 'it ends like a folder'],
    ['loop', () => 'its symbolic links form a loop'],
    [`${'n'.repeat(256)}`, () => 'its name is too long'],
  ];
  test.each(cases)('%s', async (name, problem) => {
    await file('plain', 'a file');
    await mkdir(path('taken'), { recursive: true });
    await symlink('loop', path('loop')).catch(() => {});
    const target = `${folder}/${name}`;
    const before = await readdir(folder);
    const error = new InputError(
      `${target}: expected a file that can be written, but ${problem()}; choose another output path`,
    );
    await expect(checkWritable(target)).rejects.toThrow(error);
    await expect(writeFileAtomically(target, 'x')).rejects.toThrow(error);
    expect(await readdir(folder)).toEqual(before);
  });

  test('a device is not replaced', async () => {
    await expect(writeFileAtomically('/dev/null', 'x')).rejects.toThrow('it is a device or a pipe, not a regular file');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('an empty name', async () => {
    await expect(checkWritable('')).rejects.toThrow('expected the name of a file to write, got an empty one');
  });
});

describe('checkWritable', () => {
  test('neither creates the target nor changes it', async () => {
    await checkWritable(path('later.json'));
    expect(await readdir(folder)).not.toContain('later.json');
    await file('old.json', 'old');
    await checkWritable(path('old.json'));
    expect(await readFile(path('old.json'), 'utf8')).toBe('old');
    expect(await temporaries()).toEqual([]);
  });
});
