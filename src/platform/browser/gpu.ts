/** WebGPU in a browser, in a page or a worker. */

import { DeviceError } from '../../core/errors.ts';
import { deviceDescriptorFor, Gpu, profileAdapter } from '../../core/gpu.ts';
import { readShader } from './shaders.ts';

/** The page shares its GPU with the desktop, which should not stutter. */
const submitGoalMs = 50;

/**
 * Opens the browser's first choice of adapter and a device on it. The caller disposes the result.
 *
 * @throws DeviceError where the browser has no WebGPU or gives no adapter.
 */
export async function openGpu(): Promise<Gpu> {
  // Absent without a secure context and in browsers without WebGPU, whatever the types say.
  const instance: GPU | undefined = navigator.gpu;
  if (instance === undefined) throw new DeviceError('this browser offers no WebGPU here');
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new DeviceError('the browser has WebGPU but found no graphics adapter that may be used');
  const device = await adapter.requestDevice(deviceDescriptorFor(adapter));
  return new Gpu({
    device,
    profile: profileAdapter(adapter.info, device),
    shaders: readShader,
    instance,
    compileAside: true,
    submitGoalMs,
  });
}

/** The format that a canvas is fastest in. */
export function canvasFormat(): GPUTextureFormat {
  return navigator.gpu.getPreferredCanvasFormat();
}
