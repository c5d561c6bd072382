/** Specialising a module: header constants and marked loops, on text and, for every module that has them, on the device. */

import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ShapeError } from '../../src/core/errors.ts';
import { specialiseShader, storedTypeAlias } from '../../src/core/shader.ts';
import { conv2dTilesKernel } from '../../src/kernels/conv2d-tiles.ts';
import { gemmLanesKernel } from '../../src/kernels/gemm-lanes.ts';
import { gemmTilesKernel, gemmTransposedTilesKernel } from '../../src/kernels/gemm-tiles.ts';
import { tileConstants, tileNames } from '../../src/kernels/tiles.ts';
import { winogradInputKernel, winogradOutputKernel } from '../../src/kernels/winograd-lanes.ts';
import { winogradInputTilesKernel, winogradOutputTilesKernel } from '../../src/kernels/winograd-tiles.ts';
import { winograd2InputKernel, winograd2OutputKernel } from '../../src/kernels/winograd2-lanes.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { useGpu } from '../support/gpu.ts';

const gpu = useGpu();

const withHeader = (body: string): string =>
  ['// header', 'const LANES: u32 = 8u;  // lanes', 'const KC: u32 = 128u;', '// end header', body].join('\n');

/** A loop as the modules write it. */
const loop = (variable: string, bound: string, body: string): string =>
  ['  // unroll', `  for (var ${variable} = 0u; ${variable} < ${bound}; ${variable}++) {`, body, '  }', ''].join('\n');

/** Source without blanks, so that a test says what is left and not how it is indented. */
const dense = (source: string): string => source.replace(/\s+/g, '');

