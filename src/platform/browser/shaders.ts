/** The shaders, part of the built page. */

import { ShapeError } from '../../core/errors.ts';

const texts: Readonly<Record<string, string>> = import.meta.glob('../../../shaders/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const byName = new Map(Object.entries(texts).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]));

/** The text of a file in `shaders/`. @throws ShapeError where there is none of that name. */
export function readShader(fileName: string): string {
  const text = byName.get(fileName);
  if (text === undefined) throw new ShapeError(`there is no shader '${fileName}'`);
  return text;
}
