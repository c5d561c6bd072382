/** The preview's shader: drawn on the test adapter and read back. */

import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bindingAlignmentBytes, bufferUsage } from '../../src/core/buffers.ts';
import { Preview } from '../../src/web/worker/preview.ts';
import { useGpu } from '../support/gpu.ts';

// With the 512 bits that the engine asks for, lavapipe 25.0.7 crashes while rasterising; it reads this before its first use.
process.env['LP_NATIVE_VECTOR_WIDTH'] ??= '256';
const gpu = useGpu();
const code = readFileSync(new URL('../../src/web/worker/preview.wgsl', import.meta.url), 'utf8');
const [width, height] = [5, 3];
/** Rows of a texture are copied at multiples of this. */
const rowBytes = 256;

it('draws pixel (x, y) of the picture at (x, y) of the canvas, scaled, shifted and clamped', async () => {
  const { device, buffers } = gpu();
  const picture = Float32Array.from({ length: width * height * 3 }, (_, index) => (index % 17) / 10 - 0.3);
  const params = new Float32Array([0.5, 1, 2, 0, 0.1, 0, -0.2, 0]);
  new Uint32Array(params.buffer)[3] = width;
  const values = buffers.upload('picture', picture);
  const uniform = buffers.allocate('parameters', 32, bufferUsage.uniform | bufferUsage.copyDestination);
  const pixels = buffers.allocate('pixels', rowBytes * height);
  device.queue.writeBuffer(uniform.buffer, 0, params);
  const texture = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage: 0x11 });
  const module = device.createShaderModule({ code });
  const pipeline = device.createRenderPipeline({
    layout: 'auto',
    vertex: { module, entryPoint: 'cover' },
    fragment: { module, entryPoint: 'paint', targets: [{ format: 'rgba8unorm' }] },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginRenderPass({
    colorAttachments: [{ view: texture.createView(), loadOp: 'clear', storeOp: 'store' }],
  });
  pass.setPipeline(pipeline);
  const entries = [values, uniform].map(({ buffer }, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.draw(3);
  pass.end();
  encoder.copyTextureToBuffer({ texture }, { buffer: pixels.buffer, bytesPerRow: rowBytes }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const drawn = new Uint8Array((await gpu().read(pixels)).buffer);
  texture.destroy();
  for (const slice of [values, uniform, pixels]) buffers.release(slice);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const expected = [0, 1, 2].map((channel) => {
        const value = picture[(y * width + x) * 3 + channel] ?? Number.NaN;
        return 255 * Math.min(Math.max((params[channel] ?? 0) * value + (params[4 + channel] ?? 0), 0), 1);
      });
      const actual = [...drawn.subarray(y * rowBytes + x * 4, y * rowBytes + x * 4 + 3)];
      // Rounding of a unorm may differ by one step at a half.
      const errors = actual.map((value, channel) => Math.abs(value - (expected[channel] ?? 0)));
      expect(Math.max(...errors)).toBeLessThan(0.51);
    }
  }
});

/** What the preview draws on a canvas of its own, as values of 0 to 255 in rows of pixels. */
async function drawn(draw: (preview: Preview) => void): Promise<readonly number[]> {
  const { device, buffers } = gpu();
  vi.stubGlobal('navigator', { gpu: { getPreferredCanvasFormat: () => 'rgba8unorm' } });
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frame());
  onTestFinished(() => void vi.unstubAllGlobals());
  const texture = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage: 0x11 });
  const canvas = { width: 0, height: 0 };
  const preview = new Preview(canvas, { configure: () => undefined, getCurrentTexture: () => texture }, gpu());
  draw(preview);
  const pixels = buffers.allocate('pixels', rowBytes * height);
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer: pixels.buffer, bytesPerRow: rowBytes }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const values = new Uint8Array((await gpu().read(pixels)).buffer);
  expect(canvas).toEqual({ width, height });
  texture.destroy();
  buffers.release(pixels);
  preview[Symbol.dispose]();
  return Array.from({ length: height }, (_, y) => [...values.subarray(y * rowBytes, y * rowBytes + width * 4)]).flat();
}

it('draws what a slice holds, wherever in its buffer it lies', async () => {
  const { buffers } = gpu();
  const count = width * height * 3;
  const picture = Float32Array.from({ length: count }, (_, index) => (index % 256) / 255);
  const before = bindingAlignmentBytes / picture.BYTES_PER_ELEMENT;
  const whole = buffers.upload('others', Float32Array.from([...new Float32Array(before), ...picture, 1, 1, 1]));
  const values = { buffer: whole.buffer, offsetBytes: bindingAlignmentBytes, sizeBytes: picture.byteLength };
  const expected = Array.from({ length: width * height }, (_, pixel) => [
    ...[0, 1, 2].map((channel) => (pixel * 3 + channel) % 256),
    255,
  ]).flat();
  const seen = await drawn((preview) => preview.watch({ values, width, height, variable: 'pixels' }));
  buffers.release(whole);
  expect(seen).toEqual(expected);
});
