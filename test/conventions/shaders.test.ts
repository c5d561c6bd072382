/** The shader conventions: every shader keeps to them, and each rule finds what it is meant to find. */

import { describe, expect, it } from 'vitest';
import { shaderProblems } from '../../tools/shader-rules.ts';
import { listFiles, readSource } from './source.ts';

const sound = `// scale: output[i] = factor * input[i]

override WORKGROUP_SIZE: u32 = 64;

struct Params {
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;         // [count]
@group(0) @binding(1) var<storage, read_write> output: array<f32>;  // [count]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.count) { output[id.x] = params.factor * input[id.x]; }
}
`;

describe('shaders', () => {
  it('all keep to the conventions', () => {
    const problems = listFiles('shaders', ['.wgsl']).flatMap((file) =>
      shaderProblems(readSource(file)).map((problem) => `${file}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });
});

describe('the shader rules', () => {
  it('find nothing in a sound shader', () => {
    expect(shaderProblems(sound)).toEqual([]);
  });

  it.each([
    ['a missing header comment', '// scale: output[i] = factor * input[i]\n', '', /begin with a comment/],
    ['an entry point of another name', 'fn main(', 'fn scale(', /entry points are \[scale\]/],
    ['a second entry point', '@compute', '@compute @workgroup_size(1)\nfn other() {}\n@compute', /other/],
    ['a gap in the binding numbers', '@binding(2)', '@binding(3)', /params has binding 3, expected 2/],
    ['another group', '@group(0) @binding(2)', '@group(1) @binding(2)', /params is in group 1/],
    ['read after read_write', 'storage, read> input', 'storage, read_write> input', /output is out of order/],
    ['a uniform that is not params', '> params: Params', '> settings: Params', /settings is neither/],
    ['a vector in Params', 'factor: f32', 'factor: vec4f', /Params.factor is vec4f/],
    ['an override in lower case', /WORKGROUP_SIZE/g, 'workgroupSize', /override workgroupSize/],
    [
      'a binding without its shape',
      '  // [count]\n@group(0) @binding(2)',
      '\n@group(0) @binding(2)',
      /storage output lacks/,
    ],
    ['what does not parse', 'fn main(', 'fn main', /cannot parse/],
  ])('find %s', (_what, from, to, problem) => {
    let broken = sound.replace(from, to);
    // Swapping one access only would leave the order right.
    if (String(to).includes('read_write> input')) broken = broken.replace('read_write> output', 'read> output');
    expect(shaderProblems(broken).join('\n')).toMatch(problem);
  });
});
