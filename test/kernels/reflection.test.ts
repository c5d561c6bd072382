/** Each kernel's description in TypeScript against its module, as wgsl_reflect reads it. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

import type { KernelDefinition } from '../../src/core/kernel.ts';
import { type HeaderConstants, specialiseShader } from '../../src/core/shader.ts';
import { tileConstants, tileNames } from '../../src/kernels/tiles.ts';
import { lbfgsStructs } from '../../src/optimizers/lbfgs-structs.ts';

const shaderFolder = new URL('../../shaders/', import.meta.url);

function isKernelDefinition(value: unknown): value is KernelDefinition {
  return typeof value === 'object' && value !== null && 'shader' in value && 'bindings' in value && 'params' in value;
}

interface Found {
  readonly exported: string;
  readonly shader: string;
  readonly definition: KernelDefinition;
}

/** Every kernel definition that a file of these folders exports. */
async function definitionsIn(folders: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const folder of folders) {
    const url = new URL(`../../src/${folder}/`, import.meta.url);
    for (const file of readdirSync(url).filter((name) => name.endsWith('.ts'))) {
      const module: Readonly<Record<string, unknown>> = await import(new URL(file, url).href);
      for (const [name, value] of Object.entries(module)) {
        // An update rule brings its kernel along.
        const definition = typeof value === 'object' && value !== null && 'kernel' in value ? value.kernel : value;
        if (!isKernelDefinition(definition)) continue;
        found.push({ exported: `${folder}/${file} ${name}`, shader: definition.shader, definition });
      }
    }
  }
  return found;
}

const found = await definitionsIn(['kernels', 'optimizers']);

const sourceOf = (shader: string): string => readFileSync(new URL(shader, shaderFolder), 'utf8');

// wgsl_reflect takes the identifier `block` for a keyword of old WGSL.
const moduleOf = (shader: string): WgslReflect => new WgslReflect(sourceOf(shader).replace(/\bblock\b/g, 'block_'));

/** Bindings and parameters of a module, in the form of a kernel definition. */
function reflect(shader: string): Pick<KernelDefinition, 'bindings' | 'params'> {
  const module = moduleOf(shader);
  const storage = [...module.storage].sort((a, b) => a.binding - b.binding);
  expect(storage.map(({ group, binding }) => [group, binding])).toEqual(storage.map((_, index) => [0, index]));
  const uniforms = module.uniforms.map(({ name, group, binding }) => ({ name, group, binding }));
  const params = module.structs.find(({ name }) => name === 'Params')?.members ?? [];
  expect(uniforms).toEqual(params.length > 0 ? [{ name: 'params', group: 0, binding: storage.length }] : []);
  const scalars = { u32: 'u32', i32: 'i32', f32: 'f32' } as const;
  const isScalar = (type: string): type is keyof typeof scalars => type in scalars;
  return {
    bindings: Object.fromEntries(storage.map(({ name, access }) => [name, access === 'read' ? 'read' : 'readWrite'])),
    params: Object.fromEntries(
      params.map(({ name, type }) => {
        if (!isScalar(type.name)) throw new Error(`${shader}: Params.${name} is ${type.name}`);
        return [name, scalars[type.name]];
      }),
    ),
  };
}

describe('kernel definitions', () => {
  it.each(found.map((each) => [each.exported, each.shader, each] as const))(
    '%s describes %s',
    (_name, _shader, { definition }) => {
      const { bindings, params } = reflect(definition.shader);
      // As lists: the order is the binding's number and the member's offset.
      expect(Object.entries(definition.bindings)).toEqual(Object.entries(bindings));
      expect(Object.entries(definition.params)).toEqual(Object.entries(params));
    },
  );

  it('claim every shader, and each only once', () => {
    const claimed = found.map(({ shader }) => shader).sort();
    expect(claimed).toEqual(
      readdirSync(shaderFolder)
        .filter((name) => name.endsWith('.wgsl'))
        .sort(),
    );
  });
});

/** The header constants of each tile shape. */
const tileShapes = tileNames.map(tileConstants);