describe('header constants', () => {
  it('take the value that is given, and keep their line', () => {
    const result = specialiseShader('a.wgsl', withHeader('fn f() {}'), { LANES: 16 });
    expect(result).toBe(withHeader('fn f() {}').replace('= 8u;', '= 16u;'));
  });

  it('stay as they are without a value', () => {
    expect(specialiseShader('a.wgsl', withHeader('fn f() {}'))).toBe(withHeader('fn f() {}'));
  });

  it('may be made of earlier ones, with the values those were given', () => {
    const source = '// header\nconst A: u32 = 4u;\nconst B: u32 = A * 3u / 2u;\n// end header\n';
    expect(specialiseShader('a.wgsl', source, { A: 8 })).toContain('const B: u32 = 12u;');
  });

  it('leave constants outside the header alone', () => {
    const source = withHeader('const OTHER: u32 = 3u;');
    expect(() => specialiseShader('a.wgsl', source, { OTHER: 4 })).toThrow(ShapeError);
  });

  it.each([
    ['another name', withHeader('')],
    ['no header at all', 'fn f() {}'],
  ])('are refused with %s', (_, source) => {
    expect(() => specialiseShader('a.wgsl', source, { V: 4 })).toThrow(/^a\.wgsl: .*'const V: u32/);
  });
});

describe('stored types', () => {
  const withAlias =
    'enable subgroups;\n// header\nalias Input = f32;  // how\nalias Output = f32;\n// end header\nfn f() {}\n';

  it('become f16 where that is asked for, the extension enabled on the first line', () => {
    expect(specialiseShader('a.wgsl', withAlias, { Input: 'f16' })).toBe(
      `enable f16; ${withAlias.replace('alias Input = f32;', 'alias Input = f16;')}`,
    );
  });

  it('stay f32 otherwise', () => {
    expect(specialiseShader('a.wgsl', withAlias)).toBe(withAlias);
  });

  it.each([
    ['another name', withAlias],
    ['no header at all', 'alias Bias = f32;'],
  ])('are refused with %s', (_, source) => {
    expect(() => specialiseShader('a.wgsl', source, { Bias: 'f16' })).toThrow(/^a\.wgsl: .*'alias Bias = f32;'/);
  });

  it('are named after their binding', () => {
    expect(['a', 'input', 'gradInput'].map(storedTypeAlias)).toEqual(['A', 'Input', 'GradInput']);
  });
});

describe('marked loops', () => {
  it('are written out, the variable replaced by literals', () => {
    const result = specialiseShader('a.wgsl', loop('i', '3u', '    a[i] = b[i + 1u] * index;'));
    expect(dense(result)).toBe('{a[0u]=b[0u+1u]*index;}{a[1u]=b[1u+1u]*index;}{a[2u]=b[2u+1u]*index;}');
  });

  it('take their bound from the header, with the value that was given', () => {
    const source = withHeader(loop('i', 'KC / LANES', '    s += a[i];'));
    expect(specialiseShader('a.wgsl', source, { LANES: 64 }).match(/s \+= a\[\du\];/g)).toHaveLength(2);
    expect(specialiseShader('a.wgsl', source).match(/s \+= a\[\d+u\];/g)).toHaveLength(16);
  });

  it('nest', () => {
    const source = loop('i', '2u', loop('j', '2u', '    a[i][j] += 1.0;'));
    expect(dense(specialiseShader('a.wgsl', source))).toBe(
      '{{a[0u][0u]+=1.0;}{a[0u][1u]+=1.0;}}{{a[1u][0u]+=1.0;}{a[1u][1u]+=1.0;}}',
    );
  });

  it('stand one after the other, with braces inside, and leave unmarked loops alone', () => {
    const plain = '  for (var k = 0u; k < 2u; k++) { if (k > 0u) { x(k); } }\n';
    const source = `${loop('i', '1u', '    if (i > 0u) { x(i); } else { y(); }')}${plain}${loop('i', '2u', '    z(i);')}`;
    expect(dense(specialiseShader('a.wgsl', source))).toBe(
      `{if(0u>0u){x(0u);}else{y();}}${dense(plain)}{z(0u);}{z(1u);}`,
    );
  });

  it('vanish when they run no times', () => {
    expect(dense(specialiseShader('a.wgsl', `a();\n${loop('i', '0u', '    b(i);')}c();`))).toBe('a();c();');
  });

  it('are refused without their closing brace', () => {
    const source = loop('i', '2u', '    if (i > 0u) {\n      x(i);');
    expect(() => specialiseShader('a.wgsl', source)).toThrow(
      /^a\.wgsl: a loop marked '\/\/ unroll' has no closing brace/,
    );
  });

  it('are refused when the mark stands above another form of loop', () => {
    const source = '  // unroll\n  for (var i = 0u; i < 4u; i += 2u) {\n    x(i);\n  }\n';
    expect(() => specialiseShader('a.wgsl', source)).toThrow("'// unroll' stands above something else");
  });

  it.each(['params.count', 'UNKNOWN', 'KC - 1u', 'KC KC', ''])("are refused with the bound '%s'", (bound) => {
    const source = withHeader(loop('i', bound === '' ? ' ' : bound, '    x(i);'));
    expect(() => specialiseShader('a.wgsl', source)).toThrow(/^a\.wgsl: cannot evaluate/);
  });

  it('evaluate products and quotients as WGSL does, from left to right and rounding down', () => {
    const factor = fc.record({ operator: fc.constantFrom('*', '/'), value: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.array(factor, { maxLength: 3 }), (first, factors) => {
        const count = factors.reduce(
          (n, { operator, value }) => (operator === '*' ? n * value : Math.floor(n / value)),
          first,
        );
        const bound = [`${first}u`, ...factors.map(({ operator, value }) => `${operator} ${value}u`)].join(' ');
        const result = specialiseShader('a.wgsl', loop('i', bound, '    x(i);'));
        expect(result.match(/x\(\d+u\);/g) ?? []).toHaveLength(count);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the modules', () => {
  it.each(readdirSync(new URL('../../shaders/', import.meta.url)))(
    '%s is the same without constants, but for its loops',
    (file) => {
      const source = readShader(file);
      if (!source.includes('// unroll')) expect(specialiseShader(file, source)).toBe(source);
      else expect(specialiseShader(file, source)).not.toContain('// unroll');
    },
  );

  const lanes = [4, 8, 16];
  const variants = [
    ...lanes.flatMap((LANES) => [64, 128].map((KC) => ({ kernel: gemmLanesKernel, constants: { LANES, KC } }))),
    ...lanes.flatMap((LANES) =>
      [winogradInputKernel, winogradOutputKernel, winograd2InputKernel, winograd2OutputKernel].map((kernel) => ({
        kernel,
        constants: { LANES },
      })),
    ),
    ...tileNames.map(tileConstants).flatMap((constants) => [
      { kernel: conv2dTilesKernel, constants },
      { kernel: gemmTilesKernel, constants },
      { kernel: gemmTransposedTilesKernel, constants },
    ]),
    ...[winogradInputTilesKernel, winogradOutputTilesKernel].map((kernel) => ({ kernel, constants: {} })),
  ].map((variant) => ({ ...variant, name: `${variant.kernel.shader} ${JSON.stringify(variant.constants)}` }));

  it.each(variants.map((each) => [each.name, each] as const))('%s compiles', async (name, { kernel, constants }) => {
    await gpu().checked(name, () => gpu().kernels.get(kernel, constants));
  });
});
