/** Which family an adapter runs, by itself and when told. */

import { describe, expect, it } from 'vitest';

import { type AdapterProfile, Gpu } from '../../src/core/gpu.ts';
import { chooseConv2dVariant } from '../../src/kernels/conv2d.ts';
import { paddedChannels } from '../../src/kernels/elementwise.ts';
import { backendFor, backendOf, choiceOriginOf, lanesOf } from '../../src/kernels/family.ts';
import { chooseGramVariant } from '../../src/kernels/gram.ts';
import { KernelPreference } from '../../src/kernels/preference.ts';
import { conv2dShapeOf } from '../../src/models/build-pass.ts';
import { layersUntil } from '../../src/models/networks.ts';
import { readShader } from '../../src/platform/node/gpu.ts';
import { presetSettings } from '../../src/settings/presets.ts';
import { useGpu } from '../support/gpu.ts';
import { always } from '../support/measured.ts';

const gpu = useGpu();

function adapter(isSoftware: boolean, subgroupSize: number | undefined): AdapterProfile {
  return { vendor: 'acme', architecture: 'one', description: 'Acme One', isSoftware, subgroupSize };
}

describe('the backend of an adapter', () => {
  it.each([4, 8, 16])('is lanes on a CPU with subgroups of %i', (lanes) => {
    expect(backendFor(adapter(true, lanes))).toEqual({ family: 'lanes', lanes });
  });

  it.each([undefined, 2, 32, 64])('is direct on a CPU with subgroups of %s', (size) => {
    expect(backendFor(adapter(true, size))).toEqual({ family: 'direct' });
  });

  it.each([undefined, 8, 32])('is tiles on a GPU, with subgroups of %s too', (size) => {
    expect(backendFor(adapter(false, size))).toEqual({ family: 'tiles' });
  });

  it('is the family asked for, where it can run', () => {
    expect(backendFor(adapter(true, 8), 'direct')).toEqual({ family: 'direct' });
    expect(backendFor(adapter(true, 8), 'tiles')).toEqual({ family: 'tiles' });
    expect(backendFor(adapter(false, 16), 'lanes')).toEqual({ family: 'lanes', lanes: 16 });
  });

  it('refuses lanes without a fixed subgroup size they are written for', () => {
    for (const size of [undefined, 32]) {
      expect(() => backendFor(adapter(false, size), 'lanes')).toThrow(
        'the lanes kernels need one subgroup size of 4, 8, 16, which Acme One does not have; choose direct or tiles',
      );
    }
  });
});

describe('what was measured', () => {
  const measured = new Map([['gram 64', always('direct')]]);
  const profile = adapter(false, undefined);

  it('goes with the usual family', () => {
    const owner = { profile, kernelPreference: new KernelPreference({ measured }) };
    expect(backendOf(owner)).toEqual({ family: 'tiles', measured });
    expect(choiceOriginOf(owner)).toBe('tune');
  });

  it('is not asked where a family was asked for', () => {
    const owner = { profile, kernelPreference: new KernelPreference({ family: 'tiles', measured }) };
    expect(backendOf(owner)).toEqual({ family: 'tiles' });
    expect(choiceOriginOf(owner)).toBe('option');
  });

  it('on such an adapter takes the place of what nobody measured on this one', () => {
    const llvmpipe = { ...adapter(true, 8), vendor: 'mesa', description: 'llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)' };
    const owner = { profile: llvmpipe, kernelPreference: undefined };
    const { measured: known, ...backend } = backendOf(owner);
    expect(backend).toEqual({ family: 'lanes', lanes: 8 });
    expect(known?.get('conv2d_forward conv5_1')).toEqual(always('winograd2 lanes'));
    expect(choiceOriginOf(owner)).toBe('known adapter');
    expect(backendOf({ ...owner, kernelPreference: new KernelPreference({ measured }) })).toMatchObject({ measured });
  });

  it('is direct for everything on SwiftShader, which knows lanes too', () => {
    const swiftShader = { ...adapter(true, 4), vendor: 'google', description: 'google swiftshader' };
    const backend = backendOf({ profile: swiftShader, kernelPreference: undefined });
    const { network } = presetSettings('default').objective;
    for (const layer of layersUntil(network, ['relu5_3'])) {
      if (layer.kind !== 'conv') continue;
      const map = { name: 'any', height: 16, width: 16, channels: paddedChannels(layer.inChannels) };
      const shape = conv2dShapeOf(layer, map, 'zeros');
      for (const direction of ['forward', 'backward'] as const) {
        expect(chooseConv2dVariant({ shape, direction }, backend, layer.name).name, layer.name).toBe('direct');
      }
      const gram = { positions: 256, channels: layer.outChannels };
      expect(chooseGramVariant(gram, backend).name).toBe('direct');
    }
  });

  it('is refused where it is no preference', () => {
    expect(() => backendOf({ profile, kernelPreference: { family: 'tiles' } })).toThrow('expected a KernelPreference');
  });

  it('is nothing on an adapter that nobody measured', () => {
    const owner = { profile, kernelPreference: undefined };
    expect(backendOf(owner)).toEqual({ family: 'tiles' });
    expect(choiceOriginOf(owner)).toBe('default');
  });
});

describe('this adapter', () => {
  it('has lanes where its subgroup size is one that the kernels are written for', () => {
    const size = gpu().profile.subgroupSize;
    expect(lanesOf(gpu().profile)).toBe(size === 4 || size === 8 || size === 16 ? size : undefined);
  });

  it('runs the family that its owner asked for', () => {
    const { device, profile } = gpu();
    const kernelPreference = new KernelPreference({ family: 'tiles' });
    const told = new Gpu({ device, profile, shaders: readShader, instance: device, kernelPreference });
    expect(backendOf(told)).toEqual({ family: 'tiles' });
    expect(backendOf(gpu())).toMatchObject(backendFor(profile));
  });
});