/** Of an integer, a constant of the module, or a product and quotient of them. */
function integerOf(expression: string, code: string): number {
  const [first = '', ...rest] = expression.trim().split(/\s*([*/])\s*/);
  const factor = (word: string): number => {
    if (/^\d/.test(word)) return Number.parseInt(word, 10);
    const named = new RegExp(`^const ${word}(?:: u32)? = ([^;]+);`, 'm').exec(code)?.[1];
    if (named === undefined) throw new Error(`'${word}' is no constant of the module`);
    return integerOf(named, code);
  };
  let value = factor(first);
  for (let i = 0; i < rest.length; i += 2) {
    const by = factor(rest[i + 1] ?? '');
    value = rest[i] === '*' ? value * by : Math.floor(value / by);
  }
  return value;
}

/** Bytes of a type in workgroup memory. */
function bytesOf(type: string, code: string, module: WgslReflect): number {
  const [, element, count] = /^array<(.+), ([^,]+)>$/.exec(type) ?? [];
  if (element !== undefined && count !== undefined) return integerOf(count, code) * bytesOf(element, code, module);
  const scalars: Readonly<Record<string, number>> = { f32: 4, u32: 4, i32: 4, vec4f: 16 };
  const bytes = scalars[type] ?? module.structs.find(({ name }) => name === type)?.size;
  if (bytes === undefined) throw new Error(`${type}: a type whose size this test does not know`);
  return bytes;
}

/** What WebGPU promises of every adapter. A kernel of `lanes` runs where there are subgroups only, and keeps to it all the same. */
const promised = { storageBuffers: 8, workgroupBytes: 16_384, invocations: 256 };

describe('every kernel', () => {
  const madeWith = found.flatMap(({ shader }): (readonly [string, HeaderConstants])[] => {
    if (shader.endsWith('.tiles.wgsl') && sourceOf(shader).includes('TILE_M'))
      return tileShapes.map((shape) => [shader, shape]);
    if (shader.endsWith('.lanes.wgsl')) return [[shader, { LANES: 16 }]];
    return [[shader, {}]];
  });

  it.each(madeWith)('%s %j stays within the limits that WebGPU promises', (shader, constants) => {
    const code = specialiseShader(shader, sourceOf(shader), constants).replace(/\bblock\b/g, 'block_');
    const module = new WgslReflect(code);
    expect(module.storage.length).toBeLessThanOrEqual(promised.storageBuffers);
    const shared = [...code.matchAll(/var<workgroup>\s+\w+\s*:\s*([^;]+);/g)].map(([, type = '']) => type);
    const bytes = shared.map((type) => bytesOf(type, code, module));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(promised.workgroupBytes);
    const size = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1]?.split(',') ?? [];
    const invocations = size.map((extent) => integerOf(extent, code)).reduce((product, extent) => product * extent, 1);
    expect(invocations).toBeGreaterThan(0);
    expect(invocations).toBeLessThanOrEqual(promised.invocations);
  });
});

describe('structs of L-BFGS', () => {
  const shaders = found.map(({ shader }) => shader).filter((shader) => shader.startsWith('lbfgs_'));

  it.each(Object.entries(lbfgsStructs))(
    '%s is the same in the table and in every shader that has it',
    (name, table) => {
      const members = shaders.flatMap((shader) => {
        const struct = moduleOf(shader).structs.find((each) => each.name === name);
        return struct === undefined ? [] : [struct.members.map((member) => [member.name, member.type.name])];
      });
      expect(members.length).toBeGreaterThan(0);
      for (const each of members) expect(each).toEqual(Object.entries(table));
    },
  );

  // Rows of `partial` have no struct: a row is as long as there are invocations.
  it.each([
    ['lbfgs_candidate.wgsl', 'CandidateProducts', /partial\[(?:(\d)u \* )?(columns \+ )?column\] = (\w+);/g],
    ['lbfgs_products.wgsl', 'PairProducts', /partial\[first(?: \+ (?:(\d)u \* )?(columns))?\] = (\w+)\[k\];/g],
  ] as const)('%s writes its rows in the order of %s', (shader, name, row) => {
    const rows = [...sourceOf(shader).matchAll(row)].map(
      ([, factor, isPast, product]) => [factor ?? (isPast === undefined ? '0' : '1'), product] as const,
    );
    expect(rows).toEqual(Object.keys(lbfgsStructs[name]).map((member, index) => [String(index), member]));
  });
});
