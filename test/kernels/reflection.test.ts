/** Each kernel's description in TypeScript against its module, as wgsl_reflect reads it. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

import type { KernelDefinition } from '../../src/core/kernel.ts';

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
      for (const [name, definition] of Object.entries(module)) {
        if (!isKernelDefinition(definition)) continue;
        found.push({ exported: `${folder}/${file} ${name}`, shader: definition.shader, definition });
      }
    }
  }
  return found;
}

const found = await definitionsIn(['kernels', 'optimizers']);

/** Bindings and parameters of a module, in the form of a kernel definition. */
function reflect(shader: string): Pick<KernelDefinition, 'bindings' | 'params'> {
  // wgsl_reflect takes the identifier `block` for a keyword of old WGSL.
  const source = readFileSync(new URL(shader, shaderFolder), 'utf8').replace(/\bblock\b/g, 'block_');
  const module = new WgslReflect(source);
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
