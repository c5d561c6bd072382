/**
 * The conventions of `shaders/*.wgsl` that can be read off the source: header comment, one entry point `main`, order and
 * shape comments of the bindings, members of `Params`, names of overrides, stored types. Not here: whether it compiles.
 */

import { type StructInfo, type VariableInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { storedTypeAlias } from '../src/core/shader.ts';

/** Every way in which a shader departs from the conventions, one sentence each; empty when it follows them. */
export function shaderProblems(source: string): readonly string[] {
  let shader: WgslReflect;
  try {
    shader = parseShader(source);
  } catch (error) {
    return [`wgsl_reflect cannot parse it: ${error instanceof Error ? error.message : String(error)}`];
  }
  return [
    ...headerProblems(source),
    ...entryProblems(shader),
    ...bindingProblems(shader),
    ...shapeCommentProblems(source),
    ...storedTypeProblems(source),
    ...shader.structs.filter((struct) => struct.name === 'Params').flatMap(paramsProblems),
    ...shader.overrides
      .filter(({ name }) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name))
      .map(({ name }) => `override ${name} is not UPPER_SNAKE`),
  ];
}

/** Reflects on a shader. wgsl_reflect takes the identifier `block` for a keyword of old WGSL: it gets another name. */
function parseShader(source: string): WgslReflect {
  return new WgslReflect(source.replace(/\bblock\b/g, 'block_'));
}

function headerProblems(source: string): readonly string[] {
  return /^\/[/*]\s*\S/.test(source) ? [] : ['it does not begin with a comment that says what it computes'];
}

function entryProblems({ entry }: WgslReflect): readonly string[] {
  const names = [...entry.compute, ...entry.vertex, ...entry.fragment].map(({ name }) => name);
  const onlyMain = entry.compute.length === 1 && names.length === 1 && names[0] === 'main';
  return onlyMain ? [] : [`its entry points are [${names.join(', ')}], expected one compute entry point main`];
}

function bindingProblems(shader: WgslReflect): readonly string[] {
  const { storage, uniforms, textures, samplers } = shader;
  const bindings = [...storage, ...uniforms, ...textures, ...samplers].sort((a, b) => a.binding - b.binding);
  const problems: string[] = [];
  let previousRank = 0;
  for (const [index, variable] of bindings.entries()) {
    if (variable.group !== 0) problems.push(`${variable.name} is in group ${variable.group}, expected group 0`);
    if (variable.binding !== index)
      problems.push(`${variable.name} has binding ${variable.binding}, expected ${index}`);
    const rank = bindingRank(shader, variable);
    if (rank === null) problems.push(`${variable.name} is neither storage nor the uniform params of type Params`);
    else if (rank < previousRank) problems.push(`${variable.name} is out of order: read, then read_write, then params`);
    previousRank = rank ?? previousRank;
  }
  return problems;
}

/** Place of a binding's kind in the fixed order; null for kinds that kernels do not use. */
function bindingRank({ storage, uniforms }: WgslReflect, variable: VariableInfo): number | null {
  if (storage.includes(variable)) return variable.access === 'read_write' ? 1 : 0;
  const isParams = uniforms.includes(variable) && variable.name === 'params' && variable.type.name === 'Params';
  return isParams ? 2 : null;
}

/** A storage binding says its shape at the end of its line. */
function shapeCommentProblems(source: string): readonly string[] {
  const declarations = source.matchAll(/^@group.*var<storage[^>]*>\s*(\w+).*$/gm);
  return [...declarations]
    .filter(([line]) => !/;\s*\/\/\s*\S/.test(line))
    .map(([, name]) => `storage ${name} lacks the comment with its shape at the end of its line`);
}

/** The names of the types that the loader may make f16. */
export function storedTypeAliases(source: string): readonly string[] {
  return [...source.matchAll(/^alias (\w+) =/gm)].map(([, name = '']) => name);
}

/** An alias is the stored type of the binding it is named after. */
function storedTypeProblems(source: string): readonly string[] {
  const storedAs = new Map(
    [...source.matchAll(/^@group.*var<storage[^>]*>\s*(\w+): array<(?:vec\d<)?(\w+)/gm)].map(
      ([, name = '', type = '']) => [storedTypeAlias(name), type],
    ),
  );
  return storedTypeAliases(source)
    .filter((alias) => storedAs.get(alias) !== alias)
    .map((alias) => `alias ${alias} is not the type of the elements of a binding of that name`);
}

function paramsProblems({ members }: StructInfo): readonly string[] {
  return members
    .filter(({ type }) => !['u32', 'i32', 'f32'].includes(type.getTypeName()))
    .map(({ name, type }) => `Params.${name} is ${type.getTypeName()}, expected u32, i32 or f32`);
}
