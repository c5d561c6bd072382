/** Modules that do not compile: the error names the file's own line, whatever the loader made of it. */

import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceError } from '../../src/core/errors.ts';
import { Gpu } from '../../src/core/gpu.ts';
import { defineKernel } from '../../src/core/kernel.ts';
import { Program } from '../../src/core/program.ts';
import { type HeaderConstants, placeInFile, specialise } from '../../src/core/shader.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { storedTypeAliases } from '../../tools/shader-rules.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();
const kernel = defineKernel({ shader: 'broken.wgsl', bindings: { output: 'readWrite' }, params: {} });

/** A module with a loop that is written out, a header and a stored type, around `statement` in the loop and `last` after it. */
const module = (statement: string, last = ''): string =>
  [
    '// broken: only for tests',
    '// header',
    'const COUNT: u32 = 2u;',
    'alias Output = f32;',
    '// end header',
    '@group(0) @binding(0) var<storage, read_write> output: array<Output>;  // [COUNT]',
    '@compute @workgroup_size(1)',
    'fn main() {',
    '  // unroll',
    '  for (var i = 0u; i < COUNT; i++) {',
    `    ${statement}`,
    '  }',
    `  ${last}`,
    '}',
    '',
  ].join('\n');

/** A device whose only shader is `source`. */
function withShader(source: string, compileAside = false): Gpu {
  const { device, profile } = gpu();
  return new Gpu({ device, profile, shaders: () => source, instance: device, compileAside });
}

const get = (source: string, constants: HeaderConstants = {}): Promise<unknown> => {
  const broken = withShader(source);
  return broken.checked('the test', () => broken.kernels.get(kernel, constants));
};

describe('a shader that does not compile is named by file, line and column with its line', () => {
  it('in a line as it stands', async () => {
    const made = get(module('output[i] = Output(0);', 'output[0] = nothing;'));
    await expect(made).rejects.toThrow(DeviceError);
    await expect(made).rejects.toThrow(
      /^the test was refused by WebGPU: shaders\/broken\.wgsl:13:15: unresolved value 'nothing' in 'output\[0\] = nothing;'$/,
    );
  });

  it('behind a loop that was written out sixteen times', async () => {
    const made = get(module('output[i] = Output(0);', 'output[0] = nothing;'), { COUNT: 16 });
    await expect(made).rejects.toThrow("shaders/broken.wgsl:13:15: unresolved value 'nothing'");
  });

  it('within such a loop, with what the line became', async () => {
    const made = get(module('output[i] = Output(i) + nothing;'), { COUNT: 16 });
    await expect(made).rejects.toThrow(
      "shaders/broken.wgsl:11:29: unresolved value 'nothing' in 'output[i] = Output(i) + nothing;', compiled as 'output[0u] = Output(0u) + nothing;'",
    );
  });

  it('where a replacement is what is wrong', async () => {
    const made = get(module('var two: array<f32, 2>; output[i] = Output(two[i + 1u]);'));
    await expect(made).rejects.toThrow(
      /shaders\/broken\.wgsl:11:\d+: .*, compiled as 'var two: .*two\[1u \+ 1u\]\);'$/,
    );
  });

  it('with a stored type that is f16', async () => {
    const made = get(module('output[i] = Output(0);', 'output[0] = nothing;'), { Output: 'f16' });
    await expect(made).rejects.toThrow("shaders/broken.wgsl:13:15: unresolved value 'nothing'");
  });

  it('where it does not even parse', async () => {
    const made = get(module('output[i] = Output(0);', 'output[0] = 1.0'));
    await expect(made).rejects.toThrow(/shaders\/broken\.wgsl:14:1: .* in '}'$/);
  });

  it('when it is compiled beside other work', async () => {
    const broken = withShader(module('nothing();'), true);
    await expect(broken.checked('the test', () => broken.kernels.get(kernel))).rejects.toThrow(
      "shaders/broken.wgsl:11:5: unresolved call target 'nothing'",
    );
    await expect(broken.kernels.get(kernel).ready()).rejects.toThrow(
      "a kernel could not be compiled: shaders/broken.wgsl:11:5: unresolved call target 'nothing'",
    );
  });

  it('where nobody checked while it was recorded', async () => {
    // A device of its own: the error would stay with the one of the other tests.
    const { openGpu } = await import('../../src/platform/node/gpu.ts');
    const own = await openGpu();
    onTestFinished(() => own[Symbol.dispose]());
    const broken = new Gpu({
      device: own.device,
      profile: own.profile,
      shaders: () => module('nothing();'),
      instance: own,
    });
    using program = new Program(broken, 'unchecked');
    const output = broken.buffers.allocate('output', 16);
    onTestFinished(() => broken.buffers.release(output));
    program.dispatch(kernel, { bindings: { output }, params: {}, grid: [1] });
    await expect(broken.idle()).rejects.toThrow(DeviceError);
    await expect.poll(() => broken.idle().then(String, String)).toContain('shaders/broken.wgsl:11:5');
  });

  it('but not where the shader is right and something else was refused', async () => {
    const sound = withShader(module('output[i] = Output(0);'));
    const refused = sound.checked('the test', () => {
      sound.kernels.get(kernel);
      sound.device.createBuffer({ size: 4, usage: 0 });
    });
    await expect(refused).rejects.toThrow(/^the test was refused by WebGPU: (?!shaders)/);
  });
});

/** What is left of a line whose words may have been replaced. */
const skeleton = (line: string): string => line.replace(/\/\/.*/, '').replace(/\w+|\s/g, '');

it.each(readdirSync(new URL('../../shaders/', import.meta.url)))(
  '%s: every line comes from one like it',
  (fileName) => {
    const source = readShader(fileName);
    const halves = Object.fromEntries(storedTypeAliases(source).map((alias) => [alias, 'f16'] as const));
    for (const constants of [{}, halves]) {
      const specialised = specialise(fileName, source, constants);
      const lines = specialised.code.replace('enable f16; ', '').split('\n');
      expect(specialised.origins).toHaveLength(lines.length);
      lines.forEach((compiled, index) => {
        const place = placeInFile(source, specialised, { line: index + 1, column: 1 });
        expect(place.text).toBe(source.split('\n')[place.line - 1]);
        const isOpening = compiled.trim() === '{' && /^\s*for \(/.test(place.text);
        const isHeader = /^const /.test(compiled);
        if (!isOpening && !isHeader) expect(skeleton(compiled), `line ${place.line}`).toBe(skeleton(place.text));
      });
    }
  },
);
