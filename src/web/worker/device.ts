/** The device the page paints on, its canvas, and the promise of its loss. */

import { DeviceError, messageOf, oneLine } from '../../core/errors.ts';
import type { Gpu } from '../../core/gpu.ts';
import { openGpu } from '../../platform/browser/gpu.ts';
import { Preview } from './preview.ts';

export interface PaintingDevice {
  readonly gpu: Gpu;
  readonly preview: Pick<Preview, 'show' | 'watch' | 'request'>;
  /** Rejects when the device is gone, for whatever reason; never resolves. */
  readonly lost: Promise<never>;
}

/** Opens a device that draws on the canvas. A lost device needs no disposal. @throws DeviceError. */
export async function openDevice(canvas: OffscreenCanvas): Promise<PaintingDevice> {
  const gpu = await openGpu();
  const context = canvas.getContext('webgpu');
  if (context === null) throw new DeviceError('the browser gives no WebGPU canvas in a worker; update the browser');
  const lost = gpu.device.lost.then(({ message }): never => {
    throw new DeviceError(`the GPU device was lost: ${oneLine(message) || 'the browser gives no reason'}`);
  });
  // Whoever waits for it sees it; nobody waiting is no error.
  lost.catch(() => {});
  return { gpu, preview: new Preview(canvas, context, gpu), lost };
}

const attempts = 5;
const firstDelayMs = 200;

/** Opens a device after one was lost: the browser may need a while to start its GPU process again. @throws DeviceError. */
export async function reopenDevice(canvas: OffscreenCanvas): Promise<PaintingDevice> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDevice(canvas);
    } catch (error) {
      if (attempt === attempts) {
        const text = `the graphics device was lost and the browser gives no other one (${messageOf(error)}); wait a few minutes or restart the browser, then load this page again`;
        throw new DeviceError(text);
      }
      await new Promise((resolve) => setTimeout(resolve, firstDelayMs * 2 ** attempt));
    }
  }
}
