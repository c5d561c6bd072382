/** The engine's shaders and the benchmark's own, part of the built page. */

import copy from '../../bench/copy.wgsl?raw';
import multiplyAdd from '../../bench/multiply_add.wgsl?raw';
import noOp from '../../bench/no_op.wgsl?raw';
import { readShader } from '../../platform/browser/shaders.ts';

const own = new Map([
  ['copy.wgsl', copy],
  ['multiply_add.wgsl', multiplyAdd],
  ['no_op.wgsl', noOp],
]);

export function readBenchShader(fileName: string): string {
  return own.get(fileName) ?? readShader(fileName);
}
