/**
 * Checks every shader without a GPU: the conventions of shader-rules.ts, then Dawn's compiler and pipeline validation on
 * the null backend, for the file as it stands, with its marked loops unrolled, and with f16 for every stored type. Warnings
 * count as errors.
 *
 * The device has every feature (a file says with `enable` which it needs) but only default limits, so that a shader's
 * own defaults are known to pass on every adapter.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create, globals } from 'webgpu';
import { placeInFile, type SpecialisedShader, specialise } from '../src/core/shader.ts';
import { shaderProblems, storedTypeAliases } from './shader-rules.ts';

Object.assign(globalThis, globals);

/** Kept for the life of the process: Dawn crashes when this object is collected while a device still works. */
const gpu = create(['backend=null']);

const folder = fileURLToPath(new URL('../shaders/', import.meta.url));

/** One line for each problem of one shader, in the form editors understand: `shaders/relu.wgsl:12:3 error: …`. */
async function checkShader(device: GPUDevice, file: string): Promise<readonly string[]> {
  const source = readFileSync(`${folder}${file}`, 'utf8');
  const label = `shaders/${file}`;
  const problems = shaderProblems(source).map((problem) => `${label}: ${problem}`);
  problems.push(...(await compileProblems(device, { label, source, made: asItStands(source) })));
  // What is wrong with the file is wrong with every variant of it.
  if (problems.length > 0) return problems;
  const unrolled = specialise(label, source);
  if (unrolled.code !== source) {
    problems.push(...(await compileProblems(device, { label, source, made: unrolled, variant: 'loops unrolled' })));
  }
  const aliases = storedTypeAliases(source);
  if (aliases.length > 0) {
    const halves = specialise(label, source, Object.fromEntries(aliases.map((alias) => [alias, 'f16'] as const)));
    problems.push(...(await compileProblems(device, { label, source, made: halves, variant: 'f16 stored' })));
  }
  return problems;
}

function asItStands(source: string): SpecialisedShader {
  return { code: source, origins: source.split('\n').map((_, line) => line) };
}

async function compileProblems(
  device: GPUDevice,
  shader: {
    readonly label: string;
    readonly source: string;
    readonly made: SpecialisedShader;
    readonly variant?: string;
  },
): Promise<readonly string[]> {
  const { label, source, made, variant } = shader;
  const as = variant === undefined ? '' : ` (${variant})`;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label, code: made.code });
  const { messages } = await module.getCompilationInfo();
  const moduleError = await device.popErrorScope();
  if (messages.length > 0) {
    return messages.map(({ lineNum, linePos, type, message }) => {
      const { line, column } = placeInFile(source, made, { line: lineNum, column: linePos });
      return `${label}:${line}:${column} ${type}: ${message}${as}`;
    });
  }
  if (moduleError !== null) return [`${label}: ${moduleError.message}${as}`];

  device.pushErrorScope('validation');
  device.createComputePipeline({ label, layout: 'auto', compute: { module } });
  const pipelineError = await device.popErrorScope();
  return pipelineError === null ? [] : [`${label}: ${pipelineError.message}${as}`];
}

async function main(): Promise<void> {
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("Dawn's null backend gave no adapter");
  const features = [...adapter.features] as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredFeatures: features });

  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));
  const problems: string[] = files.length === 0 ? ['shaders/: there is no shader'] : [];
  for (const file of files.sort()) problems.push(...(await checkShader(device, file)));

  for (const problem of problems) console.log(problem);
  console.log(`${files.length} shaders, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
  device.destroy();
}

await main();
