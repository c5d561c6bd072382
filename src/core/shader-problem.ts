/** What a compiler says of a module, in terms of its file: `shaders/relu_forward.wgsl:12:7: unresolved value 'x' in 'let y = x;'`. */

import { oneLine } from './errors.ts';
import { type HeaderConstants, placeInFile, specialise } from './shader.ts';

/**
 * The first error of a module made of a file of `shaders/`; undefined where it compiles. It is compiled for that once more, so that what
 * compiles costs nothing: ask after something was refused.
 */
export async function shaderProblem(
  device: GPUDevice,
  made: { readonly fileName: string; readonly source: string; readonly constants: HeaderConstants },
): Promise<string | undefined> {
  const { fileName, source, constants } = made;
  const specialised = specialise(fileName, source, constants);
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: specialised.code });
  const refused = device.popErrorScope();
  const [{ messages }] = await Promise.all([module.getCompilationInfo(), refused]);
  const error = messages.find(({ type }) => type === 'error');
  if (error === undefined) return undefined;
  const { lineNum, linePos } = error;
  const message = oneLine(error.message);
  const file = `shaders/${fileName}`;
  // Not every error has a place.
  if (lineNum === 0) return `${file}: ${message}`;
  const { line, column, text, compiled } = placeInFile(source, specialised, { line: lineNum, column: linePos });
  const asCompiled = compiled.trim() === text.trim() ? '' : `, compiled as '${compiled.trim()}'`;
  return `${file}:${line}:${column}: ${message} in '${text.trim()}'${asCompiled}`;
}
